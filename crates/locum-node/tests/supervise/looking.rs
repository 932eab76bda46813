//! What probes see, and when it counts.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use locum_config::{Probe, Restart};
use locum_core::Health;
use locum_node::supervise::{Check, Finding, ServiceSpec};
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::help::{PATIENCE, kill, next, script, supervise, wait_for_pid};

#[tokio::test]
async fn observations_carry_the_run_in_which_the_look_began() {
    let dir = TempDir::new().unwrap();
    let mut spec = script("one", "exec sleep 1000");
    let (begun, mut looks) = mpsc::unbounded_channel();
    let (permits, gate) = mpsc::unbounded_channel::<()>();
    let gate = Arc::new(tokio::sync::Mutex::new(gate));
    probe(
        &mut spec,
        Box::new(move || {
            begun.send(()).unwrap();
            let gate = Arc::clone(&gate);
            Box::pin(async move {
                gate.lock().await.recv().await;
                Finding::new(Health::Up, "")
            })
        }),
    );
    let (supervisor, mut observations) = supervise(dir.path(), vec![spec]);
    supervisor.start_all(1);
    looks.recv().await.unwrap();
    supervisor.restart_all(2);
    // The look of the first run is given up, and another one begins.
    looks.recv().await.unwrap();
    permits.send(()).unwrap();
    assert_eq!(next(&mut observations, |_| true).await.run, 2);
}

#[tokio::test]
async fn a_probe_that_hangs_is_unknown_and_delays_nobody() {
    let dir = TempDir::new().unwrap();
    let mut hanging = script("hanging", "exec sleep 1000");
    probe(&mut hanging, Box::new(|| Box::pin(pending())));
    hanging.config.probe.as_mut().unwrap().timeout = Duration::from_millis(300);
    let mut quick = script("quick", "exec sleep 1000");
    probe(&mut quick, steady(Health::Up));
    let (supervisor, mut observations) = supervise(dir.path(), vec![hanging, quick]);
    supervisor.start_all(1);
    let mut looks_before = 0;
    let unknown = loop {
        let seen = next(&mut observations, |_| true).await;
        if seen.service == 0 {
            break seen;
        }
        looks_before += 1;
    };
    assert_eq!((unknown.health, unknown.message.as_str()), (Health::Unknown, "no verdict within 300 ms"));
    assert!(looks_before >= 3, "{looks_before} looks at the other service");
    // An orderly stop does not wait for a look either.
    supervisor.stop_all().await;
}

#[tokio::test]
async fn a_child_that_ended_is_down_whatever_its_probe_says() {
    let dir = TempDir::new().unwrap();
    let mut spec = script("one", "echo $$ > $DIR/pid; exec sleep 1000");
    spec.config.restart = Restart::Never;
    probe(&mut spec, steady(Health::Up));
    let (supervisor, mut observations) = supervise(dir.path(), vec![spec]);
    supervisor.start_all(1);
    next(&mut observations, |seen| seen.health == Health::Up).await;
    let pid = wait_for_pid(&dir, "pid").await;
    kill(pid);
    let down = next(&mut observations, |seen| seen.health != Health::Up).await;
    assert_eq!((down.health, down.message.as_str()), (Health::Down, "the process was ended by signal 9"));
    assert_eq!(supervisor.status()[0].health, "down");
}

fn probe(spec: &mut ServiceSpec, check: Check) {
    spec.config.probe = Some(Probe {
        plugin: "test".into(),
        interval: Duration::from_millis(10),
        timeout: PATIENCE,
        grants: Vec::new(),
        settings: Default::default(),
    });
    spec.check = Some(check);
}

fn steady(health: Health) -> Check {
    Box::new(move || Box::pin(async move { Finding::new(health, "") }))
}
