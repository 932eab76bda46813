//! The user directory: who there is, and who is at home where (`docs/behaviour.md` §7).

mod change;
mod digest;
mod directory;
mod error;
mod names;
pub(crate) mod rows;
mod user;

pub use change::{DirectoryChange, Snapshot, Staged};
pub use digest::Digest;
pub use directory::{Directory, NO_HOME, USERS_MAX};
pub use error::DirectoryError;
pub use user::{NAME_BYTES_MAX, NameFault, NewUser, User, UserRef, check_node_name, check_user_name};
