//! The table in words, for the documentation and the command line.

use core::fmt;

use super::{Action, Next, On, When, Why};

impl fmt::Display for On {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            On::Facts => f.write_str("facts"),
            On::UsersMoved => f.write_str("users moved"),
            On::UsersMoveFailed => f.write_str("user move failed"),
            On::Asked(command) => write!(f, "command {}", command.name()),
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            When::HighAvailabilityOff => f.write_str("high availability off, or differing"),
            When::HighAvailabilityOn => f.write_str("high availability on at both"),
            When::SwitchedOn => f.write_str("own switch on"),
            When::SwitchedOff => f.write_str("own switch off"),
            When::Alone => f.write_str("group of one"),
            When::Healthy => f.write_str("healthy"),
            When::Unhealthy => f.write_str("unhealthy"),
            When::Started => f.write_str("services started"),
            When::ByAdmin => f.write_str("own reason On Admin Request"),
            When::ByAutoRecover => f.write_str("own reason Auto Recover"),
            When::PeerSilent => f.write_str("peer silent"),
            When::PeerApart => f.write_str("peer apart"),
            When::PeersRightLost => f.write_str("no right to the peer's users"),
            When::OwnLease => f.write_str("own lease held"),
            When::Peer(states) => write!(f, "peer {states}"),
            When::PeerByAdmin => f.write_str("peer's reason On Admin Request"),
            When::PeerStarted => f.write_str("peer's services started"),
            When::PeerRebooted => f.write_str("peer's host rebooted"),
            When::PeerRecovering => f.write_str("peer marked recover"),
            When::PeerOutranks => f.write_str("peer's reason ranks higher"),
            When::Recovering => f.write_str("marked recover"),
            When::Remembers(states) => write!(f, "remembers {states}"),
            When::RemembersAdmin => f.write_str("remembers On Admin Request"),
            When::PeerRemembers(states) => write!(f, "peer remembers {states}"),
            When::First => f.write_str("first of the group"),
            When::Countdown => f.write_str("fallback counting down"),
            When::FallbackDue => f.write_str("automatic fallback due"),
            When::DirectoriesAgree => f.write_str("directories agree"),
            When::NotMoving => f.write_str("no move under way"),
            When::Leaving => f.write_str("leaving"),
        }
    }
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Next::Go(state, why) => write!(f, "{state} ({why})"),
            Next::Stay => f.write_str("stay"),
            Next::Ignore => f.write_str("ignore"),
            Next::AlreadyDone => f.write_str("already done"),
            Next::Refuse(obstacle) => write!(f, "refuse: {obstacle}"),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Is(reason) => f.write_str(reason.name()),
            Why::Own => f.write_str("own reason kept"),
            Why::Peers => f.write_str("peer's reason"),
            Why::Fault => f.write_str("Critical Service Down or Database Failure"),
            Why::AutoRecover => f.write_str("the matching Auto Recover reason"),
            Why::Silence => f.write_str("Peer Reboot after a goodbye, else Peer Down"),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Action::RaiseEpoch => "raise epoch",
            Action::TakeOverUsers => "take users over",
            Action::GiveUsersBack => "give users back",
            Action::StartServices => "start services",
            Action::RestartServices => "restart services",
            Action::StopServices => "stop services",
            Action::Forget => "forget",
            Action::ForgetAndMark => "forget, mark recover",
            Action::CancelFallback => "cancel fallback",
            Action::SwitchOn => "switch on",
            Action::SwitchOff => "switch off",
            Action::Vouch => "vouch for the peer's silence",
            Action::SayGoodbye => "say goodbye",
        })
    }
}

impl fmt::Display for crate::effect::Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            crate::effect::Obstacle::State => "the node's state does not allow it",
            crate::effect::Obstacle::Peer => "the peer is in no state for it, or not heard",
            crate::effect::Obstacle::Directory => "the two user directories differ",
            crate::effect::Obstacle::OneNode => "the group has only one node",
            crate::effect::Obstacle::NoCountdown => "no automatic fallback counts down",
            crate::effect::Obstacle::Leaving => "the node is leaving",
        })
    }
}
