//! Policies that misbehave cost a fault each, and nobody loses a place.

use crate::guests::{Bench, policy};
use locum_host::policy::{AnswerFault, Nodes, Occasion, Placement, Policy, PolicyFault, Promise, UNASSIGNED, Users};
use locum_host::{Fault, Limits, World};

const BALANCED: u32 = 0;
const ANYWHERE: u32 = 3;

/// Everybody at the first node.
const ALL_FIRST: &str = "(memory.fill (local.get $ids) (i32.const 0) (i32.mul (local.get $users) (i32.const 4)))
    (call $give (local.get $ids) (local.get $users))";

/// Four users without a home.
fn users() -> Users {
    Users {
        ids: vec![100, 101, 102, 103],
        homes: vec![UNASSIGNED; 4],
        nodes: vec![UNASSIGNED; 4],
        weights: vec![1; 4],
        classes: vec![0; 4],
    }
}

/// Two nodes of one group.
fn nodes() -> Nodes {
    Nodes { groups: vec![0, 0], available: vec![1, 1] }
}

fn start(wasm: &[u8]) -> Policy {
    let limits = Limits { fuel_per_call: 1_000_000, memory_bytes_max: 1 << 20, ..Limits::of(World::Policy) };
    Policy::with_limits(&Bench::new().load(wasm), limits).unwrap()
}

fn assign(policy: &mut Policy) -> Placement {
    policy.place(Occasion::Assign, &users(), &nodes())
}

/// What stands in for any answer that is not used.
const BUILT_IN: [u32; 4] = [0, 1, 0, 1];

fn fault_of(promise: u32, place: &str) -> PolicyFault {
    let placement = assign(&mut start(&policy(promise, place)));
    assert_eq!(placement.nodes, BUILT_IN);
    placement.fault.expect("a fault is reported")
}

#[test]
fn a_good_answer_is_used() {
    let mut policy = start(&policy(ANYWHERE, ALL_FIRST));
    assert_eq!(policy.promised(), Promise::Anywhere);
    assert_eq!(assign(&mut policy), Placement { nodes: vec![0; 4], fault: None });
}

#[test]
fn the_columns_arrive_as_they_were_sent() {
    // Each answer is the sum of the user's own columns, of the node columns and of the occasion, less what it should be.
    let body = r#"(local $i i32) (local $at i32)
        (loop $each
            (local.set $at (i32.mul (local.get $i) (i32.const 4)))
            (i32.store (i32.add (local.get $ids) (local.get $at))
                (i32.sub
                    (i32.add (i32.load (i32.add (local.get $weights) (local.get $at)))
                        (i32.add (i32.load (i32.add (local.get $classes) (local.get $at)))
                            (i32.add (i32.load offset=4 (local.get $groups))
                                (i32.load8_u offset=1 (local.get $available)))))
                    (i32.add (i32.load (i32.add (local.get $ids) (local.get $at))) (local.get $why))))
            (br_if $each (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $users))))
        (call $give (local.get $ids) (local.get $users))"#;
    let mut policy = start(&policy(ANYWHERE, body));
    // weight + class + group of node 1 (7) + availability of node 1 (1) - id - occasion (1).
    let users = Users { weights: vec![90, 91, 91, 90], classes: vec![3, 4, 4, 7], ..users() };
    let nodes = Nodes { groups: vec![6, 7], available: vec![1, 1] };
    let placement = policy.place(Occasion::Rebalance, &users, &nodes);
    assert_eq!(placement, Placement { nodes: vec![0, 1, 0, 1], fault: None });
}

#[test]
fn one_that_loops_for_ever_runs_out_of_fuel() {
    assert_eq!(fault_of(BALANCED, "(loop $l (br $l)) unreachable"), Fault::OutOfFuel.into());
}

#[test]
fn with_fuel_in_plenty_the_clock_ends_it() {
    let limits = Limits { fuel_per_call: u64::MAX / 2, deadline_ms: 50, ..Limits::of(World::Policy) };
    let loaded = Bench::new().load(&policy(BALANCED, "(loop $l (br $l)) unreachable"));
    let placement = assign(&mut Policy::with_limits(&loaded, limits).unwrap());
    assert_eq!(placement.fault, Some(Fault::Overran { deadline_ms: 50 }.into()));
}

#[test]
fn one_that_traps_is_replaced_and_starts_afresh() {
    // It traps at the second call of an instance.
    let body = format!(
        "(global.set $calls (i32.add (global.get $calls) (i32.const 1)))
         (if (i32.eq (global.get $calls) (i32.const 2)) (then unreachable)) {ALL_FIRST}"
    );
    let mut policy = start(&policy(ANYWHERE, &body));
    assert_eq!(assign(&mut policy).fault, None);
    let trapped = assign(&mut policy);
    assert_eq!(trapped.nodes, BUILT_IN);
    assert_eq!(
        trapped.fault.unwrap().to_string(),
        "the policy failed: it trapped: wasm `unreachable` instruction executed"
    );
    assert_eq!(assign(&mut policy).fault, None);
}

#[test]
fn one_that_allocates_without_end_is_stopped_at_its_cap() {
    let fault = fault_of(BALANCED, "(loop $l (drop (memory.grow (i32.const 1))) (br $l)) unreachable");
    assert_eq!(fault, Fault::TooMuchMemory { bytes_max: 1 << 20 }.into());
}

#[test]
fn one_that_starts_with_too_much_memory_does_not_start() {
    let limits = Limits { memory_bytes_max: 65_536, ..Limits::of(World::Policy) };
    let error = Policy::with_limits(&Bench::new().load(&policy(BALANCED, ALL_FIRST)), limits).err().unwrap();
    assert!(error.to_string().ends_with("does not start: it asked for more than 65536 bytes of memory"), "{error}");
}

#[test]
fn one_that_hands_over_too_much_is_cut_short() {
    let limits = Limits { returned_bytes_max: 1024, ..Limits::of(World::Policy) };
    let loaded = Bench::new().load(&policy(BALANCED, "(call $give (i32.const 0) (i32.const 1000))"));
    let placement = assign(&mut Policy::with_limits(&loaded, limits).unwrap());
    assert_eq!(placement.nodes, BUILT_IN);
    assert_eq!(placement.fault, Some(Fault::TooMuchReturned { bytes_max: 1024 }.into()));
}

#[test]
fn an_answer_of_the_wrong_length_is_refused() {
    let fault = fault_of(BALANCED, "(call $give (local.get $ids) (i32.const 3))");
    assert_eq!(fault, AnswerFault::WrongLength { found: 3, wanted: 4 }.into());
}

#[test]
fn a_row_that_is_no_node_is_refused() {
    let fault = fault_of(BALANCED, "(call $give (local.get $ids) (local.get $users))");
    assert_eq!(fault, AnswerFault::NoSuchNode { user: 100, row: 100 }.into());
}

#[test]
fn a_broken_promise_of_balance_is_refused() {
    let fault = fault_of(BALANCED, ALL_FIRST);
    assert_eq!(fault, AnswerFault::Unbalanced { most: 0, most_users: 4, least: 1, least_users: 0 }.into());
    assert_eq!(
        fault.to_string(),
        "the policy's answer is refused: it is not balanced as promised: node row 0 would have 4 users, row 1 0"
    );
}

#[test]
fn a_user_who_need_not_move_is_not_moved() {
    let mut policy = start(&policy(ANYWHERE, ALL_FIRST));
    let users = Users { homes: vec![0, 0, 1, 1], nodes: vec![0, 0, 1, 1], ..users() };
    for occasion in [Occasion::Assign, Occasion::TakeOver, Occasion::GiveBack] {
        let placement = policy.place(occasion, &users, &nodes());
        assert_eq!(placement.nodes, [0, 0, 1, 1]);
        assert_eq!(placement.fault, Some(AnswerFault::Misplaced { user: 102, row: 0, wanted: 1 }.into()));
    }
}

#[test]
fn nobody_is_put_at_a_node_that_is_gone() {
    let mut policy = start(&policy(ANYWHERE, ALL_FIRST));
    let users = Users { homes: vec![0, 0, 1, 1], nodes: vec![0, 0, 1, 1], ..users() };
    let nodes = Nodes { groups: vec![0, 0], available: vec![0, 1] };
    let placement = policy.place(Occasion::TakeOver, &users, &nodes);
    assert_eq!(placement.nodes, [1; 4]);
    assert_eq!(placement.fault, Some(AnswerFault::Unavailable { user: 100, row: 0 }.into()));
}
