//! What may happen next to a pair.

use std::fmt;

use locum_core::{Command, Home, Term};
use serde::{Deserialize, Serialize};

/// One of the two nodes: `A` is the first of the group by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The first.
    A,
    /// The second.
    B,
}

impl Side {
    /// Both, in order of their names.
    pub const BOTH: [Side; 2] = [Side::A, Side::B];

    /// The other one.
    pub const fn peer(self) -> Side {
        match self {
            Side::A => Side::B,
            Side::B => Side::A,
        }
    }

    pub(crate) const fn place(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::A => "a",
            Side::B => "b",
        })
    }
}

/// Something that may happen. What is said of a node names it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// This node's daemon starts.
    Start(Side),
    /// Its daemon dies, and its services with it.
    Crash(Side),
    /// Its host goes down without a word.
    HostDown(Side),
    /// The host of a daemon that does not run boots.
    Boot(Side),
    /// The disk of a daemon that does not run loses its contents.
    LoseDisk(Side),
    /// Its host stops running for a while.
    Freeze(Side),
    /// Its host runs again, so soon that nobody has noticed.
    Thaw(Side),
    /// Its host runs again, late by more than two intervals.
    ThawLate(Side),
    /// Its host runs again, after a keep-alive timeout or more.
    ThawVeryLate(Side),
    /// What it sends gets lost from now on.
    Cut(Side),
    /// What it sends arrives again.
    Mend(Side),
    /// The kernel of its peer's host, which lives, tells it that the peer's daemon has died.
    KernelTells(Side),
    /// A message that its peer has sent arrives: the oldest under way (0) or the one after it. Older ones are void.
    Arrives(Side, u8),
    /// A message that its peer has sent gets lost.
    GetsLost(Side, u8),
    /// It sends its heartbeat.
    Beats(Side),
    /// It has not heard its peer for the timeout.
    Silence(Side),
    /// A service of it stops working.
    ServiceFails(Side, u16),
    /// A service of it works again.
    ServiceMended(Side, u16),
    /// A probe sees how a service of it is.
    Probes(Side, u16),
    /// A probe cannot tell how a service of it is.
    ProbeUnknown(Side, u16),
    /// A service of it has been down for the critical service delay.
    ServiceDelay(Side, u16),
    /// Its services have had their time to start.
    StartTimeout(Side),
    /// Its automatic fallback is due.
    FallbackDue(Side),
    /// It has waited long enough for its peer to cover it, and leaves.
    GoodbyeTimeout(Side),
    /// The user move that it carries out succeeds.
    UsersMoved(Side),
    /// The user move that it carries out fails.
    MoveFails(Side),
    /// It catches up with its peer's user directory.
    CatchesUp(Side),
    /// What a right to serve rests on ends at this node: of its own home, or of its peer's.
    RightEnds(Side, Term, Home),
    /// It asks the witness.
    AsksWitness(Side),
    /// The witness does what it has asked.
    WitnessDecides(Side),
    /// The answer of the witness reaches it.
    WitnessAnswers(Side),
    /// What it has asked, or the answer to that, gets lost.
    WitnessFails(Side),
    /// An administrator asks it for something.
    Asked(Side, #[serde(with = "command")] Command),
}

/// What kind of thing an action is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It comes by itself.
    Progress,
    /// It comes by itself, again and again: a pair that rests is not disturbed by it.
    Upkeep,
    /// Something breaks.
    Fault,
    /// Something that was broken is mended.
    Mending,
    /// An administrator acts.
    Command,
}

impl Action {
    /// The node that it is about.
    pub fn side(self) -> Side {
        use Action::*;
        match self {
            Start(side)
            | Crash(side)
            | HostDown(side)
            | Boot(side)
            | LoseDisk(side)
            | Freeze(side)
            | Thaw(side)
            | ThawLate(side)
            | ThawVeryLate(side)
            | Cut(side)
            | Mend(side)
            | KernelTells(side)
            | Arrives(side, _)
            | GetsLost(side, _)
            | Beats(side)
            | Silence(side)
            | ServiceFails(side, _)
            | ServiceMended(side, _)
            | Probes(side, _)
            | ProbeUnknown(side, _)
            | ServiceDelay(side, _)
            | StartTimeout(side)
            | FallbackDue(side)
            | GoodbyeTimeout(side)
            | UsersMoved(side)
            | MoveFails(side)
            | CatchesUp(side)
            | RightEnds(side, ..)
            | AsksWitness(side)
            | WitnessDecides(side)
            | WitnessAnswers(side)
            | WitnessFails(side)
            | Asked(side, _) => side,
        }
    }

    /// What kind of thing it is.
    pub fn kind(self) -> Kind {
        use Action::*;
        match self {
            KernelTells(_) | Arrives(..) | Beats(_) | Silence(_) | Probes(..) | ServiceDelay(..) | StartTimeout(_)
            | FallbackDue(_) | GoodbyeTimeout(_) | UsersMoved(_) | CatchesUp(_)
            | RightEnds(_, Term::Bound | Term::Watched, _) => Kind::Progress,
            AsksWitness(_) | WitnessDecides(_) | WitnessAnswers(_) => Kind::Upkeep,
            Crash(_) | HostDown(_) | Boot(_) | LoseDisk(_) | Freeze(_) | Cut(_) | GetsLost(..) | ServiceFails(..)
            | ProbeUnknown(..) | MoveFails(_) | WitnessFails(_)
            // What renews it comes late.
            | RightEnds(_, Term::Promised | Term::Held, _) => Kind::Fault,
            Start(_) | Thaw(_) | ThawLate(_) | ThawVeryLate(_) | Mend(_) | ServiceMended(..) => Kind::Mending,
            Asked(..) => Kind::Command,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Action::*;
        match self {
            Start(side) => write!(f, "the daemon of {side} starts"),
            Crash(side) => write!(f, "the daemon of {side} dies"),
            HostDown(side) => write!(f, "the host of {side} goes down"),
            Boot(side) => write!(f, "the host of {side} boots"),
            LoseDisk(side) => write!(f, "{side} loses its disk"),
            Freeze(side) => write!(f, "{side} is paused"),
            Thaw(side) => write!(f, "{side} runs again at once"),
            ThawLate(side) => write!(f, "{side} runs again, late by more than two intervals"),
            ThawVeryLate(side) => write!(f, "{side} runs again, late by the keep-alive timeout"),
            Cut(side) => write!(f, "what {side} sends gets lost from now on"),
            Mend(side) => write!(f, "what {side} sends arrives again"),
            KernelTells(side) => write!(f, "the kernel tells {side} that the peer's daemon has died"),
            Arrives(side, 0) => write!(f, "a heartbeat reaches {side}"),
            Arrives(side, _) => write!(f, "a heartbeat reaches {side}, ahead of an older one"),
            GetsLost(side, _) => write!(f, "a heartbeat to {side} gets lost"),
            Beats(side) => write!(f, "{side} sends its heartbeat"),
            Silence(side) => write!(f, "{side} has not heard its peer for the timeout"),
            ServiceFails(side, service) => write!(f, "service {service} of {side} stops working"),
            ServiceMended(side, service) => write!(f, "service {service} of {side} works again"),
            Probes(side, service) => write!(f, "a probe looks at service {service} of {side}"),
            ProbeUnknown(side, service) => write!(f, "a probe cannot tell how service {service} of {side} is"),
            ServiceDelay(side, service) => {
                write!(f, "service {service} of {side} has been down for the critical service delay")
            }
            StartTimeout(side) => write!(f, "the services of {side} have had their time to start"),
            FallbackDue(side) => write!(f, "the automatic fallback of {side} is due"),
            GoodbyeTimeout(side) => write!(f, "{side} has waited long enough to be covered, and leaves"),
            UsersMoved(side) => write!(f, "the user move of {side} succeeds"),
            MoveFails(side) => write!(f, "the user move of {side} fails"),
            CatchesUp(side) => write!(f, "{side} catches up with the user directory"),
            RightEnds(side, term, home) => {
                let whose = if *home == Home::Own { "its own users" } else { "its peer's users" };
                match term {
                    Term::Promised => write!(f, "the promise that {side} has for {whose} lapses"),
                    Term::Bound => write!(f, "{side} is bound no longer by what it has promised for {whose}"),
                    Term::Held => write!(f, "the lease that {side} has for {whose} lapses"),
                    Term::Watched => write!(f, "{side} has seen the lease for {whose} stand still for its whole time"),
                }
            }
            AsksWitness(side) => write!(f, "{side} asks the witness"),
            WitnessDecides(side) => write!(f, "the witness does what {side} has asked"),
            WitnessAnswers(side) => write!(f, "the answer of the witness reaches {side}"),
            WitnessFails(side) => write!(f, "{side} gets no answer of the witness"),
            Asked(side, command) => write!(f, "an administrator asks {side} for {}", command.name()),
        }
    }
}

/// Commands by the name that a person would say.
mod command {
    use locum_core::Command;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(command: &Command, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(command.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Command, D::Error> {
        let name = String::deserialize(from)?;
        let found = Command::ALL.into_iter().find(|command| command.name() == name);
        found.ok_or_else(|| D::Error::custom(format!("no command is called {name:?}")))
    }
}
