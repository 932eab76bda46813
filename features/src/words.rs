//! The words of the scenarios, each with its type: a word that is none is an error at its step.

mod administration;
mod cluster;
mod configuration;
mod time;

use std::fmt;
use std::str::FromStr;

pub use administration::{Advised, Answered, Asked, Possible};
pub use cluster::{Homes, Mode};
pub use configuration::{Key, Value};
use cucumber::Parameter;
use locum_core::{JOINT_ROWS, Reason, State};
pub use time::Lasting;

/// A node, as the scenarios call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Parameter)]
#[param(name = "node", regex = "node [0-9]+")]
pub enum Node {
    /// The node whose users move.
    One,
    /// Its backup.
    Two,
}

impl Node {
    /// Both nodes.
    pub const BOTH: [Self; 2] = [Self::One, Self::Two];

    /// The other one.
    pub fn peer(self) -> Self {
        match self {
            Self::One => Self::Two,
            Self::Two => Self::One,
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::One => "node 1",
            Self::Two => "node 2",
        })
    }
}

impl FromStr for Node {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        find("node", Self::BOTH, said)
    }
}

/// What a node guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Parameter)]
#[param(name = "service", regex = "critical service|database")]
pub enum Service {
    /// A critical service.
    Critical = 0,
    /// A database, critical too.
    Database = 1,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Critical => "critical service",
            Self::Database => "database",
        })
    }
}

impl FromStr for Service {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        find("service", [Self::Critical, Self::Database], said)
    }
}

/// Who serves a node's users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Parameter)]
#[param(name = "served", regex = "[a-z]+|[a-z]+ [a-z0-9]+")]
pub enum Served {
    /// Nobody.
    Nobody,
    /// One node.
    By(Node),
    /// Both nodes.
    Twice,
}

impl fmt::Display for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.pad("nobody"),
            Self::By(node) => node.fmt(f),
            Self::Twice => f.pad("both nodes"),
        }
    }
}

impl FromStr for Served {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        find("server", [Self::Nobody, Self::By(Node::One), Self::By(Node::Two), Self::Twice], said)
    }
}

/// What is seen of a node: its state and, in brackets, its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Parameter)]
#[param(name = "status", regex = r"[A-Z][A-Za-z ]+ \([A-Z][A-Za-z ]+\)|not running")]
pub enum Status {
    /// Its daemon runs.
    Running(State, Reason),
    /// Its daemon does not run.
    NotRunning,
}

impl From<Option<(State, Reason)>> for Status {
    fn from(seen: Option<(State, Reason)>) -> Self {
        seen.map_or(Self::NotRunning, |(state, reason)| Self::Running(state, reason))
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running(state, reason) => write!(f, "{state} ({reason})"),
            Self::NotRunning => f.pad("not running"),
        }
    }
}

impl FromStr for Status {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        let Some((state, reason)) = said.strip_suffix(')').and_then(|said| said.split_once(" (")) else {
            return find("status", [Self::NotRunning], said);
        };
        Ok(Self::Running(find("state", State::ALL, state)?, find("reason", Reason::ALL, reason)?))
    }
}

/// A node's state alone, without its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Parameter)]
#[param(name = "state", regex = "[A-Z][A-Za-z ]+")]
pub struct Called(pub State);

impl fmt::Display for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Called {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        find("state", State::ALL.map(Self), said)
    }
}

/// Which of the two nodes, in the order of their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Parameter)]
#[param(name = "rank", regex = "first|second")]
pub enum Rank {
    /// The one that settles ties.
    First,
    /// The other.
    Second,
}

impl fmt::Display for Rank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::First => "first",
            Self::Second => "second",
        })
    }
}

impl FromStr for Rank {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        find("rank", [Self::First, Self::Second], said)
    }
}

/// A group parameter that must be the same on both nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Parameter)]
#[param(name = "parameter", regex = "keep-alive timeout|cluster|software version")]
pub enum Shared {
    /// The keep-alive timeout.
    KeepAliveTimeout,
    /// The cluster that the group belongs to.
    Cluster,
    /// The version of the software.
    Software,
}

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::KeepAliveTimeout => "keep-alive timeout",
            Self::Cluster => "cluster",
            Self::Software => "software version",
        })
    }
}

impl FromStr for Shared {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        find("parameter", [Self::KeepAliveTimeout, Self::Cluster, Self::Software], said)
    }
}

/// A documented pair of node states, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Parameter)]
#[param(name = "row", regex = "row [0-9]+")]
pub struct Row(pub u8);

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}", self.0)
    }
}

impl FromStr for Row {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        find("row", JOINT_ROWS.iter().map(|row| Self(row.number)), said)
    }
}

/// Whichever of these is called so.
fn find<T: Copy + fmt::Display>(what: &str, all: impl IntoIterator<Item = T> + Clone, said: &str) -> Result<T, String> {
    let names = || all.clone().into_iter().map(|one| one.to_string()).collect::<Vec<_>>().join(", ");
    let found = all.clone().into_iter().find(|one| one.to_string() == said);
    found.ok_or_else(|| format!("no {what} is called `{said}`; there are {}", names()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_understood() {
        for state in State::ALL {
            for reason in Reason::ALL {
                let status = Status::Running(state, reason);
                assert_eq!(status.to_string().parse(), Ok(status));
            }
        }
        assert_eq!("not running".parse(), Ok(Status::NotRunning));
    }

    #[test]
    fn a_typo_names_what_was_meant() {
        let error = "Failing over (On Admin Request)".parse::<Status>().unwrap_err();
        assert!(error.contains("no state is called `Failing over`") && error.contains(", Failing Over,"), "{error}");
        let error = "Idle (Peer Gone)".parse::<Status>().unwrap_err();
        assert!(error.contains("no reason is called `Peer Gone`"), "{error}");
        assert!("row 25".parse::<Row>().is_err());
        assert!("node 3".parse::<Node>().is_err());
        assert!("someone".parse::<Served>().is_err());
    }
}
