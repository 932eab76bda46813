//! The witness: a third party that holds one lease for each home (`docs/behaviour.md` §9.1).
//!
//! It knows nothing of time. A lease is a record, which its holder writes anew again and again: each node compares the
//! revision with the one that it knows, and counts time on its own clock. So there is nothing here that expires, and
//! nothing that is remembered from one request to the next: every answer is read, or swapped, for the request it
//! answers.

mod check;
mod endpoint;
mod error;
mod etcd;
mod leases;
mod memory;

use locum_core::{LeaseReply, WitnessRequest};

pub use self::{
    check::{Lease, Look, Measured, Spread},
    endpoint::Access,
    error::WitnessError,
    etcd::Etcd,
    leases::Leases,
    memory::Memory,
};

/// Who holds the leases.
pub trait Witness: Send + Sync {
    /// Carries out what is wished of each lease, one as if the other were not there, and says how both stand after it.
    ///
    /// # Errors
    /// If there is no answer in time, or none that can be used. What was wished may have been done all the same.
    fn ask(&self, request: WitnessRequest) -> impl Future<Output = Result<[LeaseReply; 2], WitnessError>> + Send;
}
