use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use redb::{Database, ReadableDatabase, ReadableTableMetadata, StorageBackend};
use serde::Serialize;

use crate::{
    Cover, Digest, Identity, SCHEMA_VERSION, Staged, Store, StoreError, marker, open,
    schema::{FILE_NAME, JOURNAL, OUTCOMES, present},
};

/// What [`check`] found in a sound store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Whose store it is.
    pub identity: Identity,
    /// Whether its marker is beside it; the next opening makes one that is missing.
    pub marked: bool,
    /// The layout of the file.
    pub schema: u32,
    /// Whether the file had been left open by a process that was killed, and was put right.
    pub repaired: bool,
    /// How many users there are, each exactly once.
    pub users: usize,
    /// How many of them are assigned to no node.
    pub unassigned: usize,
    /// The revision of the directory.
    pub revision: u64,
    /// Its digest, recomputed from the rows.
    pub digest: Digest,
    /// The change that waits, if any.
    pub staged: Option<Staged>,
    /// How many journal entries there are.
    pub journal_entries: u64,
    /// The number of the newest, 0 where there is none.
    pub last_sequence: u64,
    /// How many outcomes of commands are remembered.
    pub outcomes: u64,
    /// How long the state machine's memory is.
    pub memory_bytes: usize,
    /// Which homes the node serves.
    pub cover: Option<Cover>,
}

/// Opens the store in this directory, whoever's it is, reads every page of it and proves what it holds: checksums, the
/// digest of the users, every user once, every journal entry readable and none missing.
///
/// # Errors
/// The first thing that is wrong. The daemon must not be running: it holds the file.
pub fn check(dir: &Path) -> Result<CheckReport, StoreError> {
    let path = dir.join(FILE_NAME);
    let marked = marker::is_there(dir)?;
    check_on(open::file(&path, marked, false)?, path, marked)
}

/// As [`check`], of the store on this backend, which has its marker or not.
pub(crate) fn check_on(backend: impl StorageBackend, path: PathBuf, marked: bool) -> Result<CheckReport, StoreError> {
    let damaged = |what: String| StoreError::Damaged { path: path.clone(), what };
    if open::is_blank(&backend).map_err(|source| StoreError::Unreachable { path: path.clone(), source })? {
        return Err(if marked { StoreError::Lost { path, what: "empty" } } else { damaged("it is empty".into()) });
    }
    let repaired = Arc::new(AtomicBool::new(false));
    let noticed = repaired.clone();
    let mut database = Database::builder()
        .set_repair_callback(move |_| noticed.store(true, Ordering::Relaxed))
        .create_with_backend(backend)
        .map_err(|error| open::opening(&path, error))?;
    let sound = database.check_integrity().map_err(|error| open::opening(&path, error))?;
    let Some(identity) = open::identify(&database, &path)? else {
        let nobodys = StoreError::Lost { path: path.clone(), what: "without an owner" };
        return Err(if marked { nobodys } else { damaged("it has no identity record".into()) });
    };
    let store = Store::load(database, path.clone())?;
    let transaction = store.database().begin_read()?;
    let journal_entries = present(transaction.open_table(JOURNAL))?.map_or(Ok(0), |table| table.len())?;
    let outcomes = present(transaction.open_table(OUTCOMES))?.map_or(Ok(0), |table| table.len())?;
    let entries = store.journal(0, usize::MAX)?;
    if let Some([a, b]) = entries.array_windows().find(|[a, b]| a.sequence + 1 != b.sequence) {
        return Err(damaged(format!("the journal goes from entry {} to {}", a.sequence, b.sequence)));
    }
    let directory = store.directory();
    Ok(CheckReport {
        identity,
        marked,
        schema: SCHEMA_VERSION,
        repaired: repaired.load(Ordering::Relaxed) || !sound,
        users: directory.len(),
        unassigned: directory.count_unassigned(),
        revision: directory.revision(),
        digest: directory.digest(),
        staged: store.staged(),
        journal_entries,
        last_sequence: entries.last().map_or(0, |entry| entry.sequence),
        outcomes,
        memory_bytes: store.memory()?.map_or(0, |memory| memory.len()),
        cover: store.cover()?,
    })
}
