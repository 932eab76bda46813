//! What dies when its daemon says nothing more in time, though that lives (`docs/behaviour.md` §9.9).

use std::io::Write as _;

use locum_core::Health;
use locum_node::clock::now_ms;
use locum_node::supervise::{Fence, Incident};
use tempfile::TempDir;

use crate::help::{PATIENCE, eventually, is_alive, next, ordered, pid_in, script, supervise_and_note, wait_for_line};

/// Longer than a machine that is busy with other tests holds this one up.
const TERM_MS: u64 = 1_500;
/// Writes down each start.
const SERVICE: &str = "echo $$ >> $DIR/starts; exec sleep 1000";

fn until(until_ms: u64) -> Fence {
    Fence { said_ms: now_ms(), until_ms }
}

#[tokio::test]
async fn a_service_whose_leave_is_not_renewed_is_killed_and_starts_again_with_the_next() {
    let dir = TempDir::new().unwrap();
    let (supervisor, mut observations, mut incidents) = supervise_and_note(dir.path(), vec![script("one", SERVICE)]);
    supervisor.start_all(1);
    let first = wait_for_line(&dir.path().join("starts"), 1).await;
    let until_ms = now_ms() + 300;
    supervisor.set_fence(until(until_ms));
    let down = next(&mut observations, |seen| seen.health == Health::Down).await;
    assert!(!is_alive(first) && now_ms() >= until_ms);
    assert_eq!(
        down.message,
        "the process was killed by the fence: the daemon had not renewed its leave to serve in time"
    );
    let noted = tokio::time::timeout(PATIENCE, incidents.recv()).await.unwrap();
    assert_eq!(noted, Some(Incident::Fenced { service: "one".into(), until_ms }));
    assert_eq!((supervisor.status()[0].process.as_str(), supervisor.status()[0].restarts), ("failed", 0));

    supervisor.set_fence(until(now_ms() + TERM_MS));
    let second = wait_for_line(&dir.path().join("starts"), 2).await;
    supervisor.set_fence(until(u64::MAX));
    next(&mut observations, |seen| seen.health == Health::Up).await;
    assert!(is_alive(second));
    assert_eq!(supervisor.status()[0].restarts, 1, "what was not tried is not counted");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_whose_leave_is_renewed_lives_on_and_so_does_one_that_needs_none() {
    let dir = TempDir::new().unwrap();
    let mut other = script("other", "echo $$ >> $DIR/others; exec sleep 1000");
    other.critical = false;
    let (supervisor, _observations, mut incidents) =
        supervise_and_note(dir.path(), vec![script("one", SERVICE), other]);
    supervisor.start_all(1);
    let one = wait_for_line(&dir.path().join("starts"), 1).await;
    let other = wait_for_line(&dir.path().join("others"), 1).await;
    let first_until_ms = now_ms() + TERM_MS;
    while now_ms() <= first_until_ms {
        supervisor.set_fence(until(now_ms() + TERM_MS));
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(is_alive(one) && incidents.try_recv().is_err());

    // Nobody is served here any more: that ends in time.
    supervisor.set_fence(until(u64::MAX));
    // Those that serve nobody by themselves are not fenced at all.
    let past_ms = now_ms() + TERM_MS;
    while now_ms() <= past_ms {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(is_alive(one));
    supervisor.set_fence(until(now_ms() + 100));
    eventually("it is killed at last", || !is_alive(one));
    assert!(is_alive(other));
}

/// As a daemon says it.
fn say(shepherd: &mut std::process::Child, Fence { said_ms, until_ms }: Fence) {
    let words = [&b"u"[..], &until_ms.to_le_bytes(), &said_ms.to_le_bytes()].concat();
    shepherd.stdin.as_mut().unwrap().write_all(&words).unwrap();
}

#[test]
fn a_shepherd_whose_daemon_is_stopped_kills_the_whole_family_at_the_moment() {
    let dir = TempDir::new().unwrap();
    let mut shepherd =
        ordered(dir.path(), 1_000_000, "setsid sleep 1000 & echo $! > $DIR/stray; echo $$ > $DIR/pid; wait");
    let family = ["pid", "stray"].map(|name| pid_in(&dir.path().join(name)));
    let until_ms = now_ms() + 300;
    say(&mut shepherd, until(until_ms));
    // Its pipe stays open, as that of a stopped process does.
    let pipe = shepherd.stdin.take();
    assert_eq!(shepherd.wait().unwrap().code(), Some(128 + 9));
    assert!(now_ms() >= until_ms && !family.iter().any(|pid| is_alive(*pid)));
    drop(pipe);
}

#[test]
fn what_is_said_too_late_saves_nobody() {
    let dir = TempDir::new().unwrap();
    let mut shepherd = ordered(dir.path(), 1_000_000, "echo $$ > $DIR/pid; exec sleep 1000");
    let pid = pid_in(&dir.path().join("pid"));
    let until_ms = now_ms() + 300;
    say(&mut shepherd, Fence { said_ms: now_ms(), until_ms });
    // A daemon that wakes up at the very moment, before its shepherd does.
    say(&mut shepherd, Fence { said_ms: until_ms, until_ms: u64::MAX });
    let _pipe = shepherd.stdin.take();
    assert_eq!(shepherd.wait().unwrap().code(), Some(128 + 9));
    assert!(!is_alive(pid));
}
