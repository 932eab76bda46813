//! What goes wrong with a pair, and how often.

use serde::Serialize;

/// A year, in milliseconds.
pub const YEAR_MS: f64 = 365.25 * 86_400_000.0;

/// What goes wrong, and how often.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rates {
    /// How many links the nodes have.
    pub links: u32,
    /// The share of packets that gets lost on each link, each packet and each link by itself.
    pub loss: f64,
    /// Times in which nothing that the nodes send each other arrives, on any link.
    pub burst_loss: Option<Recurring>,
    /// Times in which one node stands still; each node has its own.
    pub stalls: Option<Recurring>,
    /// Times in which a critical service of one node is down and comes back by itself; each node has its own.
    pub service_faults: Option<Recurring>,
    /// How often a year each node fails and does not mend by itself: its host, or a critical service.
    pub crashes_per_year: f64,
}

impl Rates {
    /// Nothing goes wrong, on two links.
    pub const NONE: Rates =
        Rates { links: 2, loss: 0.0, burst_loss: None, stalls: None, service_faults: None, crashes_per_year: 0.0 };

    /// The share of heartbeats that gets lost: on all links at once.
    pub fn heartbeat_loss(&self) -> f64 {
        self.loss.powi(i32::try_from(self.links).unwrap_or(i32::MAX))
    }
}

/// Something that comes again and again.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recurring {
    /// How often a year.
    pub per_year: f64,
    /// How long it lasts.
    pub lengths: Lengths,
}

impl Recurring {
    /// Once in this time on average, and so long on average; both exponentially distributed.
    pub fn exponential(every_ms: f64, mean_ms: f64) -> Recurring {
        Recurring { per_year: YEAR_MS / every_ms, lengths: Lengths::Exponential { mean_ms } }
    }
}

/// How long something lasts.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lengths {
    /// Without memory: however long it has lasted, it lasts this long from then on, on average.
    Exponential {
        /// In milliseconds.
        mean_ms: f64,
    },
    /// As long as these have, each as likely.
    Recorded {
        /// By how much a heartbeat was late, each, in milliseconds.
        late_ms: Vec<u64>,
    },
}

impl Lengths {
    /// The share that lasts longer than this.
    pub fn longer_than(&self, ms: f64) -> f64 {
        match self {
            Lengths::Exponential { mean_ms } => (-ms.max(0.0) / mean_ms).exp(),
            Lengths::Recorded { late_ms } => share(late_ms, |late_ms| late_ms > ms),
        }
    }

    /// The share that keeps heartbeats away for `ms`, where the last one went out evenly drawn up to an interval
    /// before it began. What was recorded is by how much a heartbeat was late, an interval after the last.
    pub fn silence_of(&self, ms: f64, interval_ms: f64) -> f64 {
        match self {
            Lengths::Exponential { mean_ms } => {
                let over = |ms: f64| (-ms.max(0.0) / mean_ms).exp();
                (mean_ms / interval_ms * (over(ms - interval_ms) - over(ms))).min(1.0)
            }
            Lengths::Recorded { late_ms } => share(late_ms, |late_ms| late_ms + interval_ms >= ms),
        }
    }
}

fn share(late_ms: &[u64], is: impl Fn(f64) -> bool) -> f64 {
    let those = late_ms.iter().filter(|late_ms| is(**late_ms as f64)).count();
    if late_ms.is_empty() { 0.0 } else { those as f64 / late_ms.len() as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-9
    }

    #[test]
    fn a_heartbeat_is_lost_on_all_links_at_once() {
        let loss = |links| Rates { links, loss: 0.1, ..Rates::NONE }.heartbeat_loss();
        assert!(near(loss(1), 0.1) && near(loss(2), 0.01) && near(loss(3), 0.001));
    }

    #[test]
    fn what_has_no_memory_is_averaged_over_where_in_an_interval_it_begins() {
        let lengths = Lengths::Exponential { mean_ms: 50.0 };
        let steps = 100_000;
        let mean =
            (0..steps).map(|step| lengths.longer_than(350.0 - 100.0 * (f64::from(step) + 0.5) / f64::from(steps)));
        let mean = mean.sum::<f64>() / f64::from(steps);
        assert!((lengths.silence_of(350.0, 100.0) - mean).abs() < 1e-6);
        assert!(lengths.silence_of(350.0, 100.0) > lengths.longer_than(350.0));
    }

    #[test]
    fn what_was_recorded_is_counted() {
        let lengths = Lengths::Recorded { late_ms: vec![200, 250, 400, 900] };
        assert!(near(lengths.longer_than(250.0), 0.5));
        assert!(near(lengths.silence_of(350.0, 100.0), 0.75), "250 ms late are 350 ms of silence");
        assert!(near(Lengths::Recorded { late_ms: Vec::new() }.silence_of(1.0, 1.0), 0.0));
    }
}
