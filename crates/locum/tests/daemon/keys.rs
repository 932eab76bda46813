//! Idempotency keys: what is asked twice under one key is done once, and answered the same.

use locum_testbed::{NORMAL, Setup};

#[test]
fn the_same_key_does_the_same_thing_once() {
    let mut pair = Setup::default().start();
    let first = pair.a.command("nodes/a/failover", Some("k1")).unwrap();
    assert_eq!((first.outcome.as_str(), first.node.as_str()), ("accepted", "a"));
    pair.settle(locum_testbed::IDLE, locum_testbed::BACKUP);
    pair.a.locum(&["fallback", "a"]).ok();
    pair.settle(NORMAL, NORMAL);

    let before = pair.picture();
    assert_eq!(pair.a.command("nodes/a/failover", Some("k1")).unwrap(), first);
    assert_eq!(pair.picture(), before);
    // The answer is on disk.
    pair.a.locum(&["stop", "--restart"]).ok();
    pair.a.ended(std::time::Duration::ZERO);
    pair.a.start();
    super::kill::mend(&mut pair);
    let before = pair.picture();
    assert_eq!(pair.a.command("nodes/a/failover", Some("k1")).unwrap(), first);
    assert_eq!(pair.picture(), before);
    // Another key is another wish.
    assert_eq!(pair.a.command("nodes/a/failover", Some("k2")).unwrap().outcome, "accepted");
    pair.settle(locum_testbed::IDLE, locum_testbed::BACKUP);
}

#[test]
fn a_command_for_the_peer_is_done_once_too() {
    let pair = Setup::default().start();
    let first = pair.a.command("nodes/b/failover", Some("k1")).unwrap();
    assert_eq!(first.node, "b");
    pair.settle(locum_testbed::BACKUP, locum_testbed::IDLE);
    pair.a.locum(&["fallback", "b"]).ok();
    pair.settle(NORMAL, NORMAL);
    let before = pair.picture();
    assert_eq!(pair.a.command("nodes/b/failover", Some("k1")).unwrap(), first);
    assert_eq!(pair.picture(), before);
}

#[test]
fn a_change_of_users_is_made_once() {
    let pair = Setup::default().start();
    let add = |name: &str, key: &str| {
        pair.a.ask(&format!("PUT /v1/users/{name}"), &[("idempotency-key", key)], "{}").unwrap()
    };
    let first = add("ada", "k1");
    assert_eq!(first.status, 200, "{first:?}");
    pair.a.locum(&["users", "remove", "ada"]).ok();
    let before = pair.picture();
    assert_eq!(add("ada", "k1"), first);
    assert_eq!(pair.picture(), before);
    assert_ne!(add("ada", "k2"), first);
    assert!(pair.b.export().contains("ada,"));
}

#[test]
fn a_service_is_stopped_once() {
    let pair = Setup::default().start();
    let restart = |key: &str| pair.a.ask("POST /v1/services/web/restart", &[("idempotency-key", key)], "").unwrap();
    let pid = || pair.a.status().nodes[0].services[0].pid;
    let old = pid();
    let first = restart("k1");
    assert_eq!(first.status, 200, "{first:?}");
    let new = pid();
    assert_ne!(new, old);
    assert_eq!(restart("k1"), first);
    assert_eq!(pid(), new);
    assert_eq!(restart("k2").status, 200);
    assert_ne!(pid(), new);
}
