//! What a node must not forget, in one file: the memory of its state machine, the journal, what it serves, and the
//! users of its group.
//!
//! Every write is one two-phase commit that is on the disk before the call returns, so whatever a caller shows to the
//! outside afterwards survives a `kill -9`. A disk that fails is told of at once, whoever was writing. All calls block; a daemon makes them from a blocking thread. A [`Store`]
//! may be shared between threads: reading never waits for a commit in progress.
//!
//! A marker beside the file says that there was a store. Where the store is gone then, it was lost, and is refused.
//!
//! **Architecture invariant:** nothing here knows what the state machine's memory means, who the peer is, or what time
//! it is. Bytes and times come from the caller.

mod check;
mod cover;
pub mod csv;
mod error;
mod journal;
mod marker;
mod open;
mod outcomes;
mod schema;
mod store;
#[cfg(test)]
mod tests;
mod users;

pub use check::{CheckReport, check};
pub use cover::Cover;
pub use error::StoreError;
pub use journal::{JOURNAL_ENTRIES_KEPT, JournalEntry};
pub use marker::{MARKER_NAME, renew};
pub use outcomes::{OUTCOME_KEPT_MS, OUTCOMES_KEPT};
pub use schema::{FILE_NAME, Identity, SCHEMA_VERSION};
pub use store::Store;
pub use users::{
    Digest, Directory, DirectoryChange, DirectoryError, NAME_BYTES_MAX, NO_HOME, NameFault, NewUser, Snapshot, Staged,
    USERS_MAX, User, UserRef, check_node_name, check_user_name,
};
