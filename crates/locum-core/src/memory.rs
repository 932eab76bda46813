//! What must survive a crash of the daemon or of its host.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::bytes;
use crate::heartbeat::Switch;
use crate::state::{Reason, State};

/// The durable part of the state machine. On disk before anything of it is visible outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The start of the daemon that wrote it.
    pub incarnation: u64,
    /// The state to remember; never Initializing.
    pub state: State,
    /// Its reason.
    pub reason: Reason,
    /// Whether the node is initializing after a recovery.
    pub recovering: bool,
    /// Whether high availability is on.
    pub high_availability: Switch,
    /// The highest epoch that the node has known. It never falls.
    pub epoch: u64,
    /// How often the fallback delay is doubled (`docs/behaviour.md` §9.3).
    pub damping: u8,
}

impl Memory {
    /// The bytes for the disk.
    pub fn encode(&self) -> Vec<u8> {
        bytes::encode(self)
    }

    /// The memory in these bytes; `None` where they are not exactly one.
    pub fn decode(bytes: &[u8]) -> Option<Memory> {
        bytes::decode(bytes)
    }
}
