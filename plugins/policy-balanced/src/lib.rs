//! The policy of the mode **balanced** (`docs/behaviour.md` §7): every available node of every group gets the same
//! number of users, give or take one.

mod rebalance;

use locum_sdk::policy::{self, Guest, LeastLoaded, Nodes, Occasion, Promise, Users, export};

struct Balanced;

impl Guest for Balanced {
    fn promised() -> Promise {
        Promise::Balanced
    }

    fn place(why: Occasion, users: Users, nodes: Nodes) -> Vec<u32> {
        match why {
            Occasion::Assign => assign(&users, &nodes),
            Occasion::Rebalance => rebalance::rebalance(&users, &nodes),
            Occasion::TakeOver => policy::take_over(&users, &nodes),
            Occasion::GiveBack => policy::give_back(&users, &nodes),
        }
    }
}

export!(Balanced);

/// Each new user goes to the least loaded available node.
fn assign(users: &Users, nodes: &Nodes) -> Vec<u32> {
    let mut rows = LeastLoaded::by_homes(nodes.available_rows(), users, nodes);
    policy::assign(users, |_| rows.take())
}

#[cfg(test)]
mod tests {
    use super::*;
    use locum_sdk::policy::UNASSIGNED;

    /// Users with these homes, and nodes of which these are available, two a group.
    pub(crate) fn cluster(homes: &[u32], available: &[u8]) -> (Users, Nodes) {
        let count = homes.len();
        let users = Users {
            ids: (0..count as u32).collect(),
            homes: homes.to_vec(),
            nodes: homes.to_vec(),
            weights: vec![1; count],
            classes: vec![0; count],
        };
        let groups = (0..available.len() as u32).map(|row| row / 2).collect();
        (users, Nodes { groups, available: available.to_vec() })
    }

    #[test]
    fn new_users_fill_the_least_loaded_nodes_up() {
        let (users, nodes) = cluster(&[0, 0, 3, UNASSIGNED, UNASSIGNED, UNASSIGNED, UNASSIGNED], &[1; 4]);
        assert_eq!(assign(&users, &nodes), [0, 0, 3, 1, 2, 1, 2]);
    }

    #[test]
    fn users_who_have_a_home_keep_it_even_where_it_is_away() {
        let (users, nodes) = cluster(&[1, UNASSIGNED, 1], &[1, 0]);
        assert_eq!(assign(&users, &nodes), [1, 0, 1]);
    }

    #[test]
    fn without_a_node_nobody_new_has_a_home() {
        let (users, nodes) = cluster(&[1, UNASSIGNED], &[0, 0]);
        assert_eq!(assign(&users, &nodes), [1, UNASSIGNED]);
    }
}
