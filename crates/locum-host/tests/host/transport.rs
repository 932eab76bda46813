//! A transport's answers are checked, and a fault costs it its numbers but not the link.

use crate::guests::{Bench, MEMORY, component};
use locum_host::Fault;
use locum_host::transport::{Packet, Transport, Verdict};

/// Sends each frame once, on the link that is in its first byte; frame 9 traps. Delivers what it receives.
fn transport() -> Transport {
    let core = format!(
        r#"(module {MEMORY}
        (global $sent (mut i32) (i32.const 0))
        (func (export "locum:plugin/framing@1.0.0#open") (param i32) (global.set $sent (i32.const 0)))
        (func (export "locum:plugin/framing@1.0.0#send") (param i64 i32 i32) (result i32)
            (if (i32.eq (i32.load8_u (local.get 1)) (i32.const 9)) (then unreachable))
            (global.set $sent (i32.add (global.get $sent) (i32.const 1)))
            (i32.store (i32.const 16) (i32.const 32))
            (i32.store (i32.const 20) (i32.const 1))
            (i32.store (i32.const 32) (i32.load8_u (local.get 1)))
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
            (i64.store (i32.const 64) (i64.extend_i32_u (global.get $sent)))
            (i32.const 16)))"#
    );
    Transport::new(&Bench::new().load(&component("transport", &core)), 1).unwrap()
}

#[test]
fn frames_become_packets_and_packets_frames() {
    let mut transport = transport();
    assert_eq!(transport.send(1, &[0, 7]), Ok(vec![Packet { link: 0, bytes: vec![0, 7] }]));
    assert_eq!(transport.receive(2, 0, 1, &[0, 7]), Ok(Verdict::Deliver(vec![0, 7])));
    assert_eq!(transport.tick(3), Ok(vec![]));
    assert_eq!(transport.quality().unwrap()[0].received, 1);
}

#[test]
fn a_packet_for_a_link_that_is_not_there_is_refused() {
    let mut transport = transport();
    assert_eq!(transport.send(1, &[5]), Err(Fault::Invalid("a packet for link 5 of 1".into())));
    assert_eq!(transport.receive(1, 1, 1, &[0]), Ok(Verdict::Malformed));
}

#[test]
fn after_a_trap_it_is_opened_again() {
    let mut transport = transport();
    transport.send(1, &[0]).unwrap();
    assert_eq!(transport.openings(), 1);
    assert!(matches!(transport.send(2, &[9]), Err(Fault::Trapped(_))));
    assert_eq!(transport.quality().unwrap()[0].received, 0);
    assert_eq!(transport.openings(), 2);
    assert!(transport.send(3, &[0]).is_ok());
}
