//! The answers that need no plugin: what stands in where a policy fails.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::check::{Place, place_of};
use crate::columns::{Nodes, Occasion, Promise, UNASSIGNED, Users};

/// One node row for each user, as the promise asks. Depends on the columns alone: ties go to the lower row.
pub fn place(occasion: Occasion, promise: Promise, users: &Users, nodes: &Nodes) -> Vec<u32> {
    let candidates = nodes.candidates(promise);
    let homes_free = !candidates.is_empty();
    let places =
        (0..users.len()).map(|i| place_of(occasion, users.homes[i], users.nodes[i], nodes, promise, homes_free));
    match occasion {
        Occasion::Rebalance if homes_free => even(&users.homes, nodes.len(), candidates),
        Occasion::Assign | Occasion::Rebalance => fill(places, &users.homes, nodes.len(), candidates),
        Occasion::TakeOver | Occasion::GiveBack => stand_in(places, users, nodes),
    }
}

/// Nodes by load, the least loaded first.
type Queue = BinaryHeap<Reverse<(u32, u32)>>;

fn queue(rows: impl IntoIterator<Item = u32>, loads: &[u32]) -> Queue {
    rows.into_iter().map(|row| Reverse((loads[row as usize], row))).collect()
}

/// The least loaded node of a queue, with one user more from now on.
fn next(queue: &mut Queue) -> Option<u32> {
    let mut least = queue.peek_mut()?;
    least.0.0 += 1;
    Some(least.0.1)
}

fn loads(rows: &[u32], len: usize) -> Vec<u32> {
    let mut loads = vec![0; len];
    rows.iter().filter(|row| **row != UNASSIGNED).for_each(|row| loads[*row as usize] += 1);
    loads
}

/// Users who may have any home go where the fewest are.
fn fill(places: impl Iterator<Item = Place>, homes: &[u32], len: usize, candidates: Vec<u32>) -> Vec<u32> {
    let mut queue = queue(candidates, &loads(homes, len));
    places
        .map(|place| match place {
            Place::Only(row) => row,
            Place::AnyHome | Place::AnyOf { .. } => next(&mut queue).unwrap_or(UNASSIGNED),
        })
        .collect()
}

/// The same number everywhere, ±1, with as few moves as can be: who is within a node's share stays, and the nodes
/// with the most users have the larger shares.
fn even(homes: &[u32], len: usize, mut candidates: Vec<u32>) -> Vec<u32> {
    let loads = loads(homes, len);
    candidates.sort_by_key(|row| (Reverse(loads[*row as usize]), *row));
    let (share, larger) = (homes.len() / candidates.len(), homes.len() % candidates.len());
    let mut room = vec![0; len];
    for (index, row) in candidates.iter().enumerate() {
        room[*row as usize] = share + usize::from(index < larger);
    }
    let mut take = |row: u32| match room.get_mut(row as usize) {
        Some(room) if *room > 0 => {
            *room -= 1;
            true
        }
        _ => false,
    };
    let mut answer: Vec<u32> = homes.iter().map(|home| if take(*home) { *home } else { UNASSIGNED }).collect();
    candidates.sort_unstable();
    let mut free = candidates.into_iter().flat_map(|row| std::iter::repeat_n(row, room[row as usize]));
    for row in answer.iter_mut().filter(|row| **row == UNASSIGNED) {
        *row = free.next().unwrap_or(UNASSIGNED);
    }
    answer
}

/// Users whose node is gone go to the node of their group that serves the fewest.
fn stand_in(places: impl Iterator<Item = Place>, users: &Users, nodes: &Nodes) -> Vec<u32> {
    let loads = loads(&users.nodes, nodes.len());
    let groups = nodes.groups.iter().max().map_or(0, |last| *last as usize + 1);
    let mut queues = vec![Queue::new(); groups];
    for row in (0..nodes.len() as u32).filter(|row| nodes.is_available(*row)) {
        queues[nodes.groups[row as usize] as usize].push(Reverse((loads[row as usize], row)));
    }
    places
        .map(|place| match place {
            Place::Only(row) => row,
            Place::AnyOf { group } => next(&mut queues[group as usize]).unwrap_or(UNASSIGNED),
            Place::AnyHome => unreachable!("homes are not handed out when users move"),
        })
        .collect()
}
