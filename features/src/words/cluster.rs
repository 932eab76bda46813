use std::fmt;
use std::str::FromStr;

use cucumber::Parameter;

use super::find;

/// How many users the two nodes of each group have: `5/2 0/0`.
#[derive(Clone, Debug, PartialEq, Eq, Parameter)]
#[param(name = "homes", regex = "[0-9]+/[0-9]+(?: [0-9]+/[0-9]+)*")]
pub struct Homes(pub Vec<[u32; 2]>);

impl fmt::Display for Homes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups: Vec<_> = self.0.iter().map(|[first, second]| format!("{first}/{second}")).collect();
        f.pad(&groups.join(" "))
    }
}

impl FromStr for Homes {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        let group = |group: &str| {
            let (first, second) = group.split_once('/')?;
            Some([first.parse().ok()?, second.parse().ok()?])
        };
        let groups = said.split(' ').map(group).collect::<Option<_>>();
        groups.map(Self).ok_or_else(|| format!("`{said}` is no cluster"))
    }
}

/// How users get their homes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Parameter)]
#[param(name = "mode", regex = "[a-z-]+")]
pub enum Mode {
    /// The same number everywhere.
    Balanced,
    /// All to the first node of a group.
    ActiveStandby,
    /// Nobody is assigned.
    None,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Balanced => "balanced",
            Self::ActiveStandby => "active-standby",
            Self::None => "none",
        })
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        find("mode", [Self::Balanced, Self::ActiveStandby, Self::None], said)
    }
}
