use std::collections::BTreeSet;

use super::{Digest, DirectoryError, UserRef, names::Names};

/// The most users one directory holds.
pub const USERS_MAX: usize = 16_000_000;

/// In a column of homes: assigned to no node.
pub const NO_HOME: u32 = u32::MAX;

/// Every user of the group at one revision, as columns in the order of ids.
///
/// A directory never changes: a change of it gives a new one. A *row* is a position in its columns and means nothing
/// in another directory; the id stays.
#[derive(Debug, Clone)]
pub struct Directory {
    revision: u64,
    digest: Digest,
    ids: Vec<u32>,
    names: Names,
    homes: Vec<u32>,
    weights: Vec<u32>,
    classes: Vec<u32>,
    nodes: Vec<String>,
    by_name: Vec<u32>,
}

impl Directory {
    /// A directory without users.
    pub fn empty(revision: u64) -> Self {
        Self::build(revision, &[], Vec::new()).expect("no users, no conflict")
    }

    /// Builds the columns from users with good names in ascending order of id; `by_name` holds their rows in any
    /// order, but is quick to sort where it is nearly sorted by name.
    pub(super) fn build(revision: u64, users: &[UserRef<'_>], by_name: Vec<u32>) -> Result<Self, DirectoryError> {
        if users.len() > USERS_MAX {
            return Err(DirectoryError::TooMany { users: users.len() });
        }
        assert_eq!(users.len(), by_name.len(), "every row is sorted by name");
        if let Some([a, b]) = users.array_windows().find(|[a, b]| a.id >= b.id) {
            let (first, second) = (a.name.to_owned(), b.name.to_owned());
            return Err(DirectoryError::RepeatedId { id: a.id, first, second });
        }
        let nodes: Vec<&str> = users.iter().filter_map(|user| user.home).collect::<BTreeSet<_>>().into_iter().collect();
        let home_row = |home: &str| nodes.binary_search(&home).expect("collected above") as u32;
        let mut names = Names::with_capacity(users.len());
        users.iter().for_each(|user| names.push(user.name));
        let mut directory = Self {
            revision,
            digest: Digest::of(users.iter().copied()),
            ids: users.iter().map(|user| user.id).collect(),
            names,
            homes: users.iter().map(|user| user.home.map_or(NO_HOME, home_row)).collect(),
            weights: users.iter().map(|user| user.weight).collect(),
            classes: users.iter().map(|user| user.class).collect(),
            nodes: nodes.iter().map(|&node| node.to_owned()).collect(),
            by_name: Vec::new(),
        };
        directory.sort_by_name(by_name)?;
        Ok(directory)
    }

    fn sort_by_name(&mut self, mut by_name: Vec<u32>) -> Result<(), DirectoryError> {
        by_name.sort_by(|&a, &b| self.name(a as usize).cmp(self.name(b as usize)));
        if let Some([a, _]) = by_name.array_windows().find(|[a, b]| self.name(*a as usize) == self.name(*b as usize)) {
            return Err(DirectoryError::RepeatedName { name: self.name(*a as usize).to_owned() });
        }
        self.by_name = by_name;
        Ok(())
    }

    /// Rises by one with every change.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// What two nodes compare to know that they have the same users.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// How many users there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no user.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The column of ids, ascending.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// The column of weights.
    pub fn weights(&self) -> &[u32] {
        &self.weights
    }

    /// The column of classes.
    pub fn classes(&self) -> &[u32] {
        &self.classes
    }

    /// The column of homes as rows of [`Directory::nodes`], or [`NO_HOME`].
    pub fn homes(&self) -> &[u32] {
        &self.homes
    }

    /// The nodes that are somebody's home, sorted.
    pub fn nodes(&self) -> &[String] {
        &self.nodes
    }

    /// The column of homes as positions in the caller's list of nodes, as policies take it; [`NO_HOME`] also for a
    /// home that is not in that list.
    pub fn homes_among(&self, nodes: &[&str]) -> Vec<u32> {
        let place = |node: &String| nodes.iter().position(|other| other == node).map_or(NO_HOME, |place| place as u32);
        let places: Vec<u32> = self.nodes.iter().map(place).collect();
        self.homes.iter().map(|&home| places.get(home as usize).copied().unwrap_or(NO_HOME)).collect()
    }

    /// How many users are at home on this node.
    pub fn count_at_home(&self, node: &str) -> usize {
        let home = self.nodes.iter().position(|other| other == node);
        home.map_or(0, |home| self.homes.iter().filter(|&&other| other as usize == home).count())
    }

    /// How many users are assigned to no node.
    pub fn count_unassigned(&self) -> usize {
        self.homes.iter().filter(|&&home| home == NO_HOME).count()
    }

    /// The name of the user in this row.
    ///
    /// # Panics
    /// Where there is no such row.
    pub fn name(&self, row: usize) -> &str {
        self.names.get(row)
    }

    /// The user in this row.
    ///
    /// # Panics
    /// Where there is no such row.
    pub fn user(&self, row: usize) -> UserRef<'_> {
        UserRef {
            id: self.ids[row],
            name: self.name(row),
            home: self.nodes.get(self.homes[row] as usize).map(String::as_str),
            weight: self.weights[row],
            class: self.classes[row],
        }
    }

    /// All users by id.
    pub fn users(&self) -> impl ExactSizeIterator<Item = UserRef<'_>> {
        (0..self.len()).map(|row| self.user(row))
    }

    /// All users by name, from the first one after `after`.
    pub fn users_by_name(&self, after: Option<&str>) -> impl ExactSizeIterator<Item = UserRef<'_>> {
        let start = after.map_or(0, |after| self.by_name.partition_point(|&row| self.name(row as usize) <= after));
        self.by_name[start..].iter().map(|&row| self.user(row as usize))
    }

    /// The row of the user with this name.
    pub fn row_of_name(&self, name: &str) -> Option<usize> {
        let place = self.by_name.binary_search_by(|&row| self.name(row as usize).cmp(name)).ok()?;
        Some(self.by_name[place] as usize)
    }

    /// The row of the user with this id.
    pub fn row_of_id(&self, id: u32) -> Option<usize> {
        self.ids.binary_search(&id).ok()
    }

    /// The rows in order of names.
    pub(super) fn rows_by_name(&self) -> &[u32] {
        &self.by_name
    }
}
