//! What a policy is asked, in columns.

/// The row that names no node: a user without a home, or whom nobody serves.
pub const UNASSIGNED: u32 = u32::MAX;

/// Why a policy is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// Users without a home get one; the others keep theirs.
    Assign,
    /// Every user may get a new home.
    Rebalance,
    /// Users whose serving node has become unavailable need another of the same group.
    TakeOver,
    /// Users whose home is available again return to it.
    GiveBack,
}

impl Occasion {
    /// Whether the answer is the users' homes; else it is the nodes that serve them.
    pub const fn is_about_homes(self) -> bool {
        matches!(self, Self::Assign | Self::Rebalance)
    }
}

/// What a policy promises of the homes it hands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// No node that is given a user ends with more than one user above the least loaded node; after a rebalance no
    /// two nodes differ by more than one.
    Balanced,
    /// Every home is the first node of a group.
    FirstNode,
    /// Nobody has a home.
    Unassigned,
    /// Any available node will do.
    Anywhere,
}

/// The users, one row each in every column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Users {
    /// The users' numbers, ascending.
    pub ids: Vec<u32>,
    /// Row of each user's home, or [`UNASSIGNED`].
    pub homes: Vec<u32>,
    /// Row of the node that serves each user now, or [`UNASSIGNED`].
    pub nodes: Vec<u32>,
    /// The load each user brings, in the operator's units.
    pub weights: Vec<u32>,
    /// Each user's class, an operator's own number.
    pub classes: Vec<u32>,
}

impl Users {
    /// How many users there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Refuses columns that are not columns. They come from our own directory: a fault in them is a fault of ours.
    ///
    /// # Panics
    /// If the columns differ in length or name a node that has no row.
    pub fn assert_sound(&self, nodes: &Nodes) {
        let lengths = [self.homes.len(), self.nodes.len(), self.weights.len(), self.classes.len()];
        assert_eq!(lengths, [self.len(); 4], "user columns of different lengths");
        assert_eq!(nodes.available.len(), nodes.len(), "node columns of different lengths");
        let is_row = |row: &u32| *row == UNASSIGNED || (*row as usize) < nodes.len();
        assert!(self.homes.iter().chain(&self.nodes).all(is_row), "a user is at a node that has no row");
    }
}

/// The nodes, one row each in every column, those of a group side by side in order of their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Nodes {
    /// The redundancy group of each node, counted from 0.
    pub groups: Vec<u32>,
    /// 1 for a node that may serve users now, 0 for one that may not.
    pub available: Vec<u8>,
}

impl Nodes {
    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Whether this row is a node that may serve users now.
    pub fn is_available(&self, row: u32) -> bool {
        self.available.get(row as usize) == Some(&1)
    }

    /// The nodes that a promise lets users have as homes, in order.
    pub(crate) fn candidates(&self, promise: Promise) -> Vec<u32> {
        let is_first = |row: usize| row == 0 || self.groups[row - 1] != self.groups[row];
        let fits = |row: &u32| match promise {
            Promise::Balanced | Promise::Anywhere => true,
            Promise::FirstNode => is_first(*row as usize),
            Promise::Unassigned => false,
        };
        (0..self.len() as u32).filter(|row| self.is_available(*row)).filter(fits).collect()
    }
}
