//! The transition table: its vocabulary. The rows themselves are in [`rows`].
//!
//! Rows look at levels, not at edges: after every input the first row whose guard holds fires, and the table
//! is looked at again until none does. Guards and actions are closed enums, so the table that runs is also
//! the table that is printed, drawn, checked for gaps and cited in the journal.

mod facts;
mod rows;
mod words;

pub use facts::{Facts, Heard, PeerFact};
pub use rows::ROWS;

use crate::effect::Obstacle;
use crate::input::Command;
use crate::state::{Reason, State, States};

/// One row: in these states, on this input, under this guard.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Names the row in the journal, the documentation and the tests.
    pub id: &'static str,
    /// The states it applies to.
    pub states: States,
    /// The input it answers.
    pub on: On,
    /// All of these must hold.
    pub when: &'static [When],
    /// What becomes of the state.
    pub next: Next,
    /// What is done besides.
    pub does: &'static [Action],
    /// Why, in a line for people.
    pub why: &'static str,
}

/// What a row answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// Whatever is known: looked at after every input.
    Facts,
    /// The user move succeeded.
    UsersMoved,
    /// The user move failed.
    UsersMoveFailed,
    /// An administrator's command.
    Asked(Command),
}

impl On {
    /// Every kind of input that the table answers.
    pub fn all() -> impl Iterator<Item = On> {
        [On::Facts, On::UsersMoved, On::UsersMoveFailed].into_iter().chain(Command::ALL.into_iter().map(On::Asked))
    }
}

/// A condition on what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// High availability is off here or at the peer, or the group's parameters differ.
    HighAvailabilityOff,
    /// High availability is on at both nodes, and the peer is heard.
    HighAvailabilityOn,
    /// This node's switch is on.
    SwitchedOn,
    /// This node's switch is off.
    SwitchedOff,
    /// The group has only this node.
    Alone,
    /// No critical service is down past its delay.
    Healthy,
    /// A critical service is down past its delay, or the services did not start.
    Unhealthy,
    /// The critical services have started.
    Started,
    /// This node's reason is an administrator's request.
    ByAdmin,
    /// This node's reason is an Auto Recover reason.
    ByAutoRecover,
    /// The peer has not been heard for the timeout, has said goodbye, or is dead by the kernel's word.
    PeerSilent,
    /// The peer has not been heard for the timeout, and nobody vouches that it serves nobody.
    PeerApart,
    /// This node has the lease of its own home.
    OwnLease,
    /// This node has no right any more to serve its peer's users.
    PeersRightLost,
    /// The peer is heard in one of these states, and knows this node's present state.
    Peer(States),
    /// The heard peer's reason is an administrator's request.
    PeerByAdmin,
    /// The heard peer's critical services have started.
    PeerStarted,
    /// The peer has just been heard to start on a host that has booted; it need not know this node's state.
    PeerRebooted,
    /// The heard peer is marked *recover*.
    PeerRecovering,
    /// The heard peer's reason ranks higher than this node's.
    PeerOutranks,
    /// This node is marked *recover*.
    Recovering,
    /// This starting node remembers one of these states.
    Remembers(States),
    /// The state that this starting node remembers was by an administrator's request.
    RemembersAdmin,
    /// The heard, starting peer remembers one of these states.
    PeerRemembers(States),
    /// This node is the first of its group, by name.
    First,
    /// An automatic fallback counts down.
    Countdown,
    /// The automatic fallback delay has passed in health.
    FallbackDue,
    /// Both nodes have the same user directory.
    DirectoriesAgree,
    /// No user move is under way.
    NotMoving,
    /// The node is leaving.
    Leaving,
}

/// What becomes of the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another state, for a reason.
    Go(State, Why),
    /// The same state and reason; the actions are done.
    Stay,
    /// Nothing at all: the explicit ignore.
    Ignore,
    /// The command was carried out before.
    AlreadyDone,
    /// The command is refused.
    Refuse(Obstacle),
}

/// Where a transition's reason comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// This one.
    Is(Reason),
    /// This node's own reason, kept.
    Own,
    /// The peer's reason.
    Peers,
    /// Critical Service Down or Database Failure, whichever it is.
    Fault,
    /// The Auto Recover reason that matches the fault.
    AutoRecover,
    /// Peer Reboot after a goodbye, otherwise Peer Down.
    Silence,
}

/// What a row does besides changing the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Raise the epoch above every epoch known.
    RaiseEpoch,
    /// Begin to move the peer's users here.
    TakeOverUsers,
    /// Begin to move the peer's users back to it.
    GiveUsersBack,
    /// Start the services that do not run.
    StartServices,
    /// Stop the critical services.and start them again.
    RestartServices,
    /// Stop the critical services.
    StopServices,
    /// Forget what was remembered.
    Forget,
    /// Forget what was remembered, and carry the recover mark.
    ForgetAndMark,
    /// Stop the countdown to the automatic fallback.
    CancelFallback,
    /// Switch high availability on.
    SwitchOn,
    /// Switch high availability off.
    SwitchOff,
    /// Take it for granted that the peer serves nobody, until it is heard.
    Vouch,
    /// Say goodbye.
    SayGoodbye,
}

/// The first row of a table that applies. In [`ROWS`] there is always one (a test proves it); `None` is a gap.
pub fn first_match<'a>(table: &'a [Row], on: On, facts: &Facts) -> Option<&'a Row> {
    table.iter().find(|row| row.on == on && row.applies(facts))
}

impl Row {
    /// Whether the row's states and guard fit, its input aside.
    pub fn applies(&self, facts: &Facts) -> bool {
        self.states.has(facts.state) && self.when.iter().all(|when| when.holds(facts))
    }
}
