use super::{NameFault, USERS_MAX};

/// Why a change of the directory is refused. Nothing of it has been done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// The change was made for another revision.
    #[error(
        "the change is for revision {base} of the directory, which is at {current}; read it again and repeat the change"
    )]
    Stale {
        /// The revision it was made for.
        base: u64,
        /// The revision there is.
        current: u64,
    },
    /// A user cannot be called this.
    #[error("user {name:?}: {fault}")]
    Name {
        /// The name given.
        name: String,
        /// What is wrong with it.
        fault: NameFault,
    },
    /// A user cannot be at home there.
    #[error("user {name:?}: home {home:?}: {fault}")]
    Home {
        /// The user.
        name: String,
        /// The home given.
        home: String,
        /// What is wrong with it.
        fault: NameFault,
    },
    /// The same name twice.
    #[error("user {name:?} is named twice; name each user once")]
    RepeatedName {
        /// The name.
        name: String,
    },
    /// The same id for two names.
    #[error("users {first:?} and {second:?} both have the id {id}; give each user its own")]
    RepeatedId {
        /// The id.
        id: u32,
        /// One of the users.
        first: String,
        /// The other.
        second: String,
    },
    /// A known user under a new id.
    #[error("user {name:?} has the id {known}, not {given}; ids do not change")]
    IdChanged {
        /// The user.
        name: String,
        /// The id in the directory.
        known: u32,
        /// The id in the change.
        given: u32,
    },
    /// A removal of a user that is not there.
    #[error("there is no user {name:?} to remove; `locum users list` shows who there is")]
    Unknown {
        /// The name.
        name: String,
    },
    /// More users than a directory holds.
    #[error("the directory would hold {users} users; it holds at most {USERS_MAX}")]
    TooMany {
        /// How many there would be.
        users: usize,
    },
    /// A column of homes with a wrong length, or a node that is not in its list.
    #[error("the assignment does not fit the directory: {what}")]
    Assignment {
        /// What does not fit.
        what: String,
    },
    /// A change waits to be committed or discarded.
    #[error("the change to revision {staged} is not settled yet; commit or discard it first")]
    AlreadyStaged {
        /// The revision it leads to.
        staged: u64,
    },
    /// The change to commit is not the one that waits.
    #[error("no change to revision {asked} is staged; the directory is at {current}")]
    NotStaged {
        /// The revision asked for.
        asked: u64,
        /// The revision there is.
        current: u64,
    },
    /// Bytes that are no change and no snapshot.
    #[error("these bytes are not a {what} of a user directory: {why}; both nodes must run the same version of locum")]
    Bytes {
        /// What they were taken for.
        what: &'static str,
        /// The decoder's words.
        why: String,
    },
}
