//! Services that are no children, and what all services are given.

use std::time::Duration;

use locum_config::Supervise;
use locum_core::Health;
use locum_node::handle::ServiceAction;
use locum_node::supervise::Epoch;
use tempfile::TempDir;

use crate::help::{next, script, shell, supervise, wait_for_line};

#[tokio::test]
async fn commands_start_and_stop_a_service_that_is_no_child() {
    let dir = TempDir::new().unwrap();
    let mut spec = script("one", "echo $LOCUM_NODE $LOCUM_SERVICE $LOCUM_EPOCH $OWN > $DIR/running");
    spec.config.supervise = Supervise::Command;
    spec.config.stop = Some(shell("rm $DIR/running"));
    spec.config.environment.insert("OWN".into(), "own".into());
    let (supervisor, mut observations) = supervise(dir.path(), vec![spec]);
    supervisor.tell_epoch(Epoch { number: 17, homes: Vec::new() }).await;
    supervisor.start_all(1);
    next(&mut observations, |seen| seen.health == Health::Up).await;
    assert_eq!(std::fs::read_to_string(dir.path().join("running")).unwrap(), "here one 17 own\n");
    assert_eq!(supervisor.status()[0].process, "running");
    supervisor.stop_all().await;
    assert!(!dir.path().join("running").exists());
}

#[tokio::test]
async fn a_start_command_that_fails_or_hangs_is_down() {
    let dir = TempDir::new().unwrap();
    let mut failing = script("failing", "exit 5");
    let mut hanging = script("hanging", "exec sleep 1000");
    for spec in [&mut failing, &mut hanging] {
        spec.config.supervise = Supervise::Command;
        spec.config.start_timeout = Duration::from_secs(1);
    }
    let (supervisor, mut observations) = supervise(dir.path(), vec![failing, hanging]);
    supervisor.start_all(1);
    let failed = next(&mut observations, |seen| seen.service == 0).await;
    assert_eq!((failed.health, failed.message.as_str()), (Health::Down, "/bin/sh ended with exit code 5"));
    let hung = next(&mut observations, |seen| seen.service == 1).await;
    assert_eq!(hung.health, Health::Down);
    assert_eq!(hung.message, "/bin/sh did not end within 1000 ms and was killed");
}

#[tokio::test]
async fn output_goes_to_the_log() {
    let dir = TempDir::new().unwrap();
    let mut spec = script("one", "echo said; echo shouted >&2; exec sleep 1000");
    let log = dir.path().join("log");
    spec.log = Some(log.clone());
    let (supervisor, _observations) = supervise(dir.path(), vec![spec]);
    supervisor.start_all(1);
    wait_for_line(&log, 2).await;
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "said\nshouted\n");
}

#[tokio::test]
async fn a_stop_command_that_fails_is_told_to_the_operator() {
    let dir = TempDir::new().unwrap();
    let mut spec = script("one", "true");
    spec.config.supervise = Supervise::Command;
    spec.config.stop = Some(shell("exit 4"));
    let (supervisor, mut observations) = supervise(dir.path(), vec![spec]);
    supervisor.start_all(1);
    next(&mut observations, |seen| seen.health == Health::Up).await;
    let problem = supervisor.act("one", ServiceAction::Stop).await.unwrap_err();
    assert_eq!(
        (problem.problem.as_str(), problem.text.as_str()),
        ("internal", "Service one: /bin/sh ended with exit code 4.")
    );
    assert_eq!(supervisor.status()[0].process, "failed");
}
