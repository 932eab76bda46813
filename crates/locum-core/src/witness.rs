//! What a node and the witness tell each other (`docs/behaviour.md` §9.1).

use serde::{Deserialize, Serialize};

use crate::parameters::Rank;

/// What a node asks of the witness: one thing of each home's lease, the first node's home first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WitnessRequest {
    /// Goes into the reply.
    pub token: u64,
    /// What is asked of each lease.
    pub wishes: [Wish; 2],
}

/// What is asked of one lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wish {
    /// What does it say?
    Read,
    /// Write this node in as its holder, under this epoch, if the record is still the one of this revision.
    Hold {
        /// The revision that the node has read; 0 if there was no record.
        revision: u64,
        /// The epoch to be recorded.
        epoch: u64,
    },
    /// Write in that nobody holds it, if the record is still the one of this revision. The epoch stays recorded.
    Release {
        /// The revision that the node has read.
        revision: u64,
        /// The epoch to be recorded.
        epoch: u64,
    },
}

/// The lease of one home, as the witness has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseRecord {
    /// Changes with every writing, and never comes again; 0 where there is no record.
    pub revision: u64,
    /// Who holds it; `None` if nobody does.
    pub holder: Option<Rank>,
    /// The highest epoch that was written.
    pub epoch: u64,
}

/// What the witness says of one lease.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseReply {
    /// What was to be written was written, in one step with the comparison.
    pub swapped: bool,
    /// The record, after that.
    pub record: LeaseRecord,
}
