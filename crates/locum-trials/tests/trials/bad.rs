//! Plugins that do one thing wrong each.

use locum_trials::{Failure, Report, check};

use crate::guests::{Bench, MEMORY, component, policy};
use crate::{alone, failures};

const BALANCED: u32 = 0;
const ANYWHERE: u32 = 3;

/// Everybody at the first node.
const ALL_FIRST: &str = "(memory.fill (local.get $ids) (i32.const 0) (i32.mul (local.get $users) (i32.const 4)))
    (call $give (local.get $ids) (local.get $users))";

async fn report(wasm: &[u8], name: Option<&str>) -> Report {
    let bench = Bench::new();
    check(&bench.write(wasm), name).await.unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// The one scenario of this name, which fails, and only this one.
async fn only_failure(wasm: &[u8], name: &str) -> Failure {
    let report = report(wasm, Some(name)).await;
    let failures = failures(&report);
    let [(_, failure)] = failures[..] else { panic!("{failures:#?}") };
    failure.clone()
}

#[tokio::test]
async fn a_policy_that_is_not_balanced_as_promised() {
    let _alone = alone().await;
    let lopsided = policy(BALANCED, ALL_FIRST);
    let failure = only_failure(&lopsided, "A rebalance of 10/0").await;
    assert_eq!(failure.steps[failure.failed_step], "Then no two nodes differ by more than one user");
    assert_eq!(failure.asked.as_deref(), Some("rebalance, of 10 users; at home 10/0; every node available"));
    assert_eq!(failure.answered, None);
    let why = "the policy's answer is refused: it is not balanced as promised: \
               node row 0 would have 10 users, row 1 0";
    assert_eq!(failure.why, why);
    assert_eq!(failure.see.as_deref(), Some("wit/policy.wit, `promise`, balanced; docs/behaviour.md §7"));
    // What it promises is what it is held to: whoever promises less passes.
    assert_eq!(
        failures(&report(&policy(ANYWHERE, ALL_FIRST), Some("A rebalance takes in those without a home")).await),
        []
    );
    // And what it can do, it is not blamed for.
    assert_eq!(failures(&report(&lopsided, Some("Nobody at all: assign")).await), []);
}

#[tokio::test]
async fn a_policy_that_sends_people_away_from_home() {
    let _alone = alone().await;
    let failure = only_failure(&policy(ANYWHERE, ALL_FIRST), "New users come to a cluster that is anything").await;
    assert_eq!(failure.steps[failure.failed_step], "Then nobody who had a home has another one");
    assert!(failure.why.contains("the user belongs at node row 2"), "{}", failure.why);
}

#[tokio::test]
async fn a_policy_that_remembers_what_it_was_asked() {
    let _alone = alone().await;
    // Everybody at row 2 at its first call, at row 1 at the next.
    let body = "(local $i i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (loop $each
            (i32.store (i32.add (local.get $ids) (i32.mul (local.get $i) (i32.const 4)))
                (i32.add (i32.const 1) (i32.rem_u (global.get $calls) (i32.const 2))))
            (br_if $each (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $users))))
        (call $give (local.get $ids) (local.get $users))";
    let failure = only_failure(&policy(ANYWHERE, body), "It is asked twice: rebalance").await;
    let why = "user 7 belongs at node 1 of group 2 (node row 2), and then, asked the same, \
               at node 2 of group 1 (node row 1)";
    assert_eq!(failure.why, why);
    assert_eq!(failure.answered.as_deref(), Some("at home 0/0 21/0 0/0, then at home 0/21 0/0 0/0"));
}

#[tokio::test]
async fn a_policy_that_traps_or_loops() {
    let _alone = alone().await;
    let failure = only_failure(&policy(BALANCED, "unreachable"), "Nobody at all: assign").await;
    assert_eq!(failure.steps[failure.failed_step], "Then its answer is used");
    assert_eq!(failure.why, "the policy failed: it trapped: wasm `unreachable` instruction executed");
    let failure = only_failure(&policy(BALANCED, "(loop $l (br $l)) unreachable"), "Nobody at all: take over").await;
    assert_eq!(failure.why, "the policy failed: it used up its fuel");
}

#[tokio::test]
async fn a_policy_that_does_not_say_what_it_promises() {
    let _alone = alone().await;
    // There is no such promise.
    let report = report(&policy(9, ALL_FIRST), None).await;
    assert_eq!((report.claims.len(), report.passed()), (0, 0));
    let failures = failures(&report);
    assert_eq!(failures[0].0, "It starts");
    assert!(failures[0].1.why.contains("the plugin does not start"), "{}", failures[0].1.why);
    assert!(report.not_applicable() > 0);
}

/// A transport that does without numbers: what comes is delivered. `send` and `quality` may be given.
fn naive_transport() -> Vec<u8> {
    let core = format!(
        r#"(module {MEMORY}
        (func (export "locum:plugin/framing@1.0.0#open") (param i32))
        (func (export "locum:plugin/framing@1.0.0#send") (param i64 i32 i32) (result i32)
            (i32.store (i32.const 16) (i32.const 32))
            (i32.store (i32.const 20) (i32.const 1))
            (i32.store (i32.const 32) (i32.const 0))
            (i32.store (i32.const 36) (local.get 1))
            (i32.store (i32.const 40) (local.get 2))
            (i32.const 16))
        (func (export "locum:plugin/framing@1.0.0#receive") (param i64 i32 i64 i32 i32) (result i32)
            (i32.store8 (i32.const 16) (i32.const 0))
            (i32.store (i32.const 20) (local.get 3))
            (i32.store (i32.const 24) (local.get 4))
            (i32.const 16))
        (func (export "locum:plugin/framing@1.0.0#tick") (param i64) (result i32)
            (i32.store (i32.const 20) (i32.const 0)) (i32.const 16))
        (func (export "locum:plugin/framing@1.0.0#quality") (result i32)
            (i32.store (i32.const 16) (i32.const 64))
            (i32.store (i32.const 20) (i32.const 1))
            (i32.const 16)))"#
    );
    component("transport", &core)
}

#[tokio::test]
async fn a_transport_that_does_without_numbers() {
    let _alone = alone().await;
    let report = report(&naive_transport(), None).await;
    let failures = failures(&report);
    let failed = |name: &str| failures.iter().find(|(failed, _)| *failed == name).map(|(_, failure)| &*failure.why);
    assert_eq!(failed("A frame of 1 bytes, over 1 link"), None);
    assert_eq!(failed("The first of three frames arrives last"), None);
    let twice =
        "frame 1 of 100 bytes was delivered 2 times: deliver, a frame of 100 bytes, deliver, a frame of 100 bytes";
    assert_eq!(failed("Every packet arrives twice"), Some(twice));
    let text = "a packet that came by link 0 in session 7 got the verdict: deliver, a frame of 41 bytes";
    assert_eq!(failed("a line of text"), Some(text));
    let old = "a packet of frame 2 that came by link 0 in session 7 got the verdict: deliver, a frame of 100 bytes";
    assert_eq!(failed("The peer has started again"), Some(old));
    assert_eq!(failed("What is lost is counted"), Some("link 0 counts 0 packets lost, but there were 1"));
    assert_eq!(failed("Before anything comes, over 2 links"), Some("its answer is invalid: 1 links of 2"));
    assert_eq!(report.not_applicable(), 3, "it sends over link 0 alone");
}

/// A probe that makes this of every look.
fn probe(body: &str) -> Vec<u8> {
    let core = format!(
        r#"(module {MEMORY} (func (export "locum:plugin/check@1.0.0#probe") (param i32 i32 i32) (result i32) {body}))"#
    );
    component("probe", &core)
}

/// A probe that always says this (its case number), with a message of one letter, or none.
fn oracle(status: u32, message_bytes: u32) -> Vec<u8> {
    probe(&format!(
        r#"(i32.store8 (i32.const 16) (i32.const {status}))
        (i32.store8 (i32.const 64) (i32.const 97))
        (i32.store (i32.const 20) (i32.const 64)) (i32.store (i32.const 24) (i32.const {message_bytes}))
        (i32.store (i32.const 28) (i32.const 64)) (i32.store (i32.const 32) (i32.const 0))
        (i32.const 16)"#
    ))
}

#[tokio::test]
async fn a_probe_that_knows_what_it_cannot_know() {
    let _alone = alone().await;
    assert_eq!(failures(&report(&oracle(2, 1), None).await), [], "this one says unknown");
    for (status, name) in [(0, "up"), (1, "down")] {
        let failure = only_failure(&oracle(status, 1), "It has no settings").await;
        assert_eq!(failure.why, format!("it says {name}, though there is nothing that it could know"));
        assert_eq!(failure.answered, Some(format!("{name}, with the message `a`")));
    }
}

#[tokio::test]
async fn a_probe_that_does_not_say_why() {
    let _alone = alone().await;
    let failure = only_failure(&oracle(2, 0), "It has no settings").await;
    assert_eq!((&*failure.steps[failure.failed_step], &*failure.why), ("And it says why", "its message is empty"));
}

#[tokio::test]
async fn a_probe_that_traps_or_loops() {
    let _alone = alone().await;
    let failure = only_failure(&probe("unreachable"), "It has an empty setting").await;
    assert_eq!(failure.steps[failure.failed_step], "When it looks");
    assert_eq!(failure.why, "the probe failed: it trapped: wasm `unreachable` instruction executed");
    let failure = only_failure(&probe("(loop $l (br $l)) unreachable"), "It has no settings").await;
    assert_eq!(failure.why, "the probe failed: it ran for longer than 1000 ms");
}
