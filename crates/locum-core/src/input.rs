//! What a driver tells the state machine.

use serde::{Deserialize, Serialize};

use crate::heartbeat::{Directory, Heartbeat};
use crate::parameters::Parameters;
use crate::witness::LeaseReply;

/// Something that happened. The state machine takes one at a time, with the time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// The deadline with this token has come. One that is no longer set is ignored.
    Timer {
        /// The token of [`crate::Deadline`].
        token: u64,
    },
    /// A heartbeat of the peer arrived, in whatever order the network delivers.
    Heartbeat(Heartbeat),
    /// The kernel's word about the peer's daemon (`docs/behaviour.md` §9.6).
    PeerLoss(PeerLoss),
    /// A probe looked at a service.
    Probe {
        /// The service, by its place in the settings.
        service: u16,
        /// The [`crate::Effect::StartServices`] that was last carried out before the probe began.
        run: u64,
        /// What it saw.
        health: Health,
    },
    /// The answer to [`crate::Effect::MoveUsers`].
    UsersMoved {
        /// The token of the effect.
        token: u64,
        /// Whether the move is on disk. If not, nothing has moved.
        moved: bool,
    },
    /// An administrator asks for something; [`crate::Effect::Answer`] carries the same token.
    Command {
        /// Chosen by the driver.
        token: u64,
        /// What is asked.
        command: Command,
    },
    /// The contents of this node's user directory.
    Directory(Directory),
    /// The configuration was read again.
    Parameters(Parameters),
    /// The answer to [`crate::Effect::Witness`].
    Witness {
        /// The token of the request.
        token: u64,
        /// What the witness says of each home's lease, the first node's home first; `None` if it has not answered in time.
        leases: Option<[LeaseReply; 2]>,
    },
}

/// One of the two signs by which the kernel tells that a daemon has died.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PeerLoss {
    /// The stream to the peer closed.
    StreamClosed,
    /// The peer's port refused a packet.
    PortRefused,
}

/// What a probe makes of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Health {
    /// It works.
    Up,
    /// It does not.
    Down,
    /// The probe cannot tell. Unknown is not down (`docs/behaviour.md` §9.8).
    Unknown,
}

/// What an administrator may ask of a node (`docs/behaviour.md` §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Command {
    /// Move this node's users to the peer and stop its critical services.
    Failover,
    /// Move this node's users back from the peer.
    Fallback,
    /// Make an Idle node fit to take over, its peer being unable to serve.
    ForceTakeOver,
    /// Leave Failed Mode.
    Recover,
    /// Do not fall back automatically this time.
    CancelFallback,
    /// Switch high availability on, for the group.
    HighAvailabilityOn,
    /// Switch high availability off, for the group.
    HighAvailabilityOff,
    /// Say goodbye: hand over to the peer, then stop.
    Goodbye,
}

impl Command {
    /// Every command.
    pub const ALL: [Command; 8] = [
        Command::Failover,
        Command::Fallback,
        Command::ForceTakeOver,
        Command::Recover,
        Command::CancelFallback,
        Command::HighAvailabilityOn,
        Command::HighAvailabilityOff,
        Command::Goodbye,
    ];

    /// The command as a person would say it.
    pub const fn name(self) -> &'static str {
        match self {
            Command::Failover => "failover",
            Command::Fallback => "fallback",
            Command::ForceTakeOver => "forced takeover",
            Command::Recover => "recover",
            Command::CancelFallback => "cancel fallback",
            Command::HighAvailabilityOn => "high availability on",
            Command::HighAvailabilityOff => "high availability off",
            Command::Goodbye => "goodbye",
        }
    }
}
