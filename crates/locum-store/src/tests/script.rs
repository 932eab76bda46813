//! Everything that a node does with its store, once, and what the store shows after each call.

use std::{path::PathBuf, sync::Arc};

use redb::StorageBackend;

use crate::{
    Cover, DirectoryChange, Identity, JournalEntry, NewUser, Staged, Store, StoreError, User, check::check_on,
};

/// One call of the store.
pub(crate) type Call = fn(&Store) -> Result<(), StoreError>;

/// The calls, in order. Between the first opening and them, and after the last, the store is opened and closed.
pub(crate) const CALLS: [Call; 16] = [
    |store| step(store, 1),
    |store| import(store, 0..3, "alpha"),
    |store| store.stage(importing(store, 3..40, "beta")).map(drop),
    |store| store.commit_staged(2).map(drop),
    |store| step(store, 2),
    |store| store.save_memory(b"memory alone"),
    |store| store.stage(importing(store, 40..42, "alpha")).map(drop),
    |store| store.discard_staged(),
    |store| store.remember("key", r#"{"ok":false}"#, 1_000),
    |store| store.remember("key", r#"{"ok":true}"#, 2_000),
    |store| store.apply(&DirectoryChange::removing(&store.directory(), ["user-1".into()])).map(drop),
    |store| import(store, 3..200, "alpha"),
    |store| store.append(&entry(3)).map(drop),
    |store| store.stage(importing(store, 0..2, "beta")).map(drop),
    |store| {
        let mut snapshot = store.directory().snapshot();
        snapshot.revision += 7;
        snapshot.users.truncate(50);
        store.replace_directory(&snapshot).map(drop)
    },
    |store| step(store, 4),
];

/// What one step of the state machine leaves.
pub(crate) fn step(store: &Store, epoch: u64) -> Result<(), StoreError> {
    let homes = vec!["alpha".into(), "beta".into()];
    let cover = Cover { epoch, homes, directory_revision: store.directory().revision() };
    store.save(Some(&epoch.to_le_bytes()), &[entry(epoch), entry(epoch)], Some(&cover)).map(drop)
}

fn entry(epoch: u64) -> JournalEntry {
    JournalEntry::new(0, "step", "a step", serde_json::json!({ "epoch": epoch, "filler": "x".repeat(300) }))
}

fn import(store: &Store, users: std::ops::Range<u32>, home: &str) -> Result<(), StoreError> {
    store.apply(&importing(store, users, home)).map(drop)
}

fn importing(store: &Store, users: std::ops::Range<u32>, home: &str) -> DirectoryChange {
    let user = |n| NewUser { home: Some(home.into()), ..NewUser::new(format!("user-{n}")) };
    DirectoryChange::importing(&store.directory(), users.map(user))
}

pub(crate) fn identity() -> Identity {
    Identity { group: "pair".into(), node: "alpha".into() }
}

pub(crate) fn path() -> PathBuf {
    PathBuf::from("a disk in memory")
}

/// Opens the store on this disk, which has its marker or not.
pub(crate) fn open(disk: impl StorageBackend, marked: bool) -> Result<Store, StoreError> {
    Store::on(disk, path(), &identity(), marked)
}

/// All that a store shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sight {
    memory: Option<Vec<u8>>,
    cover: Option<Cover>,
    journal: Vec<String>,
    revision: u64,
    users: Vec<User>,
    staged: Option<Staged>,
    outcome: Option<String>,
}

/// Looks at everything.
pub(crate) fn look(store: &Store) -> Result<Sight, StoreError> {
    let directory = Arc::clone(&store.directory());
    Ok(Sight {
        memory: store.memory()?,
        cover: store.cover()?,
        journal: store.journal(0, usize::MAX)?.iter().map(|entry| format!("{entry:?}")).collect(),
        revision: directory.revision(),
        users: directory.users().map(|user| user.to_user()).collect(),
        staged: store.staged(),
        outcome: store.recall("key", 2_000)?,
    })
}

/// What the store shows after each call, the first sight being that of a store in which nothing was saved.
pub(crate) fn sights() -> Vec<Sight> {
    let store = open(super::disk::Disk::default(), false).unwrap();
    let after = CALLS.iter().map(|call| call(&store).and_then(|()| look(&store)).unwrap());
    std::iter::once(look(&store).unwrap()).chain(after.collect::<Vec<_>>()).collect()
}

/// Proves what is on this disk, page by page, and holds it against what is shown.
pub(crate) fn prove(disk: impl StorageBackend, sight: &Sight) {
    let report = check_on(disk, path(), true).unwrap();
    let shown = (sight.users.len(), sight.revision, sight.staged, &sight.cover, sight.journal.len() as u64);
    let proved = (report.users, report.revision, report.staged, &report.cover, report.last_sequence);
    assert_eq!(proved, shown);
}
