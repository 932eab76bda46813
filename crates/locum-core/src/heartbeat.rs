//! What one node tells the other, every keep-alive interval and at every change.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::bytes;
use crate::parameters::Parameters;
use crate::state::{Reason, State};

/// The node's state of affairs and, as an echo, what it last heard of the peer's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// The start of the daemon that sends; a later start has a higher number.
    pub incarnation: u64,
    /// The boot of the host, as a number that differs from boot to boot.
    pub boot_id: u64,
    /// Counts the heartbeats of an incarnation, from 1.
    pub sequence: u64,
    /// When it was sent, on the sender's clock, in milliseconds.
    pub sent_ms: u64,
    /// Counts the changes of `announced`, from 1.
    pub version: u64,
    /// What the receiver may act on.
    pub announced: Announced,
    /// The sender's epoch (`docs/behaviour.md` §9.1).
    pub epoch: u64,
    /// The sender's user directory.
    pub directory: Directory,
    /// The sender's group parameters.
    pub parameters: Parameters,
    /// What the sender last heard of the receiver; `None` before the first heartbeat.
    pub echo: Option<Echo>,
}

/// The part of a heartbeat that a peer acts on, once its own heartbeats echo the version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    /// The sender's state.
    pub state: State,
    /// Its reason.
    pub reason: Reason,
    /// While Initializing: the state that the sender remembers.
    pub remembered: State,
    /// While Initializing: the reason that goes with it.
    pub remembered_reason: Reason,
    /// While Initializing: marked *recover* (`docs/behaviour.md` §5).
    pub recovering: bool,
    /// Whether its critical services have started.
    pub started: bool,
    /// Whether high availability is on at the sender.
    pub high_availability: Switch,
    /// Whether the sender is leaving: an orderly stop, not a restart of the daemon.
    pub goodbye: bool,
    /// Whether the sender will not serve, for the keep-alive timeout, whom its state does not serve. Not so while it
    /// would take over if it could (`docs/behaviour.md` §9.1).
    pub promises: bool,
}

/// Whether high availability is on. The later of two administrators' decisions holds for both nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Switch {
    /// Counts the decisions; 0 is the configuration's.
    pub decision: u64,
    /// On or off.
    pub on: bool,
}

/// Names the last heartbeat that a node heard of its peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Echo {
    /// Its incarnation.
    pub incarnation: u64,
    /// Its version.
    pub version: u64,
    /// When it was sent, on the clock of the node that sent it, in milliseconds.
    pub sent_ms: u64,
}

/// Which contents a node's user directory has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// Counts the changes.
    pub revision: u64,
    /// A digest of the users.
    pub digest: u64,
}

impl Heartbeat {
    /// The bytes of a frame.
    pub fn encode(&self) -> Vec<u8> {
        bytes::encode(self)
    }

    /// The heartbeat in a frame; `None` where the bytes are not exactly one heartbeat.
    pub fn decode(bytes: &[u8]) -> Option<Heartbeat> {
        bytes::decode(bytes)
    }
}
