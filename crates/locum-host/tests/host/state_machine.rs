//! A state machine that fails goes on from where it was.

use locum_core::{Deadline, Effect, Input, Parameters, Rank, Settings, Start};
use locum_host::state_machine::StateMachine;
use locum_host::{Fault, HostError};

use crate::guests::{Bench, MEMORY, component};

/// Counts its inputs, and wants to be called at that many milliseconds; says "leave" at each. A timer with token 9
/// traps, one with token 8 gives a heartbeat that is none. The count is its snapshot.
fn counter() -> Vec<u8> {
    let core = format!(
        r#"(module {MEMORY}
        (global $count (mut i64) (i64.const 0))
        (func $outcome (result i32)
            (i32.store (i32.const 16) (i32.const 64))
            (i32.store (i32.const 20) (i32.const 1))
            (i64.store (i32.const 24) (global.get $count))
            (i64.store (i32.const 32) (i64.const 5))
            (i32.const 16))
        (func (export "locum:plugin/machine@1.0.0#start") (param i32) (result i32)
            (i32.store8 (i32.const 64) (i32.const 10))
            (call $outcome))
        (func (export "locum:plugin/machine@1.0.0#handle") (param $in i32) (result i32)
            (global.set $count (i64.add (global.get $count) (i64.const 1)))
            (if (i64.eq (i64.load offset=16 (local.get $in)) (i64.const 9)) (then unreachable))
            (i32.store8 (i32.const 64) (i32.const 10))
            (if (i64.eq (i64.load offset=16 (local.get $in)) (i64.const 8)) (then
                (i32.store8 (i32.const 64) (i32.const 4))
                (i32.store (i32.const 72) (i32.const 0))
                (i32.store (i32.const 76) (i32.const 3))))
            (call $outcome))
        (func $bytes (result i32)
            (i64.store (i32.const 256) (global.get $count))
            (i32.store (i32.const 16) (i32.const 256))
            (i32.store (i32.const 20) (i32.const 8))
            (i32.const 16))
        (func (export "locum:plugin/machine@1.0.0#view") (result i32) (call $bytes))
        (func (export "locum:plugin/machine@1.0.0#snapshot") (result i32) (call $bytes))
        (func (export "locum:plugin/machine@1.0.0#restore") (param i32 i32) (result i32)
            (global.set $count (i64.load (local.get 0)))
            (i32.const 1)))"#
    );
    component("state-machine", &core)
}

fn start() -> StateMachine {
    let settings = Settings {
        rank: Rank::First,
        has_peer: true,
        high_availability: true,
        parameters: Parameters::fast(),
        services: Vec::new(),
    };
    let start = Start { now_ms: 0, boot_id: 1, incarnation_min: 1, memory: None };
    let started: Result<_, HostError> = StateMachine::start(&Bench::new().load(&counter()), settings, start);
    let (machine, effects) = started.unwrap();
    assert_eq!(effects, [Effect::Leave]);
    machine
}

fn timer(token: u64) -> Input {
    Input::Timer { token }
}

#[test]
fn inputs_go_in_and_effects_come_out() {
    let mut machine = start();
    assert_eq!(machine.handle(1, timer(1)), Ok(vec![Effect::Leave]));
    assert_eq!(machine.next_deadline(), Deadline { at_ms: 1, token: 5 });
    assert_eq!(machine.snapshot(), 1_u64.to_le_bytes());
}

#[test]
fn a_trap_costs_one_input() {
    let mut machine = start();
    machine.handle(1, timer(1)).unwrap();
    machine.handle(1, timer(1)).unwrap();
    assert!(matches!(machine.handle(2, timer(9)), Err(Fault::Trapped(_))));
    assert_eq!(machine.next_deadline().at_ms, 2);
    machine.handle(3, timer(1)).unwrap();
    assert_eq!(machine.next_deadline().at_ms, 3);
}

#[test]
fn an_answer_that_means_nothing_is_refused_whole() {
    let mut machine = start();
    assert!(matches!(machine.handle(1, timer(8)), Err(Fault::Invalid(_))));
    assert_eq!(machine.next_deadline().at_ms, 0);
    machine.handle(2, timer(1)).unwrap();
    assert_eq!(machine.next_deadline().at_ms, 1);
    assert!(matches!(machine.view(), Err(Fault::Invalid(_))));
}
