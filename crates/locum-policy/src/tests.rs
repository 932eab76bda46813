use proptest::prelude::*;

use crate::builtin::place;
use crate::check::check;
use crate::*;

const OCCASIONS: [Occasion; 4] = [Occasion::Assign, Occasion::Rebalance, Occasion::TakeOver, Occasion::GiveBack];
const PROMISES: [Promise; 4] = [Promise::Balanced, Promise::FirstNode, Promise::Unassigned, Promise::Anywhere];

fn users(homes: &[u32], nodes: &[u32]) -> Users {
    Users {
        ids: (0..homes.len() as u32).map(|row| 1000 + row).collect(),
        homes: homes.to_vec(),
        nodes: nodes.to_vec(),
        weights: vec![1; homes.len()],
        classes: vec![0; homes.len()],
    }
}

fn nodes(groups: &[u32], available: &[u8]) -> Nodes {
    Nodes { groups: groups.to_vec(), available: available.to_vec() }
}

/// Groups of one to three nodes, some of them gone, and users anywhere or nowhere.
fn columns() -> impl Strategy<Value = (Users, Nodes)> {
    let groups = prop::collection::vec(1..4_usize, 1..5).prop_map(|sizes| {
        sizes.into_iter().enumerate().flat_map(|(group, size)| vec![group as u32; size]).collect::<Vec<_>>()
    });
    groups.prop_flat_map(|groups| {
        let count = groups.len() as u32;
        let row = move || prop_oneof![1 => Just(UNASSIGNED), 4 => 0..count];
        let rows = prop::collection::vec((row(), row()), 0..60);
        let available = prop::collection::vec(0..2_u8, groups.len());
        (rows, available).prop_map(move |(rows, available)| {
            let (homes, serving): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
            (users(&homes, &serving), nodes(&groups, &available))
        })
    })
}

proptest! {
    #[test]
    fn the_built_in_answers_keep_every_rule((users, nodes) in columns()) {
        for occasion in OCCASIONS {
            for promise in PROMISES {
                let answer = place(occasion, promise, &users, &nodes);
                prop_assert_eq!(check(occasion, promise, &users, &nodes, &answer), Ok(()), "{:?} {:?}", occasion, promise);
            }
        }
    }

    #[test]
    fn no_rebalance_moves_more_users_than_it_must(homes in prop::collection::vec(0..4_u32, 0..80)) {
        let nodes = nodes(&[0, 0, 1, 1], &[1; 4]);
        let answer = place(Occasion::Rebalance, Promise::Balanced, &users(&homes, &homes), &nodes);
        let moved = homes.iter().zip(&answer).filter(|(home, row)| home != row).count();
        let load = |rows: &[u32], node| rows.iter().filter(|row| **row == node).count();
        let surplus: usize = (0..4).map(|node| load(&homes, node).saturating_sub(load(&answer, node))).sum();
        prop_assert_eq!(moved, surplus);
    }
}

#[test]
fn balanced_fills_the_emptiest_nodes_first() {
    let users = users(&[0, 0, UNASSIGNED, UNASSIGNED, UNASSIGNED], &[UNASSIGNED; 5]);
    let answer = place(Occasion::Assign, Promise::Balanced, &users, &nodes(&[0, 0], &[1, 1]));
    assert_eq!(answer, [0, 0, 1, 1, 0]);
}

#[test]
fn active_standby_uses_the_first_node_of_each_group() {
    let users = users(&[UNASSIGNED; 4], &[UNASSIGNED; 4]);
    let answer = place(Occasion::Assign, Promise::FirstNode, &users, &nodes(&[0, 0, 1, 1], &[1; 4]));
    assert_eq!(answer, [0, 2, 0, 2]);
}

#[test]
fn nobody_loses_a_home_for_want_of_nodes() {
    let users = users(&[0, 1, UNASSIGNED], &[0, 1, UNASSIGNED]);
    let answer = place(Occasion::Rebalance, Promise::Balanced, &users, &nodes(&[0, 0], &[0, 0]));
    assert_eq!(answer, [0, 1, UNASSIGNED]);
}

#[test]
fn a_takeover_and_its_return_undo_each_other() {
    let before = users(&[0, 1, 2, 3, 0], &[0, 1, 2, 3, 0]);
    let groups = [0, 0, 1, 1];
    let taken = place(Occasion::TakeOver, Promise::Balanced, &before, &nodes(&groups, &[0, 1, 1, 1]));
    assert_eq!(taken, [1, 1, 2, 3, 1]);
    let covered = Users { nodes: taken, ..before.clone() };
    assert_eq!(place(Occasion::GiveBack, Promise::Balanced, &covered, &nodes(&groups, &[1; 4])), before.nodes);
}

#[test]
fn answers_that_break_a_rule_are_named() {
    let nodes = nodes(&[0, 0, 1, 1], &[0, 1, 1, 1]);
    let served = users(&[0, 2], &[0, 2]);
    let take_over = |answer: &[u32]| check(Occasion::TakeOver, Promise::Anywhere, &served, &nodes, answer);
    assert_eq!(take_over(&[1, 2]), Ok(()));
    assert_eq!(take_over(&[2, 2]), Err(AnswerFault::OtherGroup { user: 1000, row: 2 }));
    assert_eq!(take_over(&[UNASSIGNED, 2]), Err(AnswerFault::LeftOut { user: 1000 }));
    assert_eq!(take_over(&[1, 3]), Err(AnswerFault::Misplaced { user: 1001, row: 3, wanted: 2 }));

    let new = users(&[UNASSIGNED], &[UNASSIGNED]);
    let assign = |promise, row| check(Occasion::Assign, promise, &new, &nodes, &[row]);
    assert_eq!(assign(Promise::FirstNode, 2), Ok(()));
    assert_eq!(assign(Promise::FirstNode, 3), Err(AnswerFault::NotFirst { user: 1000, row: 3 }));
    assert_eq!(assign(Promise::Unassigned, UNASSIGNED), Ok(()));
    let wanted = UNASSIGNED;
    assert_eq!(assign(Promise::Unassigned, 1), Err(AnswerFault::Misplaced { user: 1000, row: 1, wanted }));
    assert_eq!(assign(Promise::Anywhere, 0), Err(AnswerFault::Unavailable { user: 1000, row: 0 }));
    assert_eq!(assign(Promise::Anywhere, UNASSIGNED), Err(AnswerFault::LeftOut { user: 1000 }));
}
