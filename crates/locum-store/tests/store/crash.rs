//! A process that is killed in the middle of writing leaves a store that opens, with every user in it once.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    thread,
};

use crate::{identity, open, user};
use locum_store::{Cover, Directory, DirectoryChange, JournalEntry, check};

const CHILD: &str = "LOCUM_STORE_CRASH_TEST_DIRECTORY";
const USERS: usize = 300;
const KILLS: u64 = 25;

/// Every revision has all the users, all at home on one of two nodes in turn: a change half done would show.
fn next(directory: &Directory) -> DirectoryChange {
    let node = if directory.revision().is_multiple_of(2) { "alpha" } else { "beta" };
    let users = (0..USERS).map(|n| user(&format!("user-{n:05}"), node));
    DirectoryChange::importing(directory, users)
}

/// What the killed process does: not a test of its own, but the body of the other one's child.
#[test]
fn writes_until_killed() {
    let Some(dir) = env::var_os(CHILD) else { return };
    let store = open(dir.as_ref());
    let mut out = std::io::stdout();
    let mut say = |word: &str, revision: u64| writeln!(out, "{word} {revision}").and_then(|()| out.flush()).unwrap();
    store.discard_staged().unwrap();
    loop {
        let directory = store.directory();
        let revision = directory.revision() + 1;
        say("begin", revision);
        if revision.is_multiple_of(3) {
            store.stage(next(&directory)).unwrap();
            store.commit_staged(revision).unwrap();
        } else if revision.is_multiple_of(7) {
            let mut snapshot = directory.with(&next(&directory)).unwrap().snapshot();
            snapshot.revision = revision;
            store.replace_directory(&snapshot).unwrap();
        } else {
            store.apply(&next(&directory)).unwrap();
        }
        say("users", revision);
        let memory = revision.to_le_bytes();
        let entry = JournalEntry::new(0, "step", "a step", serde_json::json!({ "revision": revision }));
        let cover = Cover { epoch: revision, homes: vec!["alpha".into()], directory_revision: revision };
        store.save(Some(&memory), &[entry], Some(&cover)).unwrap();
        say("step", revision);
    }
}

#[test]
fn a_killed_writer_leaves_every_user_once() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).apply(&next(&Directory::empty(0))).unwrap();
    let mut repaired = 0;
    for kill in 0..KILLS {
        let (users, step) = write_and_kill(dir.path(), kill);
        let report = check(dir.path()).unwrap();
        repaired += u32::from(report.repaired);
        assert_eq!((report.users, report.unassigned, &report.identity), (USERS, 0, &identity()));
        assert!(report.revision >= users, "revision {users} had been acknowledged, {} is there", report.revision);
        let store = open(dir.path());
        let directory = store.directory();
        assert_eq!(directory.nodes().len(), 1, "no change is half there");
        // The last step that was acknowledged is there, or the one after it: whole in either case.
        if let Some(cover) = store.cover().unwrap() {
            assert!(cover.epoch >= step);
            assert_eq!(store.memory().unwrap().unwrap(), cover.epoch.to_le_bytes());
            let entry = store.journal(store.last_sequence().unwrap(), 1).unwrap().remove(0);
            assert_eq!(entry.fields["revision"], cover.epoch);
        }
    }
    assert!(repaired > 0, "no kill came while the file was open");
}

/// Starts a writer, kills it a little after its n-th line, and gives the last revisions it said were on the disk.
fn write_and_kill(dir: &std::path::Path, kill: u64) -> (u64, u64) {
    let mut writer: Child = Command::new(env::current_exe().unwrap())
        .args(["crash::writes_until_killed", "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut acknowledged = (0, 0);
    let mut heed = |line: String| match line.split_once(' ') {
        Some(("users", revision)) => acknowledged.0 = revision.parse().unwrap(),
        Some(("step", revision)) => acknowledged.1 = revision.parse().unwrap(),
        _ => {}
    };
    let running = lines.by_ref().skip_while(|line| !line.starts_with("begin"));
    running.take(1 + kill as usize % 7).for_each(&mut heed);
    // A different moment within the next write each time.
    (0..kill * 40).for_each(|_| thread::yield_now());
    writer.kill().unwrap();
    writer.wait().unwrap();
    lines.for_each(heed);
    acknowledged
}
