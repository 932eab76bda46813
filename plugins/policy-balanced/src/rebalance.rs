//! Everyone may be moved; as few as possible are.

use locum_sdk::policy::{Nodes, UNASSIGNED, Users};

/// Gives each available node its share: users beyond it move to the nodes that are short of theirs.
///
/// The nodes that have most get the larger shares, so that no other division moves fewer users. Who moves is who comes
/// last in the directory. Without an available node everyone keeps the home they have.
pub(crate) fn rebalance(users: &Users, nodes: &Nodes) -> Vec<u32> {
    let mut free = shares(users, nodes);
    if nodes.available_rows().next().is_none() {
        return users.homes.clone();
    }
    let keep = |home: &u32| match free.get_mut(*home as usize) {
        Some(places @ 1..) => {
            *places -= 1;
            *home
        }
        _ => UNASSIGNED,
    };
    let mut homes: Vec<u32> = users.homes.iter().map(keep).collect();
    let mut row = 0;
    for home in homes.iter_mut().filter(|home| **home == UNASSIGNED) {
        while free[row] == 0 {
            row += 1;
        }
        free[row] -= 1;
        *home = row as u32;
    }
    homes
}

/// How many users each node is to have; none where it is not available.
fn shares(users: &Users, nodes: &Nodes) -> Vec<usize> {
    let mut shares = vec![0; nodes.available.len()];
    for home in &users.homes {
        if let Some(share) = shares.get_mut(*home as usize) {
            *share += 1;
        }
    }
    let mut rows: Vec<u32> = nodes.available_rows().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(shares[*row as usize]));
    shares.fill(0);
    for (place, row) in rows.iter().enumerate() {
        let larger = place < users.homes.len() % rows.len();
        shares[*row as usize] = users.homes.len() / rows.len() + usize::from(larger);
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::cluster;

    const NOBODY: u32 = UNASSIGNED;

    fn moved(homes: &[u32], available: &[u8]) -> (Vec<u32>, usize) {
        let (users, nodes) = cluster(homes, available);
        let answer = rebalance(&users, &nodes);
        let moves = answer.iter().zip(homes).filter(|(new, old)| new != old).count();
        (answer, moves)
    }

    #[test]
    fn what_is_balanced_stays_as_it_is() {
        assert_eq!(moved(&[1, 0, 1, 3, 2, 1, 3, 2], &[1; 4]), (vec![1, 0, 1, 3, 2, 0, 3, 2], 1));
        assert_eq!(moved(&[1, 0, 1, 3, 2], &[1; 4]).1, 0);
    }

    #[test]
    fn only_what_is_too_much_moves() {
        assert_eq!(moved(&[0, 0, 0, 0, 0], &[1, 1]), (vec![0, 0, 0, 1, 1], 2));
        assert_eq!(moved(&[1, 1, 1, 0, 1], &[1, 1]), (vec![1, 1, 1, 0, 0], 1));
    }

    #[test]
    fn nodes_that_are_away_are_left_and_the_homeless_taken_in() {
        assert_eq!(moved(&[0, 1, NOBODY, 1, 9], &[1, 0, 1, 0]).0, [0, 0, 0, 2, 2]);
    }

    #[test]
    fn no_two_nodes_differ_by_more_than_one() {
        let homes: Vec<u32> = (0..1000_u32).map(|user| user * user % 7).collect();
        let (answer, _) = moved(&homes, &[1; 7]);
        let counts = (0..7).map(|row| answer.iter().filter(|home| **home == row).count());
        assert!(counts.into_iter().all(|count| count == 142 || count == 143));
    }

    #[test]
    fn without_a_node_nobody_moves() {
        assert_eq!(moved(&[1, 0, NOBODY], &[0, 0]).1, 0);
        assert_eq!(moved(&[NOBODY], &[]).1, 0);
    }
}
