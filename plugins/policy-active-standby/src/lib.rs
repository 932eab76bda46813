//! The policy of the mode **active-standby** (`docs/behaviour.md` §7): every user's home is the first node of a group,
//! and the other node stands by.

use locum_sdk::policy::{self, Guest, LeastLoaded, Nodes, Occasion, Promise, Users, export};

struct ActiveStandby;

impl Guest for ActiveStandby {
    fn promised() -> Promise {
        Promise::FirstNode
    }

    fn place(why: Occasion, users: Users, nodes: Nodes) -> Vec<u32> {
        match why {
            Occasion::Assign => assign(&users, &nodes),
            Occasion::Rebalance => rebalance(&users, &nodes),
            Occasion::TakeOver => policy::take_over(&users, &nodes),
            Occasion::GiveBack => policy::give_back(&users, &nodes),
        }
    }
}

export!(ActiveStandby);

/// Each new user goes to the least loaded first node that is available.
fn assign(users: &Users, nodes: &Nodes) -> Vec<u32> {
    let mut rows = LeastLoaded::by_homes(available_first_rows(nodes), users, nodes);
    policy::assign(users, |_| rows.take())
}

/// Everyone moves to the first node of their group, or, where that is not available, to the least loaded one that is.
/// Without any, everyone keeps the home they have.
fn rebalance(users: &Users, nodes: &Nodes) -> Vec<u32> {
    let first_rows: Vec<u32> = available_first_rows(nodes).collect();
    if first_rows.is_empty() {
        return users.homes.clone();
    }
    let mut rows = LeastLoaded::by_homes(first_rows.iter().copied(), users, nodes);
    let first_of = |home: u32| first_rows.iter().copied().find(|row| nodes.group(*row) == nodes.group(home));
    users.homes.iter().map(|home| first_of(*home).unwrap_or_else(|| rows.take())).collect()
}

/// The first row of each group, where it is available.
fn available_first_rows(nodes: &Nodes) -> impl Iterator<Item = u32> {
    nodes.available_rows().filter(|row| *row == 0 || nodes.group(*row) != nodes.group(*row - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use locum_sdk::policy::UNASSIGNED;

    /// Users with these homes, and two groups of two nodes of which these are available.
    fn cluster(homes: &[u32], available: [u8; 4]) -> (Users, Nodes) {
        let users = Users {
            ids: (0..homes.len() as u32).collect(),
            homes: homes.to_vec(),
            nodes: homes.to_vec(),
            weights: vec![1; homes.len()],
            classes: vec![0; homes.len()],
        };
        (users, Nodes { groups: vec![0, 0, 1, 1], available: available.to_vec() })
    }

    #[test]
    fn new_users_go_to_first_nodes_only() {
        let (users, nodes) = cluster(&[0, 3, UNASSIGNED, UNASSIGNED, UNASSIGNED], [1; 4]);
        assert_eq!(assign(&users, &nodes), [0, 3, 2, 0, 2]);
    }

    #[test]
    fn no_standby_node_is_a_home_for_want_of_a_first_one() {
        let (users, nodes) = cluster(&[UNASSIGNED], [0, 1, 0, 1]);
        assert_eq!(assign(&users, &nodes), [UNASSIGNED]);
    }

    #[test]
    fn a_rebalance_brings_everyone_to_the_first_node_of_their_group() {
        let (users, nodes) = cluster(&[1, 0, 3, 2, UNASSIGNED], [1; 4]);
        assert_eq!(rebalance(&users, &nodes), [0, 0, 2, 2, 0]);
    }

    #[test]
    fn whose_first_node_is_away_goes_to_another_group() {
        let (users, nodes) = cluster(&[1, 0, 3, UNASSIGNED], [0, 1, 1, 1]);
        assert_eq!(rebalance(&users, &nodes), [2, 2, 2, 2]);
    }

    #[test]
    fn without_a_first_node_nobody_moves() {
        let (users, nodes) = cluster(&[1, 3, UNASSIGNED], [0, 1, 0, 1]);
        assert_eq!(rebalance(&users, &nodes), [1, 3, UNASSIGNED]);
    }
}
