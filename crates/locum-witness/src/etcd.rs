//! etcd as the witness.

use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::{Duration, Instant},
};

use locum_core::{LeaseReply, WitnessRequest};

use crate::{Access, Leases, Witness, WitnessError, endpoint::Endpoint};

/// A cluster of etcd, of one or more members.
pub struct Etcd {
    pub(crate) leases: Leases,
    pub(crate) endpoints: Vec<Endpoint>,
    timeout: Duration,
    /// Which one answered last: it is asked first.
    current: AtomicUsize,
}

impl Etcd {
    /// A cluster with these members, each `host:port`. Nothing is connected yet. Every request is answered within
    /// `timeout`, or fails.
    ///
    /// # Errors
    /// If a file that is needed to connect cannot be read.
    pub fn new(addresses: &[String], access: &Access, leases: Leases, timeout: Duration) -> Result<Self, WitnessError> {
        access.options()?;
        let endpoints = addresses.iter().map(|address| Endpoint::new(address, access, leases.root())).collect();
        Ok(Self { leases, endpoints, timeout, current: AtomicUsize::new(0) })
    }

    /// What all the group's keys begin with.
    pub fn root(&self) -> &str {
        self.leases.root()
    }
}

impl Witness for Etcd {
    async fn ask(&self, request: WitnessRequest) -> Result<[LeaseReply; 2], WitnessError> {
        let transactions = self.leases.transactions(&request.wishes);
        let deadline = Instant::now() + self.timeout;
        let (first, count) = (self.current.load(Relaxed), self.endpoints.len());
        let mut failed = None;
        for tried in 0..count {
            let place = (first + tried) % count;
            // Each of those that are left gets its share of the time that is left. A swap that was carried out without
            // an answer makes the next comparison fail, and what is read then says so.
            let share = deadline.saturating_duration_since(Instant::now()) / (count - tried) as u32;
            match self.endpoints[place].carry_out(transactions.clone(), share).await {
                Ok(responses) => {
                    self.current.store(place, Relaxed);
                    return self.leases.replies(&request.wishes, &responses);
                }
                Err(error) if error.is_of_the_endpoint() => failed = failed.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        self.current.store((first + 1) % count.max(1), Relaxed);
        Err(failed.unwrap_or_else(|| WitnessError::Unreachable {
            endpoint: "the witness".to_owned(),
            why: "it has no address".to_owned(),
        }))
    }
}
