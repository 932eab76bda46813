//! What the state machine asks of its driver.

use serde::{Deserialize, Serialize};

use crate::heartbeat::Heartbeat;
use crate::input::{Command, Health};
use crate::memory::Memory;
use crate::state::{Reason, State};
use crate::witness::WitnessRequest;

/// Something to carry out. Effects come in order, and the driver carries them out in order:
/// what follows a [`Effect::Persist`] happens only once that is on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Serve these users from now on, and no others. A gate that closes comes before
    /// [`Effect::Persist`], one that opens after it.
    Gate(Gate),
    /// Put this on disk, with the transitions that follow in the same list.
    Persist(Memory),
    /// A transition for the journal.
    Transition(Transition),
    /// Something else for the journal.
    Notice(Notice),
    /// Send this to the peer.
    Send(Heartbeat),
    /// Start the services, or those that do not run; probe results carry `run` from now on.
    StartServices {
        /// Counts the starts of an incarnation.
        run: u64,
    },
    /// Stop the services, then start them.
    RestartServices {
        /// As of [`Effect::StartServices`].
        run: u64,
    },
    /// Stop the critical services.
    StopServices,
    /// Move the peer's users, in one durable step, and answer with [`crate::Input::UsersMoved`].
    MoveUsers {
        /// Goes into the answer.
        token: u64,
        /// Which way.
        direction: Direction,
        /// The epoch of the move.
        epoch: u64,
    },
    /// The answer to a command.
    Answer {
        /// The token of the command.
        token: u64,
        /// What became of it.
        answer: Answer,
    },
    /// Ask the witness, and answer with [`crate::Input::Witness`].
    Witness(WitnessRequest),
    /// The goodbye is said: the daemon may stop its services and leave.
    Leave,
}

/// Whose users a node serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// The users whose home this node is.
    pub own: bool,
    /// The peer's users.
    pub peer: bool,
    /// The epoch under which it serves them.
    pub epoch: u64,
}

/// Which way users move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// The peer's users, from the peer to this node.
    TakeOver,
    /// The peer's users, from this node to the peer.
    GiveBack,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// It has begun, or is done.
    Accepted,
    /// It was asked for before: nothing more needs doing.
    AlreadyDone,
    /// It is refused, and nothing has changed.
    Refused(Refusal),
}

/// Why a command is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The command.
    pub command: Command,
    /// The node's state.
    pub state: State,
    /// Its reason.
    pub reason: Reason,
    /// What stands in the way.
    pub obstacle: Obstacle,
}

/// What stands in the way of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Obstacle {
    /// The node is in the wrong state for it.
    State,
    /// The peer is in the wrong state for it, or is not heard.
    Peer,
    /// The two user directories differ.
    Directory,
    /// The group has only one node.
    OneNode,
    /// No automatic fallback is counting down.
    NoCountdown,
    /// The node is leaving.
    Leaving,
}

/// A transition, explained (`docs/behaviour.md` §9.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// The id of the table's row that fired.
    pub row: alloc::string::String,
    /// When, on the driver's clock, in milliseconds.
    pub at_ms: u64,
    /// State and reason before.
    pub from: (State, Reason),
    /// State and reason after.
    pub to: (State, Reason),
    /// The epoch after it.
    pub epoch: u64,
    /// What the machine knew.
    pub evidence: Evidence,
}

/// What the machine knew when a row fired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What arrived.
    pub trigger: Trigger,
    /// The peer's state and reason as last heard; `None` before the first heartbeat.
    pub peer: Option<(State, Reason)>,
    /// For how long the peer has been silent, in milliseconds; 0 where it is heard.
    pub peer_silent_ms: u64,
    /// The critical service that is down the longest, by its place in the settings.
    pub failing_service: Option<u16>,
    /// For how long it has been down, in milliseconds.
    pub down_ms: u64,
}

/// The kind of input that made a row fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trigger {
    /// The daemon started.
    Start,
    /// A timer.
    Timer,
    /// A heartbeat.
    Heartbeat,
    /// The kernel's word.
    PeerLoss,
    /// A probe.
    Probe,
    /// The end of a user move.
    UsersMoved,
    /// An administrator.
    Command,
    /// The user directory.
    Directory,
    /// The configuration.
    Parameters,
    /// The witness.
    Witness,
}

/// Something that an operator should know and that is no transition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Notice {
    /// The node's own loop was late: suspicions start afresh (`docs/behaviour.md` §9.2).
    Stalled {
        /// How late, in milliseconds.
        late_ms: u64,
    },
    /// A service looks different from before.
    ServiceHealth {
        /// The service, by its place in the settings.
        service: u16,
        /// What the probe sees now.
        health: Health,
    },
    /// A condition that needs a person has begun or ended.
    Alarm {
        /// The condition.
        alarm: crate::alarm::Alarm,
        /// Begun, or ended.
        raised: bool,
    },
}
