//! The 14 states and 15 reasons of a node (`docs/behaviour.md` §2 and §3).

use core::fmt;

use serde::{Deserialize, Serialize};

/// The state of a node. Display names are the domain's own, to the letter (`docs/behaviour.md` §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum State {
    /// The daemon has started and does not know its place yet.
    Initializing,
    /// An administrator moved this node's users to the peer; its critical services are stopped.
    Idle,
    /// The node serves its own users.
    Normal,
    /// The node serves the peer's users as well as its own.
    RunningInBackupMode,
    /// The node is taking over the peer's users.
    TakingOver,
    /// The node has stopped serving its users and the peer is taking them over.
    FailingOver,
    /// The peer serves this node's users, and this node is fit to have them back.
    FailedOver,
    /// The peer serves this node's users, and this node's critical services do not run.
    FailedOverWithCriticalServicesNotRunning,
    /// The covering node is giving the peer's users back.
    FallingBack,
    /// The home node is taking its users back.
    TakingBack,
    /// Both nodes have given up covering each other until an administrator recovers them.
    RunningInFailedMode,
    /// High availability is off, or not the same on both nodes.
    Unknown,
    /// As Running in Backup Mode, entered because the node that covered failed in its turn.
    BackupActivated,
    /// As Failed Over with Critical Services not Running, of the node that covered before.
    FailoverAffectedServices,
}

impl State {
    /// Every state, in the order of `docs/behaviour.md` §2.
    pub const ALL: [State; 14] = [
        State::Initializing,
        State::Idle,
        State::Normal,
        State::RunningInBackupMode,
        State::TakingOver,
        State::FailingOver,
        State::FailedOver,
        State::FailedOverWithCriticalServicesNotRunning,
        State::FallingBack,
        State::TakingBack,
        State::RunningInFailedMode,
        State::Unknown,
        State::BackupActivated,
        State::FailoverAffectedServices,
    ];

    /// The display name, to the letter.
    pub const fn name(self) -> &'static str {
        match self {
            State::Initializing => "Initializing",
            State::Idle => "Idle",
            State::Normal => "Normal",
            State::RunningInBackupMode => "Running in Backup Mode",
            State::TakingOver => "Taking Over",
            State::FailingOver => "Failing Over",
            State::FailedOver => "Failed Over",
            State::FailedOverWithCriticalServicesNotRunning => "Failed Over with Critical Services not Running",
            State::FallingBack => "Falling Back",
            State::TakingBack => "Taking Back",
            State::RunningInFailedMode => "Running in Failed Mode",
            State::Unknown => "Unknown",
            State::BackupActivated => "Backup Activated",
            State::FailoverAffectedServices => "Failover Affected Services",
        }
    }

    /// Whether the state ends by itself (`docs/behaviour.md` §2); all others are steady.
    pub const fn is_transition(self) -> bool {
        matches!(
            self,
            State::Initializing | State::TakingOver | State::FailingOver | State::FallingBack | State::TakingBack
        )
    }

    /// Its place in [`State::ALL`], counted from 0: how it crosses into a component.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The state with this number, if there is one.
    pub fn from_number(number: u8) -> Option<State> {
        State::ALL.get(usize::from(number)).copied()
    }

    /// The state with this display name, if there is one.
    pub fn from_name(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Why a node is in its state (`docs/behaviour.md` §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Reason {
    /// Nothing is amiss.
    Normal,
    /// An administrator asked for it.
    OnAdminRequest,
    /// The daemon started, and found its place from what it remembered and heard.
    Initialization,
    /// The covered node was healthy for the whole automatic fallback delay.
    AutomaticFallback,
    /// A critical service was down past the critical service delay.
    CriticalServiceDown,
    /// A database was down past the critical service delay.
    DatabaseFailure,
    /// Critical services did not start while the node was taking its users back.
    StartOfCriticalServicesFailed,
    /// The peer fell silent.
    PeerDown,
    /// The peer said goodbye, or came back with a new boot id.
    PeerReboot,
    /// The peer was not heard within the initialization keep-alive timeout.
    PeerDownDuringInitialization,
    /// The user move failed while taking over.
    TakeOverUsersFailed,
    /// The user move failed while falling back.
    TakeBackUsersFailed,
    /// The covering node's database failed and the covered node was fit to take all users.
    AutoRecoverDatabaseFailure,
    /// The covering node's critical service failed and the covered node was fit to take all users.
    AutoRecoverCriticalServiceDown,
    /// No single cause, or an internal error.
    Unknown,
}

impl Reason {
    /// Every reason, in the order of `docs/behaviour.md` §3. In Failed Mode a later one outranks an earlier one.
    pub const ALL: [Reason; 15] = [
        Reason::Normal,
        Reason::OnAdminRequest,
        Reason::Initialization,
        Reason::AutomaticFallback,
        Reason::CriticalServiceDown,
        Reason::DatabaseFailure,
        Reason::StartOfCriticalServicesFailed,
        Reason::PeerDown,
        Reason::PeerReboot,
        Reason::PeerDownDuringInitialization,
        Reason::TakeOverUsersFailed,
        Reason::TakeBackUsersFailed,
        Reason::AutoRecoverDatabaseFailure,
        Reason::AutoRecoverCriticalServiceDown,
        Reason::Unknown,
    ];

    /// The display name, to the letter.
    pub const fn name(self) -> &'static str {
        match self {
            Reason::Normal => "Normal",
            Reason::OnAdminRequest => "On Admin Request",
            Reason::Initialization => "Initialization",
            Reason::AutomaticFallback => "Automatic Fallback",
            Reason::CriticalServiceDown => "Critical Service Down",
            Reason::DatabaseFailure => "Database Failure",
            Reason::StartOfCriticalServicesFailed => "Start of Critical Services Failed",
            Reason::PeerDown => "Peer Down",
            Reason::PeerReboot => "Peer Reboot",
            Reason::PeerDownDuringInitialization => "Peer Down During Initialization",
            Reason::TakeOverUsersFailed => "Take Over Users Failed",
            Reason::TakeBackUsersFailed => "Take Back Users Failed",
            Reason::AutoRecoverDatabaseFailure => "Auto Recover Database Failure",
            Reason::AutoRecoverCriticalServiceDown => "Auto Recover Critical Service Down",
            Reason::Unknown => "Unknown",
        }
    }

    /// Whether this is one of the two Auto Recover reasons.
    pub const fn is_auto_recover(self) -> bool {
        matches!(self, Reason::AutoRecoverDatabaseFailure | Reason::AutoRecoverCriticalServiceDown)
    }

    /// Its place in [`Reason::ALL`], counted from 0: how it crosses into a component.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The reason with this number, if there is one.
    pub fn from_number(number: u8) -> Option<Reason> {
        Reason::ALL.get(usize::from(number)).copied()
    }

    /// The reason with this display name, if there is one.
    pub fn from_name(name: &str) -> Option<Reason> {
        Reason::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A set of states, as one word of bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct States(u16);

impl States {
    /// Every state.
    pub const ALL: States = States((1 << State::ALL.len()) - 1);
    /// The states in which a node serves the peer's users too (`docs/behaviour.md` §1).
    pub const COVERING: States = States::of(&[State::RunningInBackupMode, State::BackupActivated]);
    /// The states of a node whose users the peer serves (`docs/behaviour.md` §1).
    pub const COVERED: States = States::of(&[
        State::Idle,
        State::FailedOver,
        State::FailedOverWithCriticalServicesNotRunning,
        State::FailoverAffectedServices,
    ]);

    /// The set of these states.
    pub const fn of(states: &[State]) -> States {
        let mut bits = 0;
        let mut i = 0;
        while i < states.len() {
            bits |= 1 << states[i] as u16;
            i += 1;
        }
        States(bits)
    }

    /// The set with these states as well.
    pub const fn and(self, states: &[State]) -> States {
        States(self.0 | States::of(states).0)
    }

    /// The set without these states.
    pub const fn but(self, states: &[State]) -> States {
        States(self.0 & !States::of(states).0)
    }

    /// Whether the state is in the set.
    pub const fn has(self, state: State) -> bool {
        self.0 & (1 << state as u16) != 0
    }

    /// The states of the set, in the order of [`State::ALL`].
    pub fn iter(self) -> impl Iterator<Item = State> {
        State::ALL.into_iter().filter(move |state| self.has(*state))
    }
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl fmt::Display for States {
    /// In words: `any`, `any but X`, `covering`, `covered`, or the names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == States::ALL {
            return f.write_str("any");
        }
        let (prefix, listed) = match *self {
            States::COVERING => return f.write_str("covering"),
            States::COVERED => return f.write_str("covered"),
            set if set.0.count_ones() > 7 => ("any but ", States(States::ALL.0 & !set.0)),
            set => ("", set),
        };
        f.write_str(prefix)?;
        for (i, state) in listed.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            f.write_str(state.name())?;
        }
        Ok(())
    }
}
