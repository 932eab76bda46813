//! The policy of the mode **none** (`docs/behaviour.md` §7): nobody is given a home.
//!
//! Users who have a home from another mode keep it, and are served, until a rebalance takes it from them.

use locum_sdk::policy::{self, Guest, Nodes, Occasion, Promise, UNASSIGNED, Users, export};

struct Nobody;

impl Guest for Nobody {
    fn promised() -> Promise {
        Promise::Unassigned
    }

    fn place(why: Occasion, users: Users, nodes: Nodes) -> Vec<u32> {
        match why {
            Occasion::Assign => users.homes,
            Occasion::Rebalance => vec![UNASSIGNED; users.homes.len()],
            Occasion::TakeOver => policy::take_over(&users, &nodes),
            Occasion::GiveBack => policy::give_back(&users, &nodes),
        }
    }
}

export!(Nobody);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_given_a_home() {
        let users = || Users {
            ids: vec![7, 9],
            homes: vec![UNASSIGNED, 1],
            nodes: vec![UNASSIGNED, 1],
            weights: vec![1; 2],
            classes: vec![0; 2],
        };
        let nodes = || Nodes { groups: vec![0, 0], available: vec![1, 0] };
        let place = |why| Nobody::place(why, users(), nodes());
        assert_eq!(place(Occasion::Assign), [UNASSIGNED, 1]);
        assert_eq!(place(Occasion::Rebalance), [UNASSIGNED, UNASSIGNED]);
        assert_eq!(place(Occasion::TakeOver), [UNASSIGNED, 0], "who has a home is served");
    }
}
