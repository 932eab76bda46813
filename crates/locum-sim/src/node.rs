//! The two nodes.

use serde::{Deserialize, Serialize};

/// One of the two nodes: `A` is the first of the group by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Node {
    /// The first.
    A,
    /// The second.
    B,
}

impl Node {
    /// Both nodes, in order of their names.
    pub const BOTH: [Node; 2] = [Node::A, Node::B];

    /// The other one.
    pub fn peer(self) -> Node {
        match self {
            Node::A => Node::B,
            Node::B => Node::A,
        }
    }

    /// What user directories call it.
    pub fn name(self) -> &'static str {
        match self {
            Node::A => "a",
            Node::B => "b",
        }
    }
}

/// Who serves a node's users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Served {
    /// Nobody.
    Nobody,
    /// One node.
    By(Node),
    /// Both.
    Twice,
}
