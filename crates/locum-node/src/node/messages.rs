//! What two daemons say to each other over the stream. Heartbeats travel apart from these.

use serde::{Deserialize, Serialize};

use crate::api::{CommandOutcome, NodeStatus, Problem};

/// Something to be answered.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Ask {
    /// Carry this command out.
    Command { command: locum_core::Command, key: Option<String> },
    /// Put this change of the directory on disk, and commit it.
    Change(Vec<u8>),
    /// Send the whole directory.
    Directory,
}

/// The answer to an [`Ask`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Told {
    /// What became of the command.
    Command(CommandOutcome),
    /// The change is on disk; this is the revision now.
    Changed(u64),
    /// The whole directory.
    Directory(Vec<u8>),
    /// Nothing has changed.
    Problem(Problem),
}

/// Something that is only told: how the sender is doing, beyond its heartbeats.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(crate) status: NodeStatus,
}

/// The bytes of a message.
pub(crate) fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    postcard::to_allocvec(message).unwrap_or_default()
}

/// The message in these bytes.
pub(crate) fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Problem> {
    postcard::from_bytes(bytes)
        .map_err(|_| Problem::new("peer", "The peer's message cannot be read; do both nodes run the same version?"))
}
