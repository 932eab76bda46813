//! How a daemon goes: by the kernel's word, in silence, with a goodbye, or for a restart.

use std::{fs, time::Duration};

use locum_node::api::Admission;
use rustix::process::Signal;

use locum_testbed::{
    BACKUP, IDLE, KEEP_ALIVE_TIMEOUT, NORMAL, Node, Setup,
    pair::{marked, names, users},
    until, until_true,
};

/// Kills a; gives how long b had not heard it when it began to take over, in milliseconds.
fn silence_before_takeover(setup: &Setup, timer: Duration) -> u64 {
    let mut pair = setup.start();
    pair.a.kill();
    until("b covers", timer, || {
        let state = pair.b.state();
        if state == "Running in Backup Mode (Peer Down)" { Ok(()) } else { Err(state) }
    });
    until_true("its services are gone", Duration::ZERO, || marked(&pair.a.mark()).is_empty());
    let takeovers = pair.b.transitions_to("Taking Over");
    assert_eq!(takeovers.len(), 1, "{takeovers:?}");
    assert_eq!(takeovers[0].fields["to"]["reason"], "Peer Down");
    takeovers[0].fields["peer_silent_ms"].as_u64().unwrap()
}

#[test]
fn the_kernels_word_comes_before_the_keep_alive_timeout() {
    let timeout = Duration::from_secs(20);
    let setup =
        Setup::default().group("keep_alive_timeout", "\"20s\"").group("initialization_keep_alive_timeout", "\"20s\"");
    let silent_ms = silence_before_takeover(&setup, timeout);
    assert!(silent_ms < timeout.as_millis() as u64, "{silent_ms} ms");
}

#[test]
fn without_it_only_the_timeout_tells() {
    let setup = Setup::default().group("fast_peer_loss", "false");
    let silent_ms = silence_before_takeover(&setup, KEEP_ALIVE_TIMEOUT);
    assert!(silent_ms >= KEEP_ALIVE_TIMEOUT.as_millis() as u64, "{silent_ms} ms");
}

#[test]
fn a_goodbye_hands_over_before_the_services_stop() {
    // Told to stop, the service writes down the time, in milliseconds since 1970.
    let setup = Setup {
        tables: r#"
[[service]]
name = "web"
start = ["sh", "-c", "trap 'date +%s%3N > {folder}/{node}.stopped; exit 0' TERM; while :; do sleep 0.05; done"]
restart = "never"
start_timeout = "1s"
environment = { LOCUM_TEST = "{folder}/{node}" }
"#
        .into(),
        ..Setup::default()
    };
    let mut pair = setup.start();
    pair.a.signal(Signal::TERM);
    let status = pair.a.ended(KEEP_ALIVE_TIMEOUT);
    assert!(status.success(), "{status}\n{}", pair.a.log());
    until_true("b covers", KEEP_ALIVE_TIMEOUT, || pair.b.state() == "Running in Backup Mode (Peer Reboot)");
    let covered = pair.b.transitions_to("Running in Backup Mode");
    let stopped: u64 = fs::read_to_string(pair.world.path("a.stopped")).unwrap().trim().parse().unwrap();
    assert!(covered[0].at_unix_ms <= stopped, "covered at {}, stopped at {stopped}", covered[0].at_unix_ms);
    assert!(marked(&pair.a.mark()).is_empty());
    assert_eq!(pair.b.status().users.unserved, 0);

    // It comes back, and has its users back when it is asked to.
    pair.a.start();
    pair.settle("Failed Over (Initialization)", "Running in Backup Mode (Peer Reboot)");
    pair.b.locum(&["fallback", "a"]).ok();
    pair.settle(NORMAL, NORMAL);
}

#[test]
fn locum_stop_says_goodbye_too() {
    let mut pair = Setup::default().start();
    pair.b.locum(&["stop"]).ok();
    assert!(pair.b.ended(KEEP_ALIVE_TIMEOUT).success());
    until_true("a covers", KEEP_ALIVE_TIMEOUT, || pair.a.state() == "Running in Backup Mode (Peer Reboot)");
}

#[test]
fn a_restart_of_an_idle_node_is_row_5() {
    let mut pair = Setup::default().start();
    pair.fail_over_a();
    pair.a.locum(&["stop", "--restart"]).ok();
    assert_eq!(pair.a.ended(Duration::ZERO).code(), Some(75));
    pair.a.start();
    pair.settle("Idle (Initialization)", BACKUP);
    assert_eq!(pair.a.status().row, Some(5));
    // Its services were stopped by an administrator, and stay so.
    assert!(marked(&pair.a.mark()).is_empty());
    assert_ne!(pair.states(), [IDLE, BACKUP]);
    pair.a.locum(&["fallback"]).ok();
    pair.settle(NORMAL, NORMAL);
}

#[test]
fn a_restart_within_the_keep_alive_timeout_fails_nobody_over() {
    let setup = Setup::default().group("fast_peer_loss", "false").group("keep_alive_timeout", "\"30s\"");
    let mut pair = setup.group("initialization_keep_alive_timeout", "\"30s\"").start();
    let before = pair.b.status().nodes[0].epoch;
    pair.a.locum(&["stop", "--restart"]).ok();
    assert_eq!(pair.a.ended(Duration::ZERO).code(), Some(75));
    pair.a.start();
    pair.settle(NORMAL, NORMAL);
    assert_eq!(pair.b.transitions_to("Taking Over"), []);
    assert_eq!(pair.b.status().nodes[0].epoch, before);
}

#[test]
fn a_paused_daemon_serves_nobody_whom_its_peer_covers() {
    // Its service is killed meanwhile, and takes a moment to be back.
    let pair = Setup::default().group("critical_service_delay", "\"20s\"").start();
    pair.a.locum(&["users", "import", &pair.a.file("u.csv", &users(0..100))]).ok();
    let everyone = serde_json::to_string(&names(&pair.a.export())).unwrap();
    let served = |node: &Node| {
        let answers: Vec<Admission> = node.ask("POST /v1/gate", &[], &everyone).unwrap().json();
        answers.iter().filter(|answer| answer.serve).count()
    };
    assert_eq!([&pair.a, &pair.b].map(served), [50, 50]);
    pair.a.signal(Signal::STOP);
    until_true("b covers", KEEP_ALIVE_TIMEOUT, || pair.b.state() == "Running in Backup Mode (Peer Down)");
    pair.a.signal(Signal::CONT);
    until("a knows that b covers", KEEP_ALIVE_TIMEOUT, || {
        assert_eq!(served(&pair.a), 0, "{}", pair.logs());
        let state = pair.a.state();
        if state == "Failed Over (Peer Down)" { Ok(()) } else { Err(state) }
    });
    assert_eq!(served(&pair.b), 100);
}
