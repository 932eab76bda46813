//! What a pair does, as it does it.

use locum_core::{Answer, Command, Notice, Transition};
use serde::Serialize;

use crate::history::What;
use crate::node::{Node, Served};

/// Something that happened to a pair, or that it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// When, in virtual milliseconds since the pair began.
    pub at_ms: u64,
    /// What.
    pub what: Logged,
}

/// What there is to log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Logged {
    /// Something came from outside.
    Happened(What),
    /// A node changed its state.
    Transition {
        /// The node.
        node: Node,
        /// The change, explained.
        transition: Transition,
    },
    /// A node noticed something else.
    Noticed {
        /// The node.
        node: Node,
        /// What.
        notice: Notice,
    },
    /// Other nodes than before serve the users of a home.
    Served {
        /// The home.
        home: Node,
        /// Who serves them now.
        by: Served,
        /// How many users that is, as the directory of their home has it.
        users: u64,
    },
    /// A node answered an administrator.
    Answered {
        /// The node.
        node: Node,
        /// What it was asked.
        command: Command,
        /// What it said; `None` where nobody answers.
        answer: Option<Answer>,
    },
    /// Users were added, on both nodes' disks.
    UsersAdded {
        /// Where.
        node: Node,
        /// How many.
        count: u32,
    },
    /// Users were not added.
    UsersRefused {
        /// Where.
        node: Node,
        /// Why, for people.
        why: String,
    },
    /// A policy failed, and the built-in answer stood in.
    PolicyFailed {
        /// The node.
        node: Node,
    },
    /// A node's daemon stopped by itself, because what must survive could not be put on its disk.
    Stopped {
        /// The node.
        node: Node,
    },
    /// A node left after a goodbye.
    Left {
        /// The node.
        node: Node,
    },
    /// Something that must never happen did: nothing is known about what comes after.
    Broken {
        /// What, for people.
        what: String,
    },
}
