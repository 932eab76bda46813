//! The directory on the disk: one row per user, and one record with revision and digest.

use redb::{ReadTransaction, ReadableTable, WriteTransaction};
use serde::{Deserialize, Serialize};

use super::{Digest, Directory, DirectoryChange, Snapshot, User};
use crate::{
    StoreError,
    schema::{self, RECORDS, USERS, encode, present, record, unreadable},
};

/// What a row holds beside its key, the id.
#[derive(Serialize, Deserialize)]
struct Row<'a> {
    name: &'a str,
    home: Option<&'a str>,
    weight: u32,
    class: u32,
}

/// Which directory the rows are.
#[derive(Serialize, Deserialize)]
struct Head {
    revision: u64,
    digest: Digest,
}

/// Reads the directory and proves it: every name once, and the digest that was written with it.
pub(crate) fn load(transaction: &ReadTransaction) -> Result<Directory, StoreError> {
    let records = transaction.open_table(RECORDS)?;
    let Some(head) = schema::read::<Head>(&records, record::DIRECTORY)? else {
        return Ok(Directory::empty(0));
    };
    let mut users = Vec::new();
    if let Some(rows) = present(transaction.open_table(USERS))? {
        for row in rows.iter()? {
            let (id, bytes) = row?;
            users.push(decode(id.value(), bytes.value())?);
        }
    }
    let snapshot = Snapshot { revision: head.revision, users };
    let directory = snapshot.to_directory().map_err(|error| unreadable("users", &error))?;
    if directory.digest() != head.digest {
        let why = format!("their digest is {}, {} was written", directory.digest(), head.digest);
        return Err(unreadable("users", &why));
    }
    Ok(directory)
}

/// Writes what leads from `before` to `after`, and forgets what was staged.
pub(crate) fn write_change(
    transaction: &WriteTransaction,
    before: &Directory,
    change: &DirectoryChange,
    after: &Directory,
) -> Result<(), StoreError> {
    let mut rows = transaction.open_table(USERS)?;
    for name in &change.removals {
        let row = before.row_of_name(name).expect("a change that was checked against this directory");
        rows.remove(before.ids()[row])?;
    }
    for user in &change.upserts {
        rows.insert(user.id, encode_row(user).as_slice())?;
    }
    write_head(transaction, after)
}

/// Writes a directory in place of the one there is, and forgets what was staged.
pub(crate) fn write_whole(transaction: &WriteTransaction, after: &Directory, users: &[User]) -> Result<(), StoreError> {
    transaction.delete_table(USERS)?;
    let mut rows = transaction.open_table(USERS)?;
    for user in users {
        rows.insert(user.id, encode_row(user).as_slice())?;
    }
    write_head(transaction, after)
}

fn write_head(transaction: &WriteTransaction, after: &Directory) -> Result<(), StoreError> {
    let mut records = transaction.open_table(RECORDS)?;
    records.remove(record::STAGED)?;
    let head = Head { revision: after.revision(), digest: after.digest() };
    schema::write(&mut records, record::DIRECTORY, &head)
}

fn encode_row(user: &User) -> Vec<u8> {
    let User { name, home, weight, class, .. } = user;
    encode(&Row { name, home: home.as_deref(), weight: *weight, class: *class })
}

fn decode(id: u32, bytes: &[u8]) -> Result<User, StoreError> {
    let Row { name, home, weight, class } =
        postcard::from_bytes(bytes).map_err(|error| unreadable(&format!("user {id}"), &error))?;
    Ok(User { id, name: name.to_owned(), home: home.map(str::to_owned), weight, class })
}
