//! How fast a witness is, and what lease it would carry.

use std::time::{Duration, Instant};

use etcd_client::{Client, Compare, CompareOp, Txn, TxnOp};

use crate::{Etcd, WitnessError, endpoint::Endpoint};

/// How often each thing is measured.
const ROUNDS: u32 = 20;
/// How long all of it may take at one address.
const LOOK_TIMEOUT: Duration = Duration::from_secs(20);
/// How much slower than the slowest swap of a look one may become, before it costs a lease.
const MARGIN: u32 = 3;

/// What a look at one address of the cluster has found.
#[derive(Clone, Debug)]
pub struct Look {
    /// The address.
    pub endpoint: String,
    /// How it answers, or why it does not.
    pub found: Result<Measured, WitnessError>,
}

/// How one member answers.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Its version.
    pub version: String,
    /// How long it takes to read a key as the whole cluster has it.
    pub read: Spread,
    /// How long it takes to compare and swap one.
    pub swap: Spread,
    /// Whether this user may also read what is not the group's.
    pub sees_more: bool,
}

/// How long something took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// The quickest.
    pub min: Duration,
    /// The one in the middle.
    pub median: Duration,
    /// The slowest.
    pub max: Duration,
}

impl Spread {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |place: usize| times.get(place).copied().unwrap_or_default();
        Self { min: at(0), median: at(times.len() / 2), max: at(times.len().saturating_sub(1)) }
    }
}

/// What lease a witness that was looked at carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The shortest that is advisable: one request may be lost and the next one slow, and the lease is still renewed.
    pub recommended: Duration,
    /// Whether the configured one is that long.
    pub fits: bool,
    /// Whether the slowest swap, and a margin, fits in the time that a request may take.
    pub timeout_fits: bool,
}

impl Lease {
    /// What these looks say of a lease and a request's timeout; `None` if nobody answered.
    pub fn judge(looks: &[Look], interval: Duration, lease: Duration, timeout: Duration) -> Option<Lease> {
        let slowest = looks.iter().filter_map(|look| Some(look.found.as_ref().ok()?.swap.max)).max()?;
        let recommended = 2 * interval + MARGIN * slowest;
        Some(Lease { recommended, fits: lease >= recommended, timeout_fits: timeout >= MARGIN * slowest })
    }
}

impl Etcd {
    /// Looks at every member: reads, and swaps on a key that is no lease and is removed in the end.
    pub async fn look(&self) -> Vec<Look> {
        let mut looks = Vec::new();
        for endpoint in &self.endpoints {
            let found = match tokio::time::timeout(LOOK_TIMEOUT, self.measure(endpoint)).await {
                Ok(found) => found,
                Err(_) => Err(WitnessError::Silent { endpoint: endpoint.address.clone(), limit: LOOK_TIMEOUT }),
            };
            looks.push(Look { endpoint: endpoint.address.clone(), found });
        }
        looks
    }

    async fn measure(&self, endpoint: &Endpoint) -> Result<Measured, WitnessError> {
        let mut client = endpoint.client().await?;
        self.measure_with(&mut client).await.map_err(|error| endpoint.explain(&error))
    }

    async fn measure_with(&self, client: &mut Client) -> Result<Measured, etcd_client::Error> {
        let key = self.leases.scratch();
        let version = client.status().await?.version().to_owned();
        let (mut reads, mut swaps) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let before = Instant::now();
            let read = client.get(key.as_str(), None).await?;
            reads.push(before.elapsed());
            let revision = read.kvs().first().map_or(0, etcd_client::KeyValue::mod_revision);
            let unchanged = Compare::mod_revision(key.as_str(), CompareOp::Equal, revision);
            let write = TxnOp::put(key.as_str(), round.to_string(), None);
            let before = Instant::now();
            client.txn(Txn::new().when([unchanged]).and_then([write])).await?;
            swaps.push(before.elapsed());
        }
        client.delete(key, None).await?;
        let sees_more = client.get([0], None).await.is_ok();
        Ok(Measured { version, read: Spread::of(reads), swap: Spread::of(swaps), sees_more })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(swap_max_ms: u64) -> Look {
        let spread = Spread::of([1, swap_max_ms, 2].map(Duration::from_millis).to_vec());
        let measured = Measured { version: "3.4.23".to_owned(), read: spread, swap: spread, sees_more: false };
        Look { endpoint: "etcd:2379".to_owned(), found: Ok(measured) }
    }

    #[test]
    fn the_slowest_member_decides_what_lease_is_carried() {
        let ms = Duration::from_millis;
        let judge = |lease, timeout| Lease::judge(&[look(10), look(50)], ms(100), ms(lease), ms(timeout)).unwrap();
        assert_eq!(judge(350, 150), Lease { recommended: ms(350), fits: true, timeout_fits: true });
        assert_eq!(judge(349, 149), Lease { recommended: ms(350), fits: false, timeout_fits: false });
    }

    #[test]
    fn nothing_is_said_of_a_lease_where_nobody_answers() {
        let gone = WitnessError::Unreachable { endpoint: "etcd:2379".to_owned(), why: "refused".to_owned() };
        let looks = [Look { endpoint: "etcd:2379".to_owned(), found: Err(gone) }];
        assert_eq!(Lease::judge(&looks, Duration::ZERO, Duration::ZERO, Duration::ZERO), None);
    }
}
