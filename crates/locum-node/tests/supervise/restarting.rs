//! Which services are started again.

use locum_config::Restart;
use locum_core::Health;
use tempfile::TempDir;

use crate::help::{is_alive, kill, next, script, supervise, wait_for_line, wait_for_pid};

#[tokio::test]
async fn a_service_is_restarted_however_it_ended() {
    let dir = TempDir::new().unwrap();
    let body = "echo $$ >> $DIR/starts; [ $(wc -l < $DIR/starts) -lt 3 ] && exit 0; exec sleep 1000";
    let (supervisor, mut observations) = supervise(dir.path(), vec![script("one", body)]);
    supervisor.start_all(1);
    let down = next(&mut observations, |seen| seen.health == Health::Down).await;
    assert_eq!(down.message, "the process ended with exit code 0");
    let up = next(&mut observations, |seen| seen.health == Health::Up).await;
    assert_eq!((up.service, up.run), (0, 1));
    let status = &supervisor.status()[0];
    assert_eq!((status.restarts, status.process.as_str(), status.health.as_str()), (2, "running", "up"));
}

#[tokio::test]
async fn a_policy_may_restart_only_failures() {
    let dir = TempDir::new().unwrap();
    let body = "echo $$ >> $DIR/starts; [ $(wc -l < $DIR/starts) -lt 2 ] && exit 3; exit 0";
    let mut spec = script("one", body);
    spec.config.restart = Restart::OnFailure;
    let (supervisor, mut observations) = supervise(dir.path(), vec![spec]);
    supervisor.start_all(1);
    next(&mut observations, |seen| seen.message == "the process ended with exit code 3").await;
    next(&mut observations, |seen| seen.message == "the process ended with exit code 0").await;
    let status = &supervisor.status()[0];
    assert_eq!((status.restarts, status.process.as_str()), (1, "failed"));
}

#[tokio::test]
async fn a_policy_may_restart_nothing() {
    let dir = TempDir::new().unwrap();
    let mut spec = script("one", "kill -9 $$");
    spec.config.restart = Restart::Never;
    let (supervisor, mut observations) = supervise(dir.path(), vec![spec]);
    supervisor.start_all(1);
    let down = next(&mut observations, |seen| seen.health == Health::Down).await;
    assert_eq!(down.message, "the process was ended by signal 9");
    let status = &supervisor.status()[0];
    assert_eq!((status.restarts, status.process.as_str(), status.health.as_str()), (0, "failed", "down"));
    assert!(status.down_ms.is_some());
}

#[tokio::test]
async fn a_command_that_cannot_be_executed_is_down_and_says_why() {
    let dir = TempDir::new().unwrap();
    let mut spec = script("one", "");
    spec.config.start = vec!["/no/such/program".into()];
    let (supervisor, mut observations) = supervise(dir.path(), vec![spec]);
    supervisor.start_all(4);
    let down = next(&mut observations, |_| true).await;
    assert_eq!((down.run, down.health), (4, Health::Down));
    assert_eq!(down.message, "cannot run /no/such/program: No such file or directory (os error 2)");
}

#[tokio::test]
async fn a_child_whose_shepherd_is_killed_is_killed_and_started_again() {
    let dir = TempDir::new().unwrap();
    let body = "echo $$ >> $DIR/starts; echo $PPID > $DIR/shepherd; exec sleep 1000";
    let (supervisor, _observations) = supervise(dir.path(), vec![script("one", body)]);
    supervisor.start_all(1);
    let first = wait_for_line(&dir.path().join("starts"), 1).await;
    let shepherd = wait_for_pid(&dir, "shepherd").await;
    kill(shepherd);
    let second = wait_for_line(&dir.path().join("starts"), 2).await;
    assert!(!is_alive(first) && is_alive(second));
}
