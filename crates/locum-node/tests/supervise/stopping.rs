//! How services are stopped.

use std::time::Duration;

use tempfile::TempDir;

use crate::help::{is_alive, script, shell, supervise, wait_for_pid};

#[tokio::test]
async fn a_service_is_asked_to_stop() {
    let dir = TempDir::new().unwrap();
    let polite = "trap 'echo done > $DIR/orderly; exit 0' TERM; echo $$ > $DIR/pid; while :; do sleep 0.01; done";
    let (supervisor, _observations) = supervise(dir.path(), vec![script("one", polite)]);
    supervisor.start_all(1);
    let pid = wait_for_pid(&dir, "pid").await;
    supervisor.stop_all().await;
    assert!(!is_alive(pid));
    assert_eq!(std::fs::read_to_string(dir.path().join("orderly")).unwrap(), "done\n");
    assert_eq!(supervisor.status()[0].process, "stopped");
    assert_eq!(supervisor.status()[0].pid, None);
}

#[tokio::test]
async fn a_service_that_does_not_stop_is_killed() {
    let dir = TempDir::new().unwrap();
    let mut spec = script("one", "trap '' TERM; echo $$ > $DIR/pid; while :; do sleep 1000; done");
    spec.config.stop_timeout = Duration::from_millis(50);
    let (supervisor, _observations) = supervise(dir.path(), vec![spec]);
    supervisor.start_all(1);
    let pid = wait_for_pid(&dir, "pid").await;
    supervisor.stop_all().await;
    assert!(!is_alive(pid));
}

#[tokio::test]
async fn a_child_with_a_stop_command_ends_by_it() {
    let dir = TempDir::new().unwrap();
    let body = "trap 'echo signal > $DIR/signal' TERM; echo $$ > $DIR/pid; until [ -e $DIR/end ]; do sleep 0.01; done";
    let mut spec = script("one", body);
    spec.config.stop = Some(shell("touch $DIR/end"));
    let (supervisor, _observations) = supervise(dir.path(), vec![spec]);
    supervisor.start_all(1);
    let pid = wait_for_pid(&dir, "pid").await;
    supervisor.stop_all().await;
    assert!(!is_alive(pid));
    assert!(!dir.path().join("signal").exists());
}
