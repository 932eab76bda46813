use std::path::PathBuf;

use crate::{DirectoryError, Identity, MARKER_NAME};

/// Why the store could not do what was asked. Nothing of it has been done; after [`StoreError::Storage`], nothing or all.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The state directory or the file in it cannot be read or written.
    #[error("{path}: {source}; check that the directory exists, has space, and belongs to the user locum runs as", path = path.display())]
    Unreachable {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process holds the file.
    #[error("{path}: another process has this store open; stop the other locum daemon first, or give this node its own state directory", path = path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file belongs to another node or group.
    #[error("{path}: this store belongs to {found}, not to {wanted}; point `state_directory` of `[node]` at this node's own directory, or at an empty one", path = path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: Box<Identity>,
        /// Who asked.
        wanted: Box<Identity>,
    },
    /// The file was written by a version of locum with another layout.
    #[error("{path}: the store has schema {found}, this locum reads schema {known}; run the version of locum that wrote it", path = path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// The schema in the file.
        found: u32,
        /// The schema this version reads.
        known: u32,
    },
    /// The marker is there, and the store is not, or is nobody's.
    #[error("{path}: the store is {what}, but the {MARKER_NAME} beside it says that this node has had one: it was lost, and with it the node's epoch and users; put the file back, or run `locum store renew`: the node then starts anew and catches up from its peer", path = path.display())]
    Lost {
        /// The file.
        path: PathBuf,
        /// What is found in its place: `missing`, `empty` or `without an owner`.
        what: &'static str,
    },
    /// The file contradicts itself.
    #[error("{path}: the store is damaged: {what}; put back a copy of it, or run `locum store renew`: the node then starts anew and catches up from its peer", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// A change of the directory that cannot be.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// An idempotency key that is empty or too long.
    #[error("the idempotency key has {bytes} bytes; give one of 1 to {max}", max = crate::outcomes::KEY_BYTES_MAX)]
    Key {
        /// Its length.
        bytes: usize,
    },
    /// The work was dropped with the program that wanted it.
    #[error("the store was closed before this was done")]
    Stopped,
    /// The storage engine failed; after an I/O error it takes no more writes until the store is opened again.
    #[error("the store could not be written or read: {0}; check the disk's space and health, then restart the node")]
    Storage(Box<redb::Error>),
}

impl StoreError {
    /// Whether the disk failed, now or before.
    pub(crate) fn is_of_the_disk(&self) -> bool {
        matches!(self, Self::Storage(error) if matches!(**error, redb::Error::Io(_) | redb::Error::PreviousIo))
    }
}

macro_rules! from_redb {
    ($($error:ident),*) => {$(
        impl From<redb::$error> for StoreError {
            fn from(error: redb::$error) -> Self {
                Self::Storage(Box::new(error.into()))
            }
        }
    )*};
}
from_redb!(TransactionError, TableError, StorageError, CommitError, SetDurabilityError);
