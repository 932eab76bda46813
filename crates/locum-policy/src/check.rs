//! The rules that every answer of a policy is held to.

use crate::columns::{Nodes, Occasion, Promise, UNASSIGNED, Users};

/// The first rule that an answer breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerFault {
    /// Not one row for each user.
    #[error("it names {found} nodes for {wanted} users")]
    WrongLength {
        /// How many rows it has.
        found: usize,
        /// How many users there are.
        wanted: usize,
    },
    /// A row that is no node.
    #[error("it puts user {user} at node row {row}, and there is none")]
    NoSuchNode {
        /// The user's number.
        user: u32,
        /// The row.
        row: u32,
    },
    /// A node that may not serve users now.
    #[error("it puts user {user} at node row {row}, which is not available")]
    Unavailable {
        /// The user's number.
        user: u32,
        /// The row.
        row: u32,
    },
    /// A user who was to stay, or to go somewhere else.
    #[error("it puts user {user} at {}, but the user belongs at {}", row_name(*row), row_name(*wanted))]
    Misplaced {
        /// The user's number.
        user: u32,
        /// Where the answer puts the user.
        row: u32,
        /// The only right place.
        wanted: u32,
    },
    /// A node outside the group that stands in for the user's.
    #[error("it puts user {user} at node row {row}, which is of another group")]
    OtherGroup {
        /// The user's number.
        user: u32,
        /// The row.
        row: u32,
    },
    /// Nobody serves the user, though somebody could.
    #[error("it leaves user {user} without a node, though one is available")]
    LeftOut {
        /// The user's number.
        user: u32,
    },
    /// Not the first node of its group, though that is promised.
    #[error("it puts user {user} at node row {row}, which is not the first of its group as promised")]
    NotFirst {
        /// The user's number.
        user: u32,
        /// The row.
        row: u32,
    },
    /// The promise of balance is broken.
    #[error("it is not balanced as promised: node row {most} would have {most_users} users, row {least} {least_users}")]
    Unbalanced {
        /// Row of the fuller node.
        most: u32,
        /// Its users.
        most_users: u32,
        /// Row of the emptiest node.
        least: u32,
        /// Its users.
        least_users: u32,
    },
}

fn row_name(row: u32) -> String {
    if row == UNASSIGNED { "no node".into() } else { format!("node row {row}") }
}

/// Where one user may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Here, and nowhere else.
    Only(u32),
    /// A home, at one of the candidates.
    AnyHome,
    /// An available node of this group; nowhere if there is none.
    AnyOf { group: u32 },
}

/// What is asked of one user's row. The built-in answers follow it, and all answers are checked against it.
pub(crate) fn place_of(
    occasion: Occasion,
    home: u32,
    node: u32,
    nodes: &Nodes,
    promise: Promise,
    homes_free: bool,
) -> Place {
    let stay = match occasion {
        Occasion::Assign if home != UNASSIGNED => return Place::Only(home),
        Occasion::Assign | Occasion::Rebalance if homes_free => return Place::AnyHome,
        Occasion::Rebalance if promise == Promise::Unassigned => return Place::Only(UNASSIGNED),
        // Without a node to choose, people keep what they have.
        Occasion::Assign | Occasion::Rebalance => return Place::Only(home),
        Occasion::GiveBack if nodes.is_available(home) => home,
        Occasion::GiveBack | Occasion::TakeOver => node,
    };
    if stay == UNASSIGNED || nodes.is_available(stay) {
        return Place::Only(stay);
    }
    Place::AnyOf { group: nodes.groups[stay as usize] }
}

/// Whether the columns `users` and `nodes` allow this answer.
///
/// # Errors
/// The first rule that it breaks.
pub fn check(
    occasion: Occasion,
    promise: Promise,
    users: &Users,
    nodes: &Nodes,
    answer: &[u32],
) -> Result<(), AnswerFault> {
    if answer.len() != users.len() {
        return Err(AnswerFault::WrongLength { found: answer.len(), wanted: users.len() });
    }
    let candidates = nodes.candidates(promise);
    for (index, &row) in answer.iter().enumerate() {
        let (home, node) = (users.homes[index], users.nodes[index]);
        let place = place_of(occasion, home, node, nodes, promise, !candidates.is_empty());
        check_row(place, users.ids[index], row, nodes, promise)?;
    }
    if promise == Promise::Balanced && occasion.is_about_homes() {
        check_balance(occasion, users, nodes, &candidates, answer)?;
    }
    Ok(())
}

fn check_row(place: Place, user: u32, row: u32, nodes: &Nodes, promise: Promise) -> Result<(), AnswerFault> {
    if row != UNASSIGNED && row as usize >= nodes.len() {
        return Err(AnswerFault::NoSuchNode { user, row });
    }
    match place {
        Place::Only(wanted) if row == wanted => Ok(()),
        Place::Only(wanted) => Err(AnswerFault::Misplaced { user, row, wanted }),
        Place::AnyOf { group } if row == UNASSIGNED => {
            let somebody = (0..nodes.len()).any(|row| nodes.groups[row] == group && nodes.is_available(row as u32));
            if somebody { Err(AnswerFault::LeftOut { user }) } else { Ok(()) }
        }
        Place::AnyHome if row == UNASSIGNED => Err(AnswerFault::LeftOut { user }),
        _ if !nodes.is_available(row) => Err(AnswerFault::Unavailable { user, row }),
        Place::AnyOf { group } if nodes.groups[row as usize] != group => Err(AnswerFault::OtherGroup { user, row }),
        Place::AnyHome if promise == Promise::FirstNode && !is_first(nodes, row) => {
            Err(AnswerFault::NotFirst { user, row })
        }
        Place::AnyHome | Place::AnyOf { .. } => Ok(()),
    }
}

fn is_first(nodes: &Nodes, row: u32) -> bool {
    row == 0 || nodes.groups[row as usize - 1] != nodes.groups[row as usize]
}

fn check_balance(
    occasion: Occasion,
    users: &Users,
    nodes: &Nodes,
    candidates: &[u32],
    answer: &[u32],
) -> Result<(), AnswerFault> {
    let mut loads = vec![0_u32; nodes.len()];
    let mut given = vec![occasion == Occasion::Rebalance; nodes.len()];
    for (&home, &row) in users.homes.iter().zip(answer).filter(|(_, row)| **row != UNASSIGNED) {
        loads[row as usize] += 1;
        given[row as usize] |= home == UNASSIGNED;
    }
    let load = |row: &u32| loads[*row as usize];
    let least = candidates.iter().copied().min_by_key(load);
    let most = candidates.iter().copied().filter(|row| given[*row as usize]).max_by_key(load);
    match (least, most) {
        (Some(least), Some(most)) if load(&most) > load(&least) + 1 => {
            Err(AnswerFault::Unbalanced { most, most_users: load(&most), least, least_users: load(&least) })
        }
        _ => Ok(()),
    }
}
