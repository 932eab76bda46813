//! A probe reaches what it was granted and nothing else, and whatever goes wrong with it is never taken for down.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::time::Duration;

use crate::guests::{Bench, MEMORY, component, pure_probe};
use locum_host::probe::{Probe, Report, Status};
use locum_host::{Grants, Limits, World};

/// Long enough for anything that is to end by itself.
const PATIENCE: Duration = Duration::from_secs(20);

/// Exchanges nothing with the address in its first setting, waits for as many bytes as the second setting is long,
/// for as long as the check may take at most 300 ms: up if that works, down if not.
const CONNECTS: &str = r#"
    (call $exchange
        (i32.load offset=8 (local.get 0)) (i32.load offset=12 (local.get 0))
        (i32.const 0) (i32.const 0) (i32.load offset=28 (local.get 0)) (i32.const 300) (i32.const 64))
    (i32.store8 (i32.const 16) (i32.load8_u (i32.const 64)))
    (i32.store (i32.const 24) (i32.const 0))
    (i32.store (i32.const 32) (i32.const 0))
    (i32.const 16)"#;

fn tcp_probe(body: &str) -> Vec<u8> {
    let core = format!(
        r#"(module
        (import "locum:plugin/tcp@1.0.0" "exchange" (func $exchange (param i32 i32 i32 i32 i32 i32 i32)))
        {MEMORY}
        (func (export "locum:plugin/check@1.0.0#probe") (param i32 i32 i32) (result i32) {body}))"#
    );
    component("probe", &core)
}

async fn start(wasm: &[u8], grants: &[String], deadline_ms: u64) -> Probe {
    let limits = Limits { deadline_ms, ..Limits::of(World::Probe) };
    Probe::with_limits(&Bench::new().load(wasm), Grants::parse(grants).unwrap(), limits).await.unwrap()
}

/// Settings for `CONNECTS`.
fn to(listener: &TcpListener, bytes: usize) -> [(String, String); 2] {
    [("address".into(), address(listener)), ("bytes".into(), "x".repeat(bytes))]
}

fn address(listener: &TcpListener) -> String {
    listener.local_addr().unwrap().to_string()
}

fn listen() -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    listener
}

fn assert_unknown(report: &Report, message: &str) {
    assert_eq!((report.status, report.message.as_str()), (Status::Unknown, message));
}

#[tokio::test]
async fn a_granted_address_is_reached_and_no_other_port() {
    let (granted, other) = (listen(), listen());
    let mut probe = start(&tcp_probe(CONNECTS), &[format!("tcp:{}", address(&granted))], 1000).await;

    let report = probe.check(&to(&granted, 0), PATIENCE).await;
    assert_eq!(report.status, Status::Up);
    assert!(granted.accept().is_ok());

    // The guest says down; that it was refused a power makes it unknown.
    let report = probe.check(&to(&other, 0), PATIENCE).await;
    assert_unknown(&report, &format!("the probe asked for tcp:{}, which is not granted", address(&other)));
    assert_eq!(other.accept().unwrap_err().kind(), ErrorKind::WouldBlock);

    // And the refusal is forgotten with the next check.
    assert_eq!(probe.check(&to(&granted, 0), PATIENCE).await.status, Status::Up);
}

#[tokio::test]
async fn a_service_that_is_not_there_is_down() {
    let gone = listen();
    let settings = to(&gone, 0);
    let mut probe = start(&tcp_probe(CONNECTS), &[format!("tcp:{}", address(&gone))], 1000).await;
    drop(gone);
    assert_eq!(probe.check(&settings, PATIENCE).await.status, Status::Down);
}

#[tokio::test]
async fn a_power_of_which_nothing_is_granted_is_refused_at_load() {
    let bench = Bench::new();
    let loaded = bench.load(&tcp_probe(CONNECTS));
    let error = Probe::new(&loaded, Grants::parse(["exec:/bin/true"]).unwrap()).await.err().unwrap();
    let message = "the component imports locum:plugin/tcp, but nothing is granted; \
                   add grants = [\"tcp:HOST:PORT\"] to this probe";
    assert_eq!(error.to_string(), format!("{}: {message}", loaded.path().display()));
}

#[tokio::test]
async fn a_probe_that_loops_for_ever_is_unknown() {
    let mut probe = start(&pure_probe("(loop $l (br $l)) unreachable"), &[], 50).await;
    let report = probe.check(&[], PATIENCE).await;
    assert_unknown(&report, "the probe failed: it ran for longer than 50 ms");
}

#[tokio::test]
async fn a_loop_ends_with_the_check_when_that_is_shorter() {
    let mut probe = start(&pure_probe("(loop $l (br $l)) unreachable"), &[], 600_000).await;
    let report = probe.check(&[], Duration::from_millis(50)).await;
    assert_unknown(&report, "the probe gave no verdict within 50 ms");
}

#[tokio::test]
async fn a_probe_that_traps_or_allocates_without_end_is_unknown() {
    let mut probe = start(&pure_probe("unreachable"), &[], 1000).await;
    for _ in 0..2 {
        let report = probe.check(&[], PATIENCE).await;
        assert_unknown(&report, "the probe failed: it trapped: wasm `unreachable` instruction executed");
    }
    let mut probe =
        start(&pure_probe("(loop $l (drop (memory.grow (i32.const 1))) (br $l)) unreachable"), &[], 1000).await;
    let report = probe.check(&[], PATIENCE).await;
    assert_unknown(&report, "the probe failed: it asked for more than 67108864 bytes of memory");
}

#[tokio::test]
async fn waiting_for_the_host_does_not_count_as_computing() {
    // The service accepts and says nothing for the 300 ms that the probe waits; it may compute for 50.
    let silent = listen();
    let mut probe = start(&tcp_probe(CONNECTS), &[format!("tcp:{}", address(&silent))], 50).await;
    let report = probe.check(&to(&silent, 1), PATIENCE).await;
    assert_eq!(report.status, Status::Down);
}

#[tokio::test]
async fn a_check_that_waits_too_long_is_unknown_and_the_next_one_works() {
    let silent = listen();
    let mut probe = start(&tcp_probe(CONNECTS), &[format!("tcp:{}", address(&silent))], 1000).await;
    let report = probe.check(&to(&silent, 1), Duration::from_millis(20)).await;
    assert_unknown(&report, "the probe gave no verdict within 20 ms");
    assert_eq!(probe.check(&to(&silent, 0), PATIENCE).await.status, Status::Up);
}

#[tokio::test]
async fn reports_are_cut_to_size() {
    // Up, a message of 65,000 letters in the first line, and 40 measures without name or unit.
    let body = r#"
        (memory.fill (i32.const 8192) (i32.const 97) (i32.const 65000))
        (memory.fill (i32.const 4096) (i32.const 0) (i32.const 1280))
        (i32.store8 (i32.const 16) (i32.const 0))
        (i32.store (i32.const 20) (i32.const 8192)) (i32.store (i32.const 24) (i32.const 65000))
        (i32.store (i32.const 28) (i32.const 4096)) (i32.store (i32.const 32) (i32.const 40))
        (i32.const 16)"#;
    let report = start(&pure_probe(body), &[], 1000).await.check(&[], PATIENCE).await;
    assert_eq!((report.status, report.message.len(), report.measures.len()), (Status::Up, 512, 32));
}
