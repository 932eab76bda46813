//! Plugins that are up to no good, in every world: each costs one call at most, says what it did, and the host goes on.

use std::time::Duration;

use crate::guests::{Bench, DIVE, MEMORY, component, pure_probe};
use locum_host::{
    Fault, Grants, HostError, Limits, Loaded, World,
    policy::{Nodes, Occasion, Policy, PolicyFault, Users},
    probe::{Probe, Status},
    transport::Transport,
};

/// What happens before any call: at the start of a module, or in its tables and memories.
const BEGINNINGS: [(&str, &str); 5] = [
    ("(func $init unreachable) (start $init)", "it trapped"),
    ("(func $init (loop $l (br $l))) (start $init)", "it "),
    ("(func $init (drop (call $dive (i32.const 0)))) (start $init)", "it trapped: call stack exhausted"),
    ("(table 30000 funcref)", "exceeds the limit of 20000"),
    ("(data (i32.const 900000000) \"x\")", "it trapped"),
];

/// What a call may do, and what is said of it.
const BODIES: [(&str, &str); 4] = [
    ("(call $dive (i32.const 0))", "call stack exhausted"),
    ("(loop $l (br $l)) unreachable", "it "),
    ("(loop $l (drop (memory.grow (i32.const 1))) (br $l)) unreachable", "it asked for more than"),
    ("unreachable", "it trapped"),
];

/// A list of 200 million numbers.
const GIANT: &str =
    "(i32.store (i32.const 16) (i32.const 65536)) (i32.store (i32.const 20) (i32.const 200000000)) (i32.const 16)";

fn limits(world: World) -> Limits {
    Limits { fuel_per_call: 1_000_000, deadline_ms: 100, ..Limits::of(world) }
}

fn policy(beginning: &str, body: &str) -> Vec<u8> {
    let params = "(param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)";
    let core = format!(
        r#"(module {MEMORY} {DIVE} {beginning}
        (func (export "locum:plugin/assignment@1.0.0#promised") (result i32) (i32.const 3))
        (func (export "locum:plugin/assignment@1.0.0#place") {params} (result i32) {body}))"#
    );
    component("policy", &core)
}

fn transport(beginning: &str, body: &str) -> Vec<u8> {
    let core = format!(
        r#"(module {MEMORY} {DIVE} {beginning}
        (func (export "locum:plugin/framing@1.0.0#open") (param i32))
        (func (export "locum:plugin/framing@1.0.0#send") (param i64 i32 i32) (result i32) {body})
        (func (export "locum:plugin/framing@1.0.0#receive") (param i64 i32 i64 i32 i32) (result i32) {body})
        (func (export "locum:plugin/framing@1.0.0#tick") (param i64) (result i32) {body})
        (func (export "locum:plugin/framing@1.0.0#quality") (result i32) {body}))"#
    );
    component("transport", &core)
}

fn load(wasm: &[u8]) -> Result<Loaded, HostError> {
    let bench = Bench::new();
    bench.loader.load(bench.write(wasm))
}

fn place(wasm: &[u8]) -> Result<Option<PolicyFault>, HostError> {
    let mut policy = Policy::with_limits(&load(wasm)?, limits(World::Policy))?;
    let users =
        Users { ids: vec![1, 2], homes: vec![0, 1], nodes: vec![0, 1], weights: vec![1; 2], classes: vec![0; 2] };
    let nodes = Nodes { groups: vec![0, 0], available: vec![1, 1] };
    let mut faults = (0..2).map(|_| {
        let placement = policy.place(Occasion::Assign, &users, &nodes);
        assert_eq!(placement.nodes.len(), 2, "everybody has a place");
        placement.fault
    });
    let (first, second) = (faults.next().unwrap(), faults.next().unwrap());
    assert_eq!(first, second, "the second call is like the first");
    Ok(first)
}

fn send(wasm: &[u8]) -> Result<Fault, HostError> {
    let mut transport = Transport::with_limits(&load(wasm)?, 1, limits(World::Transport))?;
    let (first, second) = (transport.send(1, b"x").err().unwrap(), transport.send(2, b"x").err().unwrap());
    assert_eq!(first, second);
    Ok(first)
}

async fn look(wasm: &[u8]) -> Result<String, HostError> {
    let nothing: [&str; 0] = [];
    let grants = Grants::parse(nothing).unwrap();
    let mut probe = Probe::with_limits(&load(wasm)?, grants, limits(World::Probe)).await?;
    let (first, second) =
        (probe.check(&[], Duration::from_secs(20)).await, probe.check(&[], Duration::from_secs(20)).await);
    assert_eq!((first.status, &first.message), (Status::Unknown, &second.message));
    Ok(first.message)
}

#[tokio::test]
async fn what_goes_wrong_in_a_call_costs_that_call() {
    for (body, said) in BODIES {
        let fault = place(&policy("", body)).unwrap().unwrap().to_string();
        assert!(fault.contains(said), "policy {body}: {fault}");
        let fault = send(&transport("", body)).unwrap().to_string();
        assert!(fault.contains(said), "transport {body}: {fault}");
        let fault = look(&pure_probe(body)).await.unwrap();
        assert!(fault.contains(said), "probe {body}: {fault}");
    }
}

#[tokio::test]
async fn what_goes_wrong_at_the_beginning_is_refused() {
    for (beginning, said) in BEGINNINGS {
        let body = "unreachable";
        let check = r#"(func (export "locum:plugin/check@1.0.0#probe") (param i32 i32 i32) (result i32) unreachable)"#;
        let probe = component("probe", &format!("(module {MEMORY} {DIVE} {beginning} {check})"));
        let refusals =
            [place(&policy(beginning, body)).err(), send(&transport(beginning, body)).err(), look(&probe).await.err()];
        for refusal in refusals {
            let refusal = refusal.expect(beginning).to_string();
            assert!(refusal.contains(said), "{beginning}: {refusal}");
        }
    }
}

/// Its length alone is looked at: nothing of that size is ever made.
#[test]
fn a_giant_list_is_refused_before_it_is_copied() {
    let fault = place(&policy("", GIANT)).unwrap().unwrap().to_string();
    assert!(fault.starts_with("the policy failed"), "{fault}");
    let fault = send(&transport("", GIANT)).unwrap().to_string();
    assert!(!fault.is_empty(), "{fault}");
}

/// A plugin cannot fill the pool: what does not fit is refused, and others go on.
#[tokio::test]
async fn plugins_without_number_are_refused_and_those_that_run_go_on() {
    let bench = Bench::new();
    let loaded = bench.load(&pure_probe("unreachable"));
    let nothing: [&str; 0] = [];
    let mut running = Vec::new();
    let refusal = loop {
        assert!(running.len() < 2000, "the pool has an end");
        match Probe::new(&loaded, Grants::parse(nothing).unwrap()).await {
            Ok(probe) => running.push(probe),
            Err(refusal) => break refusal.to_string(),
        }
    };
    assert!(!refusal.is_empty());
    let report = running[0].check(&[], Duration::from_secs(20)).await;
    assert!(report.message.contains("it trapped"), "{report:?}");
}
