//! The words of a policy's scenarios, each with its type: a word that is none is an error at its step.

use std::fmt;
use std::str::FromStr;

use cucumber::Parameter;
use locum_host::policy::Occasion;

/// How many users the nodes of each group have, whatever the number of nodes: `5/2 0`.
#[derive(Clone, Debug, PartialEq, Eq, Parameter)]
#[param(name = "spread", regex = "[0-9]+(?:[/ ][0-9]+)*")]
pub struct Spread(pub Vec<Vec<u32>>);

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = |nodes: &Vec<u32>| nodes.iter().map(u32::to_string).collect::<Vec<_>>().join("/");
        f.pad(&self.0.iter().map(group).collect::<Vec<_>>().join(" "))
    }
}

impl FromStr for Spread {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        let group = |nodes: &str| nodes.split('/').map(str::parse).collect::<Result<_, _>>();
        said.split(' ').map(group).collect::<Result<_, _>>().map(Self).map_err(|_| format!("`{said}` is no cluster"))
    }
}

/// A node among those of several groups, both counted from 1: `node 1 of group 2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Parameter)]
#[param(name = "place", regex = "node [0-9]+ of group [0-9]+")]
pub struct Place {
    /// The node in its group.
    pub node: u32,
    /// The group.
    pub group: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {} of group {}", self.node, self.group)
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        let numbers = said.strip_prefix("node ").and_then(|said| said.split_once(" of group "));
        let place =
            numbers.and_then(|(node, group)| Some(Self { node: node.parse().ok()?, group: group.parse().ok()? }));
        place.ok_or_else(|| format!("`{said}` is no node"))
    }
}

/// What a policy is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Parameter)]
#[param(name = "occasion", regex = "[a-z][a-z ]+")]
pub struct AskedTo(pub Occasion);

impl fmt::Display for AskedTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self.0 {
            Occasion::Assign => "assign",
            Occasion::Rebalance => "rebalance",
            Occasion::TakeOver => "take over",
            Occasion::GiveBack => "give back",
        })
    }
}

impl FromStr for AskedTo {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        let all = [Occasion::Assign, Occasion::Rebalance, Occasion::TakeOver, Occasion::GiveBack];
        let found = all.map(Self).into_iter().find(|one| one.to_string() == said);
        found.ok_or_else(|| {
            format!("no occasion is called `{said}`; there are {}", all.map(|one| Self(one).to_string()).join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_may_have_any_number_of_nodes() {
        let spread = Spread(vec![vec![5, 2], vec![0], vec![1, 2, 3]]);
        assert_eq!("5/2 0 1/2/3".parse(), Ok(spread.clone()));
        assert_eq!(spread.to_string(), "5/2 0 1/2/3");
        assert!("5/".parse::<Spread>().is_err());
    }

    #[test]
    fn a_place_is_read_as_it_is_shown() {
        let place = Place { node: 2, group: 3 };
        assert_eq!(place.to_string().parse(), Ok(place));
        assert!("node 1".parse::<Place>().is_err());
    }

    #[test]
    fn an_occasion_that_is_none_is_told_those_that_are() {
        let error = "takeover".parse::<AskedTo>().unwrap_err();
        assert!(error.ends_with("there are assign, rebalance, take over, give back"), "{error}");
    }
}
