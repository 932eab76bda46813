//! Conditions that need a person (`docs/behaviour.md` §5).

use serde::{Deserialize, Serialize};

/// A condition that no timer will mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Alarm {
    /// Nobody serves this node's users, or the peer's.
    NobodyServes,
    /// A probe cannot tell whether a critical service works, for longer than the critical service delay.
    ProbeUnknown,
    /// A critical service is down.
    ServiceDown,
    /// The group's parameters are not the same on both nodes.
    ParameterMismatch,
    /// The two user directories differ.
    DirectoryMismatch,
    /// The peer is not heard, and may still serve its users.
    PeerApart,
    /// The witness does not answer.
    WitnessLost,
}

impl Alarm {
    /// Every alarm.
    pub const ALL: [Alarm; 7] = [
        Alarm::NobodyServes,
        Alarm::ProbeUnknown,
        Alarm::ServiceDown,
        Alarm::ParameterMismatch,
        Alarm::DirectoryMismatch,
        Alarm::PeerApart,
        Alarm::WitnessLost,
    ];

    /// One line for people.
    pub const fn text(self) -> &'static str {
        match self {
            Alarm::NobodyServes => "some users are served by nobody",
            Alarm::ProbeUnknown => "a probe cannot tell whether a critical service works",
            Alarm::ServiceDown => "a critical service is down",
            Alarm::ParameterMismatch => "the group's parameters differ between the nodes",
            Alarm::DirectoryMismatch => "the user directories of the nodes differ",
            Alarm::PeerApart => "the peer is not heard, and may still serve its users",
            Alarm::WitnessLost => "the witness does not answer",
        }
    }
}
