//! Histories made by hand, one for each thing that can be wrong.

use serde_json::json;

use super::*;

fn answer(node: Node, at_ms: u64, serve: bool) -> Record {
    let (at_us, via) = (at_ms * 1_000, Via::Gate);
    Record::Answer { at_us, node, via, user: "ada".into(), home: Node::A, serve, epoch: 1 }
}

fn parted(at_ms: u64, parted: bool) -> Record {
    Record::Parted { at_us: at_ms * 1_000, parted }
}

/// Both nodes serve from 2,000 to 5,000 ms.
fn both_serve() -> Vec<Record> {
    let answers = |node, from_ms: u64, until_ms: u64| {
        (from_ms..=until_ms).step_by(10).map(move |at_ms| answer(node, at_ms, true)).collect::<Vec<_>>()
    };
    let a = [answers(Node::A, 0, 5_000), vec![answer(Node::A, 5_010, false)]].concat();
    let b = [vec![answer(Node::B, 1_990, false)], answers(Node::B, 2_000, 8_000)].concat();
    [vec![Record::Storm { at_us: 0, number: 1 }], a, b].concat()
}

#[test]
fn both_gates_open_at_once_is_dual_service() {
    let verdict = check(&both_serve(), true);
    assert_eq!((verdict.dual_service_ms, verdict.dual_service_in_window_ms), (3_001, 0));
    assert_eq!((verdict.storms_with_dual_service, verdict.violations.len()), (1, 1));
    assert!(verdict.violations[0].contains("both nodes served the users of a (Gate) at 2.000 s"), "{verdict:?}");
    assert_eq!((verdict.served_percent[0], verdict.blind_ms), (100.0, 10));
}

#[test]
fn across_a_cut_without_a_witness_it_is_the_documented_window() {
    let cut = [vec![parted(500, true), parted(2_500, false)], both_serve()].concat();
    let verdict = check(&cut, false);
    // From the cut until two timeouts after its end.
    assert_eq!((verdict.dual_service_ms, verdict.dual_service_in_window_ms), (0, 3_001));
    assert_eq!(verdict.violations, Vec::<String>::new());
    assert_eq!(check(&cut, true).dual_service_ms, 3_001);
    let late = [vec![parted(3_000, true)], both_serve()].concat();
    assert_eq!(check(&late, false).dual_service_ms, 1_000);
}

#[test]
fn a_node_that_did_not_answer_in_between_did_not_serve() {
    let history = [
        answer(Node::A, 0, true),
        Record::NoAnswer { at_us: 1_000, node: Node::A, via: Via::Gate },
        answer(Node::B, 500, true),
        answer(Node::A, 900, true),
    ];
    assert_eq!(check(&history, true).dual_service_ms, 0);
}

fn directory(node: Node, users: &[&str]) -> Record {
    Record::Directory { node, users: users.iter().map(|user| (*user).to_owned()).collect() }
}

fn acknowledged(what: What, key: &str) -> Record {
    Record::Acknowledged { at_us: 0, node: Node::B, key: key.into(), what, answer: json!({ "revision": 7 }) }
}

fn recalled(key: &str, revision: u64) -> Record {
    Record::Recalled { key: key.into(), answer: json!({ "revision": revision }) }
}

#[test]
fn a_user_who_is_missing_doubled_or_strange_is_lost() {
    let begin = vec![
        Record::Imported { users: vec!["ada".into(), "bob".into()] },
        Record::Tried { at_us: 0, node: Node::A, users: vec!["cy".into()] },
        Record::Tried { at_us: 0, node: Node::A, users: vec!["dan".into()] },
        acknowledged(What::User("cy".into()), "k"),
        recalled("k", 7),
    ];
    let lost = |a: &[&str], b: &[&str]| {
        let end = vec![directory(Node::A, a), directory(Node::B, b)];
        check(&[begin.clone(), end].concat(), true).users_lost
    };
    assert_eq!(lost(&["ada", "bob", "cy"], &["ada", "bob", "cy"]), 0);
    // Whoever was not acknowledged may be there or not.
    assert_eq!(lost(&["ada", "bob", "cy", "dan"], &["ada", "bob", "cy", "dan"]), 0);
    assert_eq!(lost(&["ada", "bob"], &["ada", "bob", "cy"]), 1);
    assert_eq!(lost(&["ada", "bob", "bob", "cy"], &["ada", "bob", "cy"]), 1);
    assert_eq!(lost(&["ada", "bob", "cy"], &["ada", "bob", "cy", "eve"]), 1);
}

#[test]
fn what_was_acknowledged_and_is_answered_otherwise_is_lost() {
    let command = What::Command("/v1/nodes/a/failover".into());
    let acks_lost = |end: Option<Record>| {
        let begin = vec![acknowledged(command.clone(), "k"), directory(Node::A, &[])];
        check(&[begin, end.into_iter().collect()].concat(), true).acks_lost
    };
    assert_eq!([Some(recalled("k", 7)), Some(recalled("k", 8)), None].map(acks_lost), [0, 1, 1]);
}

#[test]
fn a_pair_that_does_not_come_back_is_a_violation() {
    let states = ["Normal (Normal)", "Idle (On Admin Request)"].map(str::to_owned);
    let verdict = check(&[Record::NotNormal { at_us: 0, number: 3, states }], true);
    assert_eq!(
        verdict.violations,
        ["after storm 3 the pair did not come back: Normal (Normal) / Idle (On Admin Request)"]
    );
}

#[test]
fn a_falling_epoch_is_a_violation_and_takeovers_are_counted() {
    let transition = |state: &str, epoch| Record::Transition { at_us: 0, node: Node::A, state: state.into(), epoch };
    let rises = [transition("Taking Over", 1), transition("Running in Backup Mode", 2)];
    assert_eq!((check(&rises, true).failovers, check(&rises, true).violations.len()), (1, 0));
    let falls = [transition("Taking Over", 2), transition("Running in Backup Mode", 1)];
    assert_eq!(check(&falls, true).violations.len(), 1);
}

#[test]
fn the_time_to_rest_counts_from_the_last_mending() {
    let storm = |mended_us, rests_us| {
        let states = ["Normal".to_owned(), "Normal".to_owned()];
        [Record::Mended { at_us: mended_us, number: 1 }, Record::AtRest { at_us: rests_us, number: 1, states }]
    };
    let history = [storm(1_000_000, 3_500_000), storm(10_000_000, 9_000_000), storm(20_000_000, 21_000_000)].concat();
    assert_eq!(check(&history, true).quiescence_ms, Quantiles { median: 1_000, max: 2_500 });
}
