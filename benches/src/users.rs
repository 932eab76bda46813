//! The columns that a policy is asked about.

use locum_host::policy::{Nodes, UNASSIGNED, Users};

/// The two nodes of a group; the first may not serve now.
pub fn nodes() -> Nodes {
    Nodes { groups: vec![0, 0], available: vec![0, 1] }
}

/// Users who are at home on the two nodes by turns, and served there.
pub fn users_at_home(count: u32) -> Users {
    let homes: Vec<u32> = (0..count).map(|user| user % 2).collect();
    users(count, homes)
}

/// Users whom nobody has given a home yet.
pub fn users_without_home(count: u32) -> Users {
    users(count, vec![UNASSIGNED; count as usize])
}

fn users(count: u32, homes: Vec<u32>) -> Users {
    let rows = count as usize;
    Users { ids: (1..=count).collect(), nodes: homes.clone(), homes, weights: vec![1; rows], classes: vec![0; rows] }
}
