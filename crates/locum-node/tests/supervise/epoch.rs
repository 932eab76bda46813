//! How services learn the epoch (`docs/behaviour.md` §9.9).

use std::fs;

use locum_node::supervise::{Epoch, Incident};
use tempfile::TempDir;

use crate::help::{PATIENCE, eventually, script, shell, supervise_and_note, wait_for_line};

fn epoch(number: u64, homes: &[&str]) -> Epoch {
    Epoch { number, homes: homes.iter().map(|home| (*home).to_owned()).collect() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_has_the_epoch_once_it_is_told_and_a_shell_can_read_it() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("one.epoch");
    let mut spec = script("one", ". $DIR/one.epoch; echo $LOCUM_EPOCH $LOCUM_HOMES > $DIR/read; exec sleep 1000");
    spec.config.epoch_file = Some(file.clone());
    let (supervisor, _observations, _incidents) = supervise_and_note(dir.path(), vec![spec]);
    supervisor.tell_epoch(epoch(7, &["ada", "bea"])).await;
    assert_eq!(fs::read_to_string(&file).unwrap(), "LOCUM_EPOCH=\"7\"\nLOCUM_HOMES=\"ada bea\"\n");
    supervisor.start_all(1);
    let read = dir.path().join("read");
    eventually("the service has read it", || fs::read_to_string(&read).is_ok_and(|text| text == "7 ada bea\n"));
    supervisor.tell_epoch(epoch(8, &[])).await;
    assert_eq!(fs::read_to_string(&file).unwrap(), "LOCUM_EPOCH=\"8\"\nLOCUM_HOMES=\"\"\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_runs_at_each_change_and_only_then() {
    let dir = TempDir::new().unwrap();
    let mut spec = script("one", "");
    spec.config.on_epoch =
        Some(shell("echo $LOCUM_EPOCH >> $DIR/epochs; echo $LOCUM_SERVICE $LOCUM_HOMES > $DIR/told"));
    let (supervisor, _observations, _incidents) = supervise_and_note(dir.path(), vec![spec]);
    let epochs = dir.path().join("epochs");
    // The first is how it begins.
    supervisor.tell_epoch(epoch(1, &[])).await;
    supervisor.tell_epoch(epoch(2, &["ada"])).await;
    assert_eq!(wait_for_line(&epochs, 1).await, 2);
    supervisor.tell_epoch(epoch(2, &["ada"])).await;
    supervisor.tell_epoch(epoch(3, &["ada", "bea"])).await;
    assert_eq!(wait_for_line(&epochs, 2).await, 3);
    eventually("all of it is told", || {
        fs::read_to_string(dir.path().join("told")).is_ok_and(|text| text == "one ada bea\n")
    });
}

#[tokio::test]
async fn what_fails_or_hangs_is_noted_and_holds_nobody_up() {
    let dir = TempDir::new().unwrap();
    let mut hangs = script("hangs", "");
    hangs.config.on_epoch = Some(shell("exec sleep 1000"));
    hangs.config.start_timeout = std::time::Duration::from_millis(100);
    let mut fails = script("fails", "");
    fails.config.epoch_file = Some("/no/such/folder/epoch".into());
    let (supervisor, _observations, mut incidents) = supervise_and_note(dir.path(), vec![hangs, fails]);
    tokio::time::timeout(PATIENCE, supervisor.tell_epoch(epoch(5, &["ada"]))).await.unwrap();
    let noted = tokio::time::timeout(PATIENCE, incidents.recv()).await.unwrap().unwrap();
    let why = "/no/such/folder/epoch cannot be written: No such file or directory (os error 2)".into();
    assert_eq!(noted, Incident::NotTold { service: "fails".into(), epoch: 5, why });
    let noted = tokio::time::timeout(PATIENCE, incidents.recv()).await.unwrap().unwrap();
    let why = "/bin/sh did not end within 100 ms and was killed".into();
    assert_eq!(noted, Incident::NotTold { service: "hangs".into(), epoch: 5, why });
}
