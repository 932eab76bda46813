//! The moves that policies have in common.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::{Nodes, UNASSIGNED, Users};

/// Gives each user without a home the node that `choose` names for the user's row; everyone else keeps theirs.
pub fn assign(users: &Users, mut choose: impl FnMut(usize) -> u32) -> Vec<u32> {
    let home = |(user, home): (usize, &u32)| if *home == UNASSIGNED { choose(user) } else { *home };
    users.homes.iter().enumerate().map(home).collect()
}

/// Moves users off nodes that are not available, each to the least loaded available node of the same group.
///
/// Everyone else stays, and whoever is served by nobody is served by nobody still. A user for whom the group has no
/// available node is left [`UNASSIGNED`].
pub fn take_over(users: &Users, nodes: &Nodes) -> Vec<u32> {
    stand_in(users.nodes.clone(), nodes)
}

/// Returns users to their homes where these are available; the others are served as [`take_over`] says.
pub fn give_back(users: &Users, nodes: &Nodes) -> Vec<u32> {
    let back = |(home, node): (&u32, &u32)| if nodes.is_available(*home) { *home } else { *node };
    stand_in(users.homes.iter().zip(&users.nodes).map(back).collect(), nodes)
}

/// Puts another node of the group in the place of each that is not available.
fn stand_in(mut answer: Vec<u32>, nodes: &Nodes) -> Vec<u32> {
    if answer.iter().all(|node| nodes.is_available(*node)) {
        return answer;
    }
    let loads = loads(answer.iter(), nodes);
    let groups = nodes.groups.iter().max().map_or(0, |last| *last as usize + 1);
    let mut stand_ins: Vec<LeastLoaded> = (0..groups as u32)
        .map(|group| {
            let rows = nodes.available_rows().filter(|row| nodes.group(*row) == Some(group));
            LeastLoaded::new(rows.map(|row| (row, loads[row as usize])))
        })
        .collect();
    for node in answer.iter_mut().filter(|node| !nodes.is_available(**node)) {
        *node = nodes.group(*node).map_or(UNASSIGNED, |group| stand_ins[group as usize].take());
    }
    answer
}

fn loads<'a>(rows: impl Iterator<Item = &'a u32>, nodes: &Nodes) -> Vec<u32> {
    let mut loads = vec![0; nodes.groups.len()];
    for row in rows {
        if let Some(load) = loads.get_mut(*row as usize) {
            *load += 1;
        }
    }
    loads
}

/// Nodes in the order of their loads: each user who is taken in goes to the least loaded, the lower row among equals.
pub struct LeastLoaded(BinaryHeap<Reverse<(u32, u32)>>);

impl LeastLoaded {
    /// Of these rows, with the number of users that each has already.
    pub fn new(rows_with_loads: impl IntoIterator<Item = (u32, u32)>) -> Self {
        Self(rows_with_loads.into_iter().map(|(row, load)| Reverse((load, row))).collect())
    }

    /// Of these rows, with as many users as have their homes there.
    pub fn by_homes(rows: impl IntoIterator<Item = u32>, users: &Users, nodes: &Nodes) -> Self {
        let loads = loads(users.homes.iter(), nodes);
        Self::new(rows.into_iter().map(|row| (row, loads[row as usize])))
    }

    /// Takes one user in: the row of the node, or [`UNASSIGNED`] if there is no node.
    pub fn take(&mut self) -> u32 {
        let Some(mut least) = self.0.peek_mut() else { return UNASSIGNED };
        let Reverse((load, row)) = &mut *least;
        *load += 1;
        *row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: u32 = UNASSIGNED;

    /// Two groups of two nodes; users as (home, node).
    fn cluster(available: [u8; 4], users: &[(u32, u32)]) -> (Users, Nodes) {
        let column = |value: u32| vec![value; users.len()];
        let users = Users {
            ids: (0..users.len() as u32).collect(),
            homes: users.iter().map(|(home, _)| *home).collect(),
            nodes: users.iter().map(|(_, node)| *node).collect(),
            weights: column(1),
            classes: column(0),
        };
        (users, Nodes { groups: vec![0, 0, 1, 1], available: available.to_vec() })
    }

    #[test]
    fn only_users_without_a_home_are_assigned_one() {
        let (users, _) = cluster([1; 4], &[(2, 2), (NOBODY, NOBODY), (0, 1)]);
        assert_eq!(assign(&users, |user| user as u32 + 10), [2, 11, 0]);
    }

    #[test]
    fn a_peer_takes_over_within_the_group() {
        let (users, nodes) = cluster([0, 1, 1, 1], &[(0, 0), (1, 1), (2, 2), (0, 0), (1, 0)]);
        assert_eq!(take_over(&users, &nodes), [1, 1, 2, 1, 1]);
    }

    #[test]
    fn taking_over_brings_nobody_home() {
        let (users, nodes) = cluster([1; 4], &[(0, 1), (NOBODY, NOBODY), (3, NOBODY)]);
        assert_eq!(take_over(&users, &nodes), [1, NOBODY, NOBODY]);
    }

    #[test]
    fn a_group_without_an_available_node_serves_nobody() {
        let (users, nodes) = cluster([0, 0, 1, 1], &[(0, 0), (1, NOBODY), (3, 3)]);
        assert_eq!(take_over(&users, &nodes), [NOBODY, NOBODY, 3]);
    }

    #[test]
    fn users_return_to_homes_that_are_back() {
        let (users, nodes) = cluster([1, 1, 0, 1], &[(0, 1), (1, 1), (2, 3), (2, 2), (0, NOBODY)]);
        assert_eq!(give_back(&users, &nodes), [0, 1, 3, 3, 0]);
    }

    #[test]
    fn a_larger_group_shares_the_load() {
        let (users, mut nodes) = cluster([0, 1, 1, 1], &[(0, 0), (0, 0), (0, 0), (0, 0), (1, 1)]);
        nodes.groups = vec![0; 4];
        assert_eq!(take_over(&users, &nodes), [2, 3, 1, 2, 1]);
    }

    #[test]
    fn the_lower_row_is_taken_among_equals() {
        let mut rows = LeastLoaded::new([(4, 1), (2, 0), (3, 1)]);
        assert_eq!([rows.take(), rows.take(), rows.take(), rows.take()], [2, 2, 3, 4]);
        assert_eq!(LeastLoaded::new([]).take(), NOBODY);
    }
}
