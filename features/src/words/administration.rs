//! What an administrator says, and is told.

use std::fmt;
use std::str::FromStr;

use cucumber::Parameter;
use locum_core::{Advice, Answer, Command, Obstacle};

use super::{Node, find};

/// What an administrator asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Parameter)]
#[param(name = "command", regex = "[a-z][a-z ]+")]
pub struct Asked(pub Command);

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.name())
    }
}

impl FromStr for Asked {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        find("command", Command::ALL.map(Self), said)
    }
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Parameter)]
#[param(name = "answer", regex = "[a-z][a-z: ]+")]
pub enum Answered {
    /// It is begun, or done.
    Accepted,
    /// It was asked for before.
    DoneAlready,
    /// It is refused for this.
    Refused(Obstacle),
}

impl Answered {
    const ALL: [Self; 8] = [
        Self::Accepted,
        Self::DoneAlready,
        Self::Refused(Obstacle::State),
        Self::Refused(Obstacle::Peer),
        Self::Refused(Obstacle::Directory),
        Self::Refused(Obstacle::OneNode),
        Self::Refused(Obstacle::NoCountdown),
        Self::Refused(Obstacle::Leaving),
    ];
}

impl From<&Answer> for Answered {
    fn from(answer: &Answer) -> Self {
        match answer {
            Answer::Accepted => Self::Accepted,
            Answer::AlreadyDone => Self::DoneAlready,
            Answer::Refused(refusal) => Self::Refused(refusal.obstacle),
        }
    }
}

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Accepted => "accepted",
            Self::DoneAlready => "done already",
            Self::Refused(Obstacle::State) => "refused: state",
            Self::Refused(Obstacle::Peer) => "refused: peer",
            Self::Refused(Obstacle::Directory) => "refused: directory",
            Self::Refused(Obstacle::OneNode) => "refused: one node",
            Self::Refused(Obstacle::NoCountdown) => "refused: no countdown",
            Self::Refused(Obstacle::Leaving) => "refused: leaving",
        })
    }
}

impl FromStr for Answered {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        find("answer", Self::ALL, said)
    }
}

/// What an administrator can do by hand, of failover, fallback, recovery and forced takeover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Parameter)]
#[param(name = "possible", regex = "[a-z][a-z0-9 ]+")]
pub enum Possible {
    /// Nothing: it is for others to do something, or for time.
    Wait,
    /// Either node can be failed over.
    FailOver,
    /// This node can have its users back.
    FallBack(Node),
    /// The group can be recovered, at either node.
    Recover,
    /// This node can be forced to take over.
    Force(Node),
    /// Nothing of the four; high availability can be switched on.
    SwitchOn,
}

impl Possible {
    const ALL: [Self; 8] = [
        Self::Wait,
        Self::FailOver,
        Self::FallBack(Node::One),
        Self::FallBack(Node::Two),
        Self::Recover,
        Self::Force(Node::One),
        Self::Force(Node::Two),
        Self::SwitchOn,
    ];

    /// Whether this may be asked of a node.
    pub fn allows(self, node: Node, command: Command) -> bool {
        match self {
            Self::Wait | Self::SwitchOn => false,
            Self::FailOver => command == Command::Failover,
            Self::FallBack(covered) => command == Command::Fallback && node == covered,
            Self::Recover => command == Command::Recover,
            Self::Force(idle) => command == Command::ForceTakeOver && node == idle,
        }
    }
}

impl fmt::Display for Possible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wait => f.write_str("wait"),
            Self::FailOver => f.write_str("fail over a node"),
            Self::FallBack(node) => write!(f, "fall back to {node}"),
            Self::Recover => f.write_str("recover"),
            Self::Force(node) => write!(f, "force {node}"),
            Self::SwitchOn => f.write_str("switch on"),
        }
    }
}

impl FromStr for Possible {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        find("manual action", Self::ALL, said)
    }
}

/// What `status` recommends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Parameter)]
#[param(name = "advice", regex = "[a-z][a-z0-9, ]+")]
pub enum Advised {
    /// Nothing.
    Nothing,
    /// Waiting for a transition to end.
    Wait,
    /// Falling back.
    FallBack(Node),
    /// Starting critical services, then falling back.
    Repair(Node),
    /// Starting the critical services of one of the two.
    RepairEither,
    /// Bringing back a node that is not heard.
    BringBack(Node),
    /// Forcing a node to take over.
    Force(Node),
    /// Recovering.
    Recover,
    /// Finding out why users could not be moved, then recovering.
    RecoverMove,
    /// Switching high availability on.
    SwitchOn,
}

impl Advised {
    const ALL: [Self; 14] = [
        Self::Nothing,
        Self::Wait,
        Self::FallBack(Node::One),
        Self::FallBack(Node::Two),
        Self::Repair(Node::One),
        Self::Repair(Node::Two),
        Self::RepairEither,
        Self::BringBack(Node::One),
        Self::BringBack(Node::Two),
        Self::Force(Node::One),
        Self::Force(Node::Two),
        Self::Recover,
        Self::RecoverMove,
        Self::SwitchOn,
    ];

    /// What this advice means, when this node gives it.
    pub fn by(node: Node, advice: Advice) -> Self {
        match advice {
            Advice::Nothing => Self::Nothing,
            Advice::Wait => Self::Wait,
            Advice::FallBackHere => Self::FallBack(node),
            Advice::FallBackToPeer => Self::FallBack(node.peer()),
            Advice::RepairHere => Self::Repair(node),
            Advice::RepairPeer => Self::Repair(node.peer()),
            Advice::RepairEither => Self::RepairEither,
            Advice::BringPeerBack => Self::BringBack(node.peer()),
            Advice::ForceHere => Self::Force(node),
            Advice::ForcePeer => Self::Force(node.peer()),
            Advice::Recover => Self::Recover,
            Advice::RecoverMove => Self::RecoverMove,
            Advice::SwitchOn => Self::SwitchOn,
        }
    }
}

impl fmt::Display for Advised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Wait => f.write_str("wait"),
            Self::FallBack(node) => write!(f, "fall back to {node}"),
            Self::Repair(node) => write!(f, "repair {node}"),
            Self::RepairEither => f.write_str("repair either node"),
            Self::BringBack(node) => write!(f, "bring {node} back"),
            Self::Force(node) => write!(f, "force {node}"),
            Self::Recover => f.write_str("recover"),
            Self::RecoverMove => f.write_str("mend the user move, recover"),
            Self::SwitchOn => f.write_str("switch on"),
        }
    }
}

impl FromStr for Advised {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        find("advice", Self::ALL, said)
    }
}
