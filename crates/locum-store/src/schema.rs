//! The tables of the file, and the one that holds single records.

use std::fmt;

use redb::{ReadableTable, Table, TableDefinition, TableError};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::StoreError;

/// The name of the store's file within the state directory.
pub const FILE_NAME: &str = "locum.redb";

/// The layout of the file that this version writes and reads.
pub const SCHEMA_VERSION: u32 = 1;

/// Single records by name.
pub(crate) const RECORDS: TableDefinition<&str, &[u8]> = TableDefinition::new("records");
/// The journal: sequence to JSON.
pub(crate) const JOURNAL: TableDefinition<u64, &[u8]> = TableDefinition::new("journal");
/// The users: id to row.
pub(crate) const USERS: TableDefinition<u32, &[u8]> = TableDefinition::new("users");
/// Outcomes of commands: idempotency key to (written at, JSON).
pub(crate) const OUTCOMES: TableDefinition<&str, (u64, &str)> = TableDefinition::new("outcomes");
/// The same keys, oldest first.
pub(crate) const OUTCOME_AGES: TableDefinition<(u64, &str), ()> = TableDefinition::new("outcome_ages");

/// Names of the single records.
pub(crate) mod record {
    pub(crate) const SCHEMA: &str = "schema";
    pub(crate) const IDENTITY: &str = "identity";
    pub(crate) const MEMORY: &str = "memory";
    pub(crate) const COVER: &str = "cover";
    pub(crate) const DIRECTORY: &str = "directory";
    pub(crate) const STAGED: &str = "staged";
}

/// Whose store this is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The redundancy group.
    pub group: String,
    /// The node.
    pub node: String,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node `{}` of group `{}`", self.node, self.group)
    }
}

/// Reads one record; `None` where it was never written.
pub(crate) fn read<T: DeserializeOwned>(
    records: &impl ReadableTable<&'static str, &'static [u8]>,
    name: &str,
) -> Result<Option<T>, StoreError> {
    let Some(bytes) = records.get(name)? else { return Ok(None) };
    let value = postcard::from_bytes(bytes.value()).map_err(|error| unreadable(name, &error))?;
    Ok(Some(value))
}

/// Writes one record.
pub(crate) fn write<T: Serialize + ?Sized>(
    records: &mut Table<'_, &'static str, &'static [u8]>,
    name: &str,
    value: &T,
) -> Result<(), StoreError> {
    records.insert(name, encode(value).as_slice())?;
    Ok(())
}

/// Our own types always have a byte form: there is no map or float in them that could refuse.
pub(crate) fn encode<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    postcard::to_allocvec(value).expect("plain data always encodes")
}

/// A record whose bytes do not say what they should, as the storage engine would report it.
pub(crate) fn unreadable(what: &str, why: &dyn fmt::Display) -> StoreError {
    redb::StorageError::Corrupted(format!("`{what}` cannot be read: {why}")).into()
}

/// Turns "there is no such table yet" into `None`.
pub(crate) fn present<T>(table: Result<T, TableError>) -> Result<Option<T>, StoreError> {
    match table {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
