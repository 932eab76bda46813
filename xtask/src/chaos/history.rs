//! What everybody has seen, as it was seen. What it means is for the checker.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::pair::node::Node;

/// Something that was seen. Times are microseconds of the host's boot clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
pub(super) enum Record {
    /// A storm begins.
    Storm { at_us: u64, number: usize },
    /// A fault begins.
    Begins { at_us: u64, what: String },
    /// From now on the nodes may, or cannot any more, cease to hear each other.
    Parted { at_us: u64, parted: bool },
    /// Every fault of a storm has been mended.
    Mended { at_us: u64, number: usize },
    /// The pair has come to rest, in these states, since this moment.
    AtRest { at_us: u64, number: usize, states: [String; 2] },
    /// Both nodes are Normal, by what the crew has done.
    Normal { at_us: u64, number: usize },
    /// They are not, after all that may take.
    NotNormal { at_us: u64, number: usize, states: [String; 2] },
    /// A gate has decided about a user; this node, asked in this way.
    Answer { at_us: u64, node: Node, via: Via, user: String, home: Node, serve: bool, epoch: u64 },
    /// This node does not answer.
    NoAnswer { at_us: u64, node: Node, via: Via },
    /// A node says in which state it is; or it does not answer.
    State { at_us: u64, node: Node, state: Option<String>, reason: String },
    /// A daemon has ended by itself: as it was told, or not.
    Ended { at_us: u64, node: Node, status: String, told: bool },
    /// There have always been these users.
    Imported { users: Vec<String> },
    /// A node is asked to take in users.
    Tried { at_us: u64, node: Node, users: Vec<String> },
    /// A node has acknowledged what was asked under this key.
    Acknowledged { at_us: u64, node: Node, key: String, what: What, answer: Value },
    /// In the end, what a node answers to the same question under the same key.
    Recalled { key: String, answer: Value },
    /// In the end, the users of a node.
    Directory { node: Node, users: Vec<String> },
    /// In the end, a transition in a node's journal.
    Transition { at_us: u64, node: Node, state: String, epoch: u64 },
}

/// How a gate was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Via {
    /// By us.
    Gate,
    /// By a service, which we asked.
    Service,
}

/// What was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum What {
    /// A command, by its path.
    Command(String),
    /// A user was taken in.
    User(String),
    /// Many users were taken in at once.
    Import(Vec<String>),
}

/// All records. Clones are the same one.
#[derive(Clone, Default)]
pub(super) struct History(Arc<Mutex<Vec<Record>>>);

impl History {
    pub(super) fn add(&self, record: Record) {
        self.records().push(record);
    }

    pub(super) fn records(&self) -> MutexGuard<'_, Vec<Record>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves it in a file, one record a line.
    pub(super) fn write(&self, file: &Path) -> Result<()> {
        let mut file = BufWriter::new(File::create(file)?);
        for record in &*self.records() {
            serde_json::to_writer(&mut file, record)?;
            file.write_all(b"\n")?;
        }
        Ok(file.flush()?)
    }
}
