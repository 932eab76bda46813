//! What dies with the daemon, and what the shepherd does for it.

use std::process::Stdio;

use tempfile::TempDir;

use crate::help::{eventually, helper, is_alive, order, ordered, pid_in, shepherd};

/// Three processes: a shell, one in its group, one that left the group and lost its parent.
const FAMILY: &str = "sleep 1000 & echo $! > $DIR/grandchild
    sh -c 'setsid sh -c \"echo \\$\\$ > $DIR/stray; exec sleep 1000\" &'
    echo $$ > $DIR/child; wait";

#[test]
fn a_killed_daemon_leaves_no_process_of_its_services() {
    let dir = TempDir::new().unwrap();
    let mut daemon = helper("daemon", dir.path(), &[FAMILY]).spawn().unwrap();
    let family = ["child", "grandchild", "stray"].map(|name| pid_in(&dir.path().join(name)));
    assert!(family.iter().all(|pid| is_alive(*pid)));
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    eventually("the family is dead", || !family.iter().any(|pid| is_alive(*pid)));
}

#[test]
fn a_shepherd_that_nobody_orders_starts_nothing() {
    let dir = TempDir::new().unwrap();
    let marker = dir.path().join("started");
    let touch = format!("touch {}", marker.display());
    let mut shepherd = shepherd(dir.path(), 1_000, &touch).stdin(Stdio::null()).spawn().unwrap();
    assert_eq!(shepherd.wait().unwrap().code(), Some(127));
    assert!(!marker.exists());
}

#[test]
fn a_shepherd_passes_the_exit_code_on_and_kills_what_is_left() {
    let dir = TempDir::new().unwrap();
    let mut shepherd = ordered(dir.path(), 1_000, "sleep 1000 & echo $! > $DIR/left; exit 7");
    // Waiting would close it.
    let _daemon = shepherd.stdin.take();
    assert_eq!(shepherd.wait().unwrap().code(), Some(7));
    assert!(!is_alive(pid_in(&dir.path().join("left"))));
}

#[test]
fn a_shepherd_that_loses_its_daemon_while_it_stops_the_service_does_not_wait() {
    let dir = TempDir::new().unwrap();
    let stubborn = "trap '' TERM; echo $$ > $DIR/pid; while :; do sleep 1000; done";
    let mut shepherd = ordered(dir.path(), 1_000_000, stubborn);
    let pid = pid_in(&dir.path().join("pid"));
    order(&mut shepherd, b's');
    drop(shepherd.stdin.take());
    assert_eq!(shepherd.wait().unwrap().code(), Some(128 + 9));
    assert!(!is_alive(pid));
}
