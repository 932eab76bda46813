//! Disks that fail while a daemon runs, and stores that are lost or put back from a backup.

use std::{collections::BTreeSet, fs, time::Duration};

use locum_store::{Cover, FILE_NAME, Identity, Store, check};
use locum_testbed::{
    BACKUP, IDLE, KEEP_ALIVE_TIMEOUT, NORMAL, Node, Pair, Setup,
    pair::{marked, names, users},
    setup::GROUP,
    until, until_true,
};

/// Whom a node serves, by its own word.
fn served(node: &Node, everyone: &BTreeSet<String>) -> BTreeSet<String> {
    let everyone: Vec<_> = everyone.iter().map(String::as_str).collect();
    let answers = node.admissions(&everyone, Duration::from_secs(10)).unwrap();
    answers.into_iter().filter(|answer| answer.serve).map(|answer| answer.user).collect()
}

/// Everyone is served, and nobody by both.
fn served_once(pair: &Pair, everyone: &BTreeSet<String>) {
    let [a, b] = pair.both().map(|node| served(node, everyone));
    assert!(a.is_disjoint(&b), "{:?}{}", a.intersection(&b), pair.logs());
    assert_eq!(a.len() + b.len(), everyone.len(), "{}", pair.logs());
}

fn epochs(pair: &Pair) -> [u64; 2] {
    pair.both().map(|node| node.status().nodes[0].epoch)
}

#[test]
fn a_write_that_fails_stops_the_node_at_once_and_its_peer_takes_over() {
    let mut pair = Setup::default().start();
    pair.a.locum(&["users", "import", &pair.a.file("users.csv", &users(0..100))]).ok();
    let export = pair.b.export();
    // As a full disk, but for this daemon alone: no file of it grows beyond this. The journal still fits; the staged
    // change of so many users does not.
    pair.a.limit_files(64 * 1024);
    let more = pair.a.file("more.csv", &users(100..10_000));
    let said = pair.a.locum(&["users", "import", &more]);
    assert_ne!(said.code, 0, "{said:?}");
    let status = pair.a.ended(Duration::ZERO);
    let log = pair.a.log();
    assert_eq!(status.code(), Some(1), "{log}");
    let last = log.lines().last().unwrap();
    assert!(last.contains("the store could not be written or read"), "{log}");
    assert!(last.contains("check the disk's space and health, then restart the node"), "{log}");
    until_true("its services are gone", Duration::ZERO, || marked(&pair.a.mark()).is_empty());
    until_true("b covers", KEEP_ALIVE_TIMEOUT, || pair.b.state() == "Running in Backup Mode (Peer Down)");
    let everyone = names(&export);
    assert_eq!(served(&pair.b, &everyone), everyone);

    assert_eq!(check(&pair.a.state_directory()).unwrap().users, 100);
    pair.a.start();
    pair.settle("Failed Over (Initialization)", "Running in Backup Mode (Peer Down)");
    pair.b.locum(&["fallback", "a"]).ok();
    pair.settle(NORMAL, NORMAL);
    assert_eq!(pair.both().map(Node::export), [export.clone(), export]);
}

#[test]
fn a_restored_backup_lowers_no_epoch_and_loses_nobody() {
    let mut pair = Setup::default().start();
    pair.a.locum(&["users", "import", &pair.a.file("users.csv", &users(0..100))]).ok();
    let store = pair.a.state_directory().join(FILE_NAME);
    let backup = pair.world.path("backup");
    pair.a.locum(&["stop"]).ok();
    pair.a.ended(KEEP_ALIVE_TIMEOUT);
    fs::copy(&store, &backup).unwrap();
    pair.a.start();
    pair.settle("Failed Over (Initialization)", "Running in Backup Mode (Peer Reboot)");
    for _ in 0..2 {
        pair.b.locum(&["fallback", "a"]).ok();
        pair.settle(NORMAL, NORMAL);
        pair.a.locum(&["failover", "a"]).ok();
        pair.settle(IDLE, BACKUP);
    }
    pair.b.locum(&["fallback", "a"]).ok();
    pair.settle(NORMAL, NORMAL);
    pair.a.locum(&["users", "import", &pair.a.file("more.csv", &users(100..300))]).ok();
    let export = pair.b.export();
    let everyone = names(&export);
    let before = epochs(&pair);

    pair.a.locum(&["stop"]).ok();
    pair.a.ended(KEEP_ALIVE_TIMEOUT);
    let look = || check(&pair.a.state_directory()).unwrap();
    let epoch = |report: &locum_store::CheckReport| report.cover.as_ref().unwrap().epoch;
    let latest = look();
    fs::copy(&backup, &store).unwrap();
    let restored = look();
    assert!(epoch(&restored) < epoch(&latest) && restored.users < latest.users, "the backup is older");
    pair.a.start();
    pair.settle("Failed Over (Initialization)", "Running in Backup Mode (Peer Reboot)");
    pair.agree();
    served_once(&pair, &everyone);
    let after = epochs(&pair);
    assert!(after[0] >= before[0] && after[1] >= before[1] && after[0] == after[1], "{before:?}, then {after:?}");
    until_true("a may take back", Duration::ZERO, || pair.b.locum(&["fallback", "a"]).code == 0);
    pair.settle(NORMAL, NORMAL);
    served_once(&pair, &everyone);
    assert!(epochs(&pair).iter().all(|epoch| *epoch >= after[0]));
    assert_eq!(pair.both().map(Node::export), [export.clone(), export]);
}

#[test]
fn a_node_starts_with_the_highest_epoch_that_its_disk_knows() {
    let mut pair = Setup::default().start();
    pair.a.kill();
    until_true("b covers", KEEP_ALIVE_TIMEOUT, || pair.b.state() == "Running in Backup Mode (Peer Down)");
    let identity = Identity { group: GROUP.into(), node: "a".into() };
    until("the cover of a is of a later epoch than its memory", Duration::ZERO, || {
        let store = Store::open(&pair.a.state_directory(), &identity).map_err(|error| error.to_string())?;
        let cover = store.cover().unwrap().unwrap();
        store.save(None, &[], Some(&Cover { epoch: 50, ..cover })).map(drop).map_err(|error| error.to_string())
    });
    pair.a.start();
    pair.settle("Failed Over (Initialization)", "Running in Backup Mode (Peer Down)");
    until_true("both know it", KEEP_ALIVE_TIMEOUT, || epochs(&pair).iter().all(|epoch| *epoch >= 50));
}

#[test]
fn a_node_whose_store_is_lost_owns_nothing_until_it_is_renewed() {
    let mut pair = Setup::default().start();
    pair.a.locum(&["users", "import", &pair.a.file("users.csv", &users(0..100))]).ok();
    let export = pair.b.export();
    let config = pair.a.config_file().display().to_string();
    let renew = ["store", "renew", "--yes", "--config", &config];
    let running = pair.a.locum(&renew);
    assert!(running.code == 3 && running.err.contains("stop the other locum daemon first"), "{running:?}");
    pair.a.kill();
    until_true("b covers", KEEP_ALIVE_TIMEOUT, || pair.b.state() == "Running in Backup Mode (Peer Down)");
    fs::write(pair.a.state_directory().join(FILE_NAME), "").unwrap();
    pair.a.launch();
    assert_eq!(pair.a.ended(Duration::ZERO).code(), Some(1));
    let log = pair.a.log();
    assert!(log.contains("the store is empty, but the identity.json beside it"), "{log}");
    assert!(marked(&pair.a.mark()).is_empty());

    until("the store is renewed", Duration::ZERO, || match pair.a.locum(&renew) {
        said if said.code == 0 => Ok(()),
        said => Err(format!("{said:?}")),
    });
    pair.a.start();
    pair.settle("Failed Over (Initialization)", "Running in Backup Mode (Peer Down)");
    pair.agree();
    until_true("a may take back", Duration::ZERO, || pair.b.locum(&["fallback", "a"]).code == 0);
    pair.settle(NORMAL, NORMAL);
    assert_eq!(pair.both().map(Node::export), [export.clone(), export]);
}
