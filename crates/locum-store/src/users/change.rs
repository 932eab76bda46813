//! Changes of the directory: made for one revision, leading to the next.

use std::collections::HashSet;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Digest, Directory, DirectoryError, NO_HOME, NewUser, User, UserRef, check_node_name, check_user_name};
use crate::schema::encode;

/// A change of the directory, for one revision of it. Removals come before upserts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryChange {
    /// The revision it was made for; it leads to the next one.
    pub base_revision: u64,
    /// Users to add, or to give another home, weight or class.
    pub upserts: Vec<User>,
    /// Names of users to remove.
    pub removals: Vec<String>,
}

/// The whole directory at one revision, for a node that catches up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The revision.
    pub revision: u64,
    /// Every user, by id.
    pub users: Vec<User>,
}

/// A change that is on the disk and waits to be committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staged {
    /// The revision it leads to.
    pub revision: u64,
    /// The digest the directory will have.
    pub digest: Digest,
}

impl DirectoryChange {
    /// Adds users, giving each the next free id; those already in the directory keep theirs and take the new values.
    pub fn importing(directory: &Directory, users: impl IntoIterator<Item = NewUser>) -> Self {
        let mut last_id = directory.ids().last().copied().unwrap_or(0);
        // Ids that run out repeat, and are refused where the change is made.
        let mut next_id = || {
            last_id = last_id.saturating_add(1);
            last_id
        };
        let mut identified = |NewUser { name, home, weight, class }| {
            let id = directory.row_of_name(&name).map_or_else(&mut next_id, |row| directory.ids()[row]);
            User { id, name, home, weight, class }
        };
        Self {
            base_revision: directory.revision(),
            upserts: users.into_iter().map(&mut identified).collect(),
            removals: Vec::new(),
        }
    }

    /// Removes users.
    pub fn removing(directory: &Directory, names: impl IntoIterator<Item = String>) -> Self {
        Self { base_revision: directory.revision(), removals: names.into_iter().collect(), upserts: Vec::new() }
    }

    /// The change that makes `before` into `after`, to be made at the revision of `before`.
    pub fn between(before: &Directory, after: &Directory) -> Self {
        let kept = |user: &UserRef<'_>| after.row_of_id(user.id).is_some_and(|row| after.name(row) == user.name);
        let same = |user: &UserRef<'_>| before.row_of_id(user.id).is_some_and(|row| before.user(row) == *user);
        Self {
            base_revision: before.revision(),
            upserts: after.users().filter(|user| !same(user)).map(UserRef::to_user).collect(),
            removals: before.users().filter(|user| !kept(user)).map(|user| user.name.to_owned()).collect(),
        }
    }

    /// The compact form that travels to the peer.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads the compact form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DirectoryError> {
        decode("change", bytes)
    }
}

impl Snapshot {
    /// The compact form that travels to the peer.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads the compact form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DirectoryError> {
        decode("snapshot", bytes)
    }

    /// The directory this is a picture of; refuses what no directory can hold.
    pub fn to_directory(&self) -> Result<Directory, DirectoryError> {
        self.users.iter().try_for_each(check)?;
        let mut users: Vec<UserRef<'_>> = self.users.iter().map(User::as_ref).collect();
        users.sort_by_key(|user| user.id);
        let rows = (0..users.len() as u32).collect();
        Directory::build(self.revision, &users, rows)
    }
}

impl Directory {
    /// The directory after this change, at the next revision; refuses what contradicts itself or this directory.
    pub fn with(&self, change: &DirectoryChange) -> Result<Self, DirectoryError> {
        if change.base_revision != self.revision() {
            return Err(DirectoryError::Stale { base: change.base_revision, current: self.revision() });
        }
        change.upserts.iter().try_for_each(check)?;
        let mut gone = vec![false; self.len()];
        for name in &change.removals {
            match self.row_of_name(name) {
                Some(row) if gone[row] => return Err(DirectoryError::RepeatedName { name: name.clone() }),
                Some(row) => gone[row] = true,
                None => return Err(DirectoryError::Unknown { name: name.clone() }),
            }
        }
        let mut changed = vec![false; self.len()];
        let mut upserts: Vec<UserRef<'_>> = change.upserts.iter().map(User::as_ref).collect();
        upserts.sort_by_key(|user| user.id);
        let mut named = HashSet::with_capacity(upserts.len());
        for user in &upserts {
            if !named.insert(user.name) {
                return Err(DirectoryError::RepeatedName { name: user.name.to_owned() });
            }
            match self.row_of_name(user.name).filter(|&row| !gone[row]) {
                Some(row) if self.ids()[row] == user.id => changed[row] = true,
                Some(row) => {
                    let (name, known) = (user.name.to_owned(), self.ids()[row]);
                    return Err(DirectoryError::IdChanged { name, known, given: user.id });
                }
                None => {}
            }
        }
        self.merged(&gone, &changed, &upserts)
    }

    /// The same users at other homes, at the next revision. `homes` has a place in `nodes` or [`NO_HOME`] for each
    /// row, as a policy answers.
    pub fn with_homes(&self, nodes: &[&str], homes: &[u32]) -> Result<Self, DirectoryError> {
        if homes.len() != self.len() {
            let what = format!("{} homes for {} users", homes.len(), self.len());
            return Err(DirectoryError::Assignment { what });
        }
        if let Some(home) = homes.iter().find(|&&home| home != NO_HOME && home as usize >= nodes.len()) {
            let what = format!("node {home} of {}", nodes.len());
            return Err(DirectoryError::Assignment { what });
        }
        let moved =
            self.users().zip(homes).map(|(user, &home)| UserRef { home: nodes.get(home as usize).copied(), ..user });
        let users: Vec<UserRef<'_>> = moved.collect();
        users.iter().try_for_each(|user| check_home(user.name, user.home))?;
        Self::build(self.revision() + 1, &users, self.rows_by_name().to_vec())
    }

    /// Every user of this directory, to send to a node that catches up.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { revision: self.revision(), users: self.users().map(UserRef::to_user).collect() }
    }

    /// Merges the rows that stay with the upserts, both by id, and keeps the order of names nearly sorted.
    fn merged(&self, gone: &[bool], changed: &[bool], upserts: &[UserRef<'_>]) -> Result<Self, DirectoryError> {
        const NOWHERE: u32 = u32::MAX;
        let mut users = Vec::with_capacity(self.len() + upserts.len());
        let mut new_rows = Vec::with_capacity(upserts.len());
        let mut row_now = vec![NOWHERE; self.len()];
        let mut upserts = upserts.iter().copied().peekable();
        for row in 0..=self.len() {
            let id = self.ids().get(row).copied();
            while let Some(user) = upserts.next_if(|user| id.is_none_or(|id| user.id < id)) {
                new_rows.push(users.len() as u32);
                users.push(user);
            }
            if row == self.len() || gone[row] {
                continue;
            }
            row_now[row] = users.len() as u32;
            let upsert = if changed[row] { upserts.next() } else { None };
            users.push(upsert.unwrap_or_else(|| self.user(row)));
        }
        let stayed = self.rows_by_name().iter().map(|&row| row_now[row as usize]).filter(|&row| row != NOWHERE);
        let mut by_name: Vec<u32> = stayed.collect();
        new_rows.sort_by_key(|&row| users[row as usize].name);
        by_name.extend(new_rows);
        Self::build(self.revision() + 1, &users, by_name)
    }
}

fn check(user: &User) -> Result<(), DirectoryError> {
    check_user_name(&user.name).map_err(|fault| DirectoryError::Name { name: user.name.clone(), fault })?;
    check_home(&user.name, user.home.as_deref())
}

fn check_home(name: &str, home: Option<&str>) -> Result<(), DirectoryError> {
    let Some(home) = home else { return Ok(()) };
    check_node_name(home).map_err(|fault| {
        let (name, home) = (name.to_owned(), home.to_owned());
        DirectoryError::Home { name, home, fault }
    })
}

fn decode<T: DeserializeOwned>(what: &'static str, bytes: &[u8]) -> Result<T, DirectoryError> {
    let (value, rest) =
        postcard::take_from_bytes(bytes).map_err(|error| DirectoryError::Bytes { what, why: error.to_string() })?;
    if !rest.is_empty() {
        let why = format!("{} bytes too many", rest.len());
        return Err(DirectoryError::Bytes { what, why });
    }
    Ok(value)
}
