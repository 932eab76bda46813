//! Opening a store: whose it is, what an interrupted first opening left behind, and when a store is lost.

use std::{
    fs::{self, File, TryLockError},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use redb::{Database, DatabaseError, StorageBackend, StorageError, backends::FileBackend};

use crate::{
    Identity, SCHEMA_VERSION, Store, StoreError, marker,
    schema::{self, FILE_NAME, RECORDS, present, record},
    store::{damage, write},
};

impl Store {
    /// Opens the store in this directory, making both where they are missing, and proves the directory of users. The
    /// first opening leaves a marker beside the file, [`crate::MARKER_NAME`].
    ///
    /// # Errors
    /// A store of another node or group, of another schema, one that is open elsewhere, damaged, or lost: missing,
    /// empty or claimed by nobody although its marker is there.
    pub fn open(dir: &Path, identity: &Identity) -> Result<Self, StoreError> {
        let unreachable = |source| StoreError::Unreachable { path: dir.to_owned(), source };
        let new = !dir.exists();
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(unreachable)?;
        if let Some(parent) = dir.parent().filter(|parent| new && !parent.as_os_str().is_empty()) {
            sync_folder(parent).map_err(unreachable)?;
        }
        let path = dir.join(FILE_NAME);
        let marked = marker::is_there(dir)?;
        let store = Self::on(file(&path, marked, !marked)?, path, identity, marked)?;
        if !marked {
            // The marker comes last, and only once the store's name is on the disk: whatever stops this on the way
            // leaves a node that starts.
            sync_folder(dir).map_err(unreachable)?;
            marker::write(dir, identity)?;
        }
        Ok(store)
    }

    /// Opens the store on this backend, which has its marker or not.
    pub(crate) fn on(
        backend: impl StorageBackend,
        path: PathBuf,
        identity: &Identity,
        marked: bool,
    ) -> Result<Self, StoreError> {
        let unreachable = |source| StoreError::Unreachable { path: path.clone(), source };
        if is_blank(&backend).map_err(unreachable)? {
            if marked {
                return Err(StoreError::Lost { path, what: "empty" });
            }
            backend.set_len(0).map_err(unreachable)?;
        }
        let database = Database::builder().create_with_backend(backend).map_err(|error| opening(&path, error))?;
        claim(&database, &path, identity, marked)?;
        Self::load(database, path)
    }
}

/// The file of the store, which is made if it may be; nobody else has it open.
pub(crate) fn file(path: &Path, marked: bool, make: bool) -> Result<FileBackend, StoreError> {
    let file = match File::options().read(true).write(true).create(make).truncate(false).open(path) {
        Ok(file) => file,
        Err(error) if marked && error.kind() == io::ErrorKind::NotFound => {
            return Err(StoreError::Lost { path: path.to_owned(), what: "missing" });
        }
        Err(source) => return Err(StoreError::Unreachable { path: path.to_owned(), source }),
    };
    lock(&file, path)?;
    FileBackend::new(file).map_err(|error| opening(path, error))
}

/// Takes the storage engine's lock before the engine does, so that nothing is done to the file of a running daemon.
pub(crate) fn lock(file: &File, path: &Path) -> Result<(), StoreError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(StoreError::Unreachable { path: path.to_owned(), source }),
    }
}

/// Whether this file was never made, or not to the end: the storage engine writes its first nine bytes last.
pub(crate) fn is_blank(backend: &impl StorageBackend) -> io::Result<bool> {
    let mut first = [0; 9];
    let len = backend.len()?.min(first.len() as u64) as usize;
    backend.read(0, &mut first[..len])?;
    Ok(first == [0; 9])
}

/// Puts on the disk which files a folder has.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Writes the identity into a new file; checks the one in an old file.
fn claim(database: &Database, path: &Path, identity: &Identity, marked: bool) -> Result<(), StoreError> {
    match identify(database, path)? {
        Some(found) if found == *identity => Ok(()),
        Some(found) => {
            let (found, wanted) = (Box::new(found), Box::new(identity.clone()));
            Err(StoreError::NotOurs { path: path.to_owned(), found, wanted })
        }
        None if marked => Err(StoreError::Lost { path: path.to_owned(), what: "without an owner" }),
        None => write(database, |transaction| {
            let mut records = transaction.open_table(RECORDS)?;
            schema::write(&mut records, record::SCHEMA, &SCHEMA_VERSION)?;
            schema::write(&mut records, record::IDENTITY, identity)
        }),
    }
}

/// Whose file this is, `None` for an empty one.
pub(crate) fn identify(database: &Database, path: &Path) -> Result<Option<Identity>, StoreError> {
    use redb::ReadableDatabase;
    let read = || -> Result<_, StoreError> {
        let Some(records) = present(database.begin_read()?.open_table(RECORDS))? else { return Ok(None) };
        let version: Option<u32> = schema::read(&records, record::SCHEMA)?;
        match version {
            Some(SCHEMA_VERSION) => schema::read::<Identity>(&records, record::IDENTITY),
            found => {
                let (found, known) = (found.unwrap_or(0), SCHEMA_VERSION);
                Err(StoreError::Schema { path: path.to_owned(), found, known })
            }
        }
    };
    read().map_err(|error| damage(path, error))
}

/// Says which file it was that could not be opened, and why.
pub(crate) fn opening(path: &Path, error: DatabaseError) -> StoreError {
    let path = path.to_owned();
    match error {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => StoreError::InUse { path },
        // The storage engine calls a file of another format invalid data.
        DatabaseError::Storage(StorageError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
            StoreError::Damaged { path, what: error.to_string() }
        }
        DatabaseError::Storage(StorageError::Io(source)) => StoreError::Unreachable { path, source },
        other => StoreError::Damaged { path, what: other.to_string() },
    }
}
