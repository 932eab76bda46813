use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use redb::{Database, Durability, ReadTransaction, ReadableDatabase, WriteTransaction};

use crate::{
    Cover, Directory, DirectoryChange, DirectoryError, JournalEntry, Snapshot, Staged, StoreError, journal, outcomes,
    schema::{self, JOURNAL, OUTCOMES, RECORDS, present, record},
    users::rows,
};

/// The store of one node, open.
pub struct Store {
    database: Database,
    path: PathBuf,
    /// What readers see; replaced once the commit is on the disk.
    directory: RwLock<Arc<Directory>>,
    /// The change that waits; held for as long as the directory is being changed, so that changes come one by one.
    pending: Mutex<Option<Pending>>,
    /// Whom to tell when the disk fails.
    on_failure: Mutex<Option<OnFailure>>,
}

type OnFailure = Box<dyn FnOnce(&StoreError) + Send>;

/// A staged change and the directory it leads to.
struct Pending {
    change: DirectoryChange,
    after: Arc<Directory>,
}

impl Pending {
    fn staged(&self) -> Staged {
        Staged { revision: self.after.revision(), digest: self.after.digest() }
    }
}

impl Store {
    /// Reads what an open file holds.
    pub(crate) fn load(database: Database, path: PathBuf) -> Result<Self, StoreError> {
        let (directory, pending) = load(&database).map_err(|error| damage(&path, error))?;
        let (directory, pending) = (RwLock::new(Arc::new(directory)), Mutex::new(pending));
        Ok(Self { database, path, directory, pending, on_failure: Mutex::new(None) })
    }

    /// Has `tell` called once, from the thread that finds out, when the disk fails at a write, a flush or a read. From
    /// then on nothing more can be saved before the store is opened again, whoever asks.
    pub fn on_failure(&self, tell: impl FnOnce(&StoreError) + Send + 'static) {
        *self.on_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(tell));
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// The state machine's memory as last saved; opaque here.
    pub fn memory(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|transaction| {
            let records = transaction.open_table(RECORDS)?;
            Ok(records.get(record::MEMORY)?.map(|bytes| bytes.value().to_vec()))
        })
    }

    /// Which homes this node serves, as last saved.
    pub fn cover(&self) -> Result<Option<Cover>, StoreError> {
        self.read(|transaction| schema::read(&transaction.open_table(RECORDS)?, record::COVER))
    }

    /// Saves what one step of the state machine leaves behind, in one durable transaction. What is `None` stays as it
    /// is. Gives the last sequence number in the journal, 0 where it is empty.
    pub fn save(
        &self,
        memory: Option<&[u8]>,
        journal: &[JournalEntry],
        cover: Option<&Cover>,
    ) -> Result<u64, StoreError> {
        self.write(|transaction| {
            let mut records = transaction.open_table(RECORDS)?;
            if let Some(memory) = memory {
                records.insert(record::MEMORY, memory)?;
            }
            if let Some(cover) = cover {
                schema::write(&mut records, record::COVER, cover)?;
            }
            journal::append(&mut transaction.open_table(JOURNAL)?, journal)
        })
    }

    /// Saves the state machine's memory alone.
    pub fn save_memory(&self, memory: &[u8]) -> Result<(), StoreError> {
        self.save(Some(memory), &[], None).map(drop)
    }

    /// Writes one journal entry and gives its sequence number.
    pub fn append(&self, entry: &JournalEntry) -> Result<u64, StoreError> {
        self.save(None, std::slice::from_ref(entry), None)
    }

    /// Up to `limit` journal entries from the sequence number `from` on, oldest first.
    pub fn journal(&self, from: u64, limit: usize) -> Result<Vec<JournalEntry>, StoreError> {
        self.read(|transaction| match present(transaction.open_table(JOURNAL))? {
            Some(table) => journal::read(&table, from, limit),
            None => Ok(Vec::new()),
        })
    }

    /// The sequence number of the newest journal entry, 0 where there is none.
    pub fn last_sequence(&self) -> Result<u64, StoreError> {
        self.read(|transaction| {
            present(transaction.open_table(JOURNAL))?.map_or(Ok(0), |table| journal::last_sequence(&table))
        })
    }

    /// Remembers the outcome of a command under its idempotency key, for 24 hours and the last 10 000 keys. The newer
    /// outcome of the same key stands.
    pub fn remember(&self, key: &str, outcome_json: &str, now_unix_ms: u64) -> Result<(), StoreError> {
        outcomes::check_key(key)?;
        self.write(|transaction| outcomes::remember(transaction, key, outcome_json, now_unix_ms))
    }

    /// The outcome remembered under this key, if any.
    pub fn recall(&self, key: &str, now_unix_ms: u64) -> Result<Option<String>, StoreError> {
        self.read(|transaction| {
            let Some(outcomes) = present(transaction.open_table(OUTCOMES))? else { return Ok(None) };
            let outcome = outcomes.get(key)?;
            let (written_ms, json) = match &outcome {
                Some(outcome) => outcome.value(),
                None => return Ok(None),
            };
            Ok((!outcomes::expired(written_ms, now_unix_ms)).then(|| json.to_owned()))
        })
    }

    /// The directory as committed. It stays as it is while the caller holds it.
    pub fn directory(&self) -> Arc<Directory> {
        self.directory.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The change that waits to be committed or discarded, if any.
    pub fn staged(&self) -> Option<Staged> {
        self.pending().as_ref().map(Pending::staged)
    }

    /// Checks a change against the directory and puts it on the disk, not yet visible. Staging the same change again
    /// does nothing.
    pub fn stage(&self, change: DirectoryChange) -> Result<Staged, StoreError> {
        let mut pending = self.pending();
        match pending.as_ref() {
            Some(waiting) if waiting.change == change => return Ok(waiting.staged()),
            Some(waiting) => return Err(already_staged(waiting)),
            None => {}
        }
        let after = Arc::new(self.directory().with(&change)?);
        self.write(|transaction| schema::write(&mut transaction.open_table(RECORDS)?, record::STAGED, &change))?;
        let waiting = Pending { change, after };
        let staged = waiting.staged();
        *pending = Some(waiting);
        Ok(staged)
    }

    /// Makes the staged change visible. Committing the revision the directory is already at does nothing, so that a
    /// repeated request is answered alike.
    pub fn commit_staged(&self, revision: u64) -> Result<Arc<Directory>, StoreError> {
        let mut pending = self.pending();
        let current = self.directory();
        match pending.as_ref() {
            Some(waiting) if waiting.after.revision() == revision => {
                let Pending { change, after } = waiting;
                self.write(|transaction| rows::write_change(transaction, &current, change, after))?;
                let after = after.clone();
                *pending = None;
                Ok(self.show(after))
            }
            None if current.revision() == revision => Ok(current),
            _ => Err(DirectoryError::NotStaged { asked: revision, current: current.revision() }.into()),
        }
    }

    /// Drops the staged change, if any.
    pub fn discard_staged(&self) -> Result<(), StoreError> {
        let mut pending = self.pending();
        if pending.is_some() {
            self.write(|transaction| Ok(transaction.open_table(RECORDS)?.remove(record::STAGED).map(drop)?))?;
            *pending = None;
        }
        Ok(())
    }

    /// Checks a change and commits it in one go.
    pub fn apply(&self, change: &DirectoryChange) -> Result<Arc<Directory>, StoreError> {
        let pending = self.pending();
        if let Some(waiting) = pending.as_ref() {
            return Err(already_staged(waiting));
        }
        let current = self.directory();
        let after = Arc::new(current.with(change)?);
        self.write(|transaction| rows::write_change(transaction, &current, change, &after))?;
        Ok(self.show(after))
    }

    /// Takes over the peer's directory whole, in one transaction, and drops what was staged.
    pub fn replace_directory(&self, snapshot: &Snapshot) -> Result<Arc<Directory>, StoreError> {
        let mut pending = self.pending();
        let after = Arc::new(snapshot.to_directory()?);
        self.write(|transaction| rows::write_whole(transaction, &after, &snapshot.users))?;
        *pending = None;
        Ok(self.show(after))
    }

    fn show(&self, directory: Arc<Directory>) -> Arc<Directory> {
        *self.directory.write().unwrap_or_else(PoisonError::into_inner) = directory.clone();
        directory
    }

    /// Nothing panics while it holds this lock half done, so a poisoned one is as good.
    fn pending(&self) -> MutexGuard<'_, Option<Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(&self, work: impl FnOnce(&ReadTransaction) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let read = || work(&self.database.begin_read()?);
        read().inspect_err(|error| {
            if error.is_of_the_disk() {
                self.failed(error)
            }
        })
    }

    fn write<T>(&self, work: impl FnOnce(&WriteTransaction) -> Result<T, StoreError>) -> Result<T, StoreError> {
        write(&self.database, work).inspect_err(|error| self.failed(error))
    }

    fn failed(&self, error: &StoreError) {
        let tell = self.on_failure.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(tell) = tell {
            tell(error);
        }
    }
}

/// One durable two-phase transaction: all of `work`, or none.
pub(crate) fn write<T>(
    database: &Database,
    work: impl FnOnce(&WriteTransaction) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    transaction.set_two_phase_commit(true);
    let done = work(&transaction)?;
    transaction.commit()?;
    Ok(done)
}

fn load(database: &Database) -> Result<(Directory, Option<Pending>), StoreError> {
    let transaction = database.begin_read()?;
    let directory = rows::load(&transaction)?;
    let staged: Option<DirectoryChange> = schema::read(&transaction.open_table(RECORDS)?, record::STAGED)?;
    let pending = match staged {
        Some(change) => {
            let after = directory.with(&change).map_err(|error| schema::unreadable("staged change", &error))?;
            Some(Pending { change, after: Arc::new(after) })
        }
        None => None,
    };
    Ok((directory, pending))
}

fn already_staged(waiting: &Pending) -> StoreError {
    DirectoryError::AlreadyStaged { staged: waiting.after.revision() }.into()
}

/// Says which file it was that contradicts itself.
pub(crate) fn damage(path: &Path, error: StoreError) -> StoreError {
    match error {
        StoreError::Storage(error) => match *error {
            redb::Error::Corrupted(what) => StoreError::Damaged { path: path.to_owned(), what },
            other => StoreError::Storage(Box::new(other)),
        },
        other => other,
    }
}
