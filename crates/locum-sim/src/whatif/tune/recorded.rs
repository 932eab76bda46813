//! Loss and stalls, as a pair has recorded them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::rates::{Lengths, Recurring, YEAR_MS};

/// What was read from `locum events --output json` and `locum status --output json`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorded {
    /// Journal entries.
    pub events: u64,
    /// Statuses.
    pub statuses: u64,
    /// For how long the journals tell, one after the other, in milliseconds.
    pub told_ms: u64,
    /// By how much the node's loop was late, each time that it stalled, in milliseconds.
    pub late_ms: Vec<u64>,
    /// The counters of each UDP link, as last read, by node and link.
    links: BTreeMap<(String, String), Counters>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counters {
    received: u64,
    lost: u64,
}

/// Why a recording is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordedError {
    /// A line that is no JSON.
    #[error(
        "line {line}: this is not JSON; give what `locum events --output json` or `locum status --output json` prints"
    )]
    NotJson {
        /// Which line, from 1.
        line: usize,
    },
    /// JSON that is neither.
    #[error(
        "document {number}: this is neither an entry of the journal nor a status; give what `locum events --output json` or `locum status --output json` prints"
    )]
    Neither {
        /// Which document, from 1.
        number: usize,
    },
    /// Not enough to count anything.
    #[error(
        "this tells of no time at all: give more entries of the journal (`locum events -n 100000 --output json`), or a status"
    )]
    Nothing,
}

#[derive(Deserialize)]
struct Entry {
    at_unix_ms: u64,
    kind: String,
    #[serde(default)]
    fields: Value,
}

#[derive(Deserialize)]
struct Status {
    node: String,
    links: Vec<Link>,
}

#[derive(Deserialize)]
struct Link {
    name: String,
    received: u64,
    lost: u64,
}

impl Recorded {
    /// Reads one recording on top of those read before: one node's journal, or statuses, as a JSON array, a document or
    /// a document on each line.
    ///
    /// # Errors
    /// What it is not. Nothing of it counts then.
    pub fn read(&mut self, text: &str) -> Result<(), RecordedError> {
        let mut read = self.clone();
        let (mut first_ms, mut last_ms) = (u64::MAX, 0);
        for (place, document) in documents(text)?.into_iter().enumerate() {
            if let Ok(entry) = Entry::deserialize(&document) {
                (first_ms, last_ms) = (first_ms.min(entry.at_unix_ms), last_ms.max(entry.at_unix_ms));
                read.events += 1;
                if entry.kind == "stall" {
                    read.late_ms.extend(entry.fields["late_ms"].as_u64());
                }
            } else if let Ok(status) = Status::deserialize(&document) {
                read.statuses += 1;
                for link in status.links.into_iter().filter(|link| link.name.starts_with("udp ")) {
                    let counters = Counters { received: link.received, lost: link.lost };
                    read.links.insert((status.node.clone(), link.name), counters);
                }
            } else {
                return Err(RecordedError::Neither { number: place + 1 });
            }
        }
        let told_ms = last_ms.saturating_sub(first_ms);
        read.told_ms += told_ms;
        let counted = read.links.values().any(|link| link.received + link.lost > 0);
        if told_ms == 0 && !(read.statuses > self.statuses && counted) {
            return Err(RecordedError::Nothing);
        }
        *self = read;
        Ok(())
    }

    /// The share of packets that got lost on a link, all links together; nothing where no status was read.
    pub fn loss(&self) -> Option<f64> {
        let sum = |of: fn(&Counters) -> u64| self.links.values().map(of).sum::<u64>();
        let (lost, all) = (sum(|link| link.lost), sum(|link| link.received + link.lost));
        (all > 0).then(|| lost as f64 / all as f64)
    }

    /// How often a node stalls, and for how long; nothing where no journal was read.
    pub fn stalls(&self) -> Option<Recurring> {
        (self.told_ms > 0).then(|| Recurring {
            per_year: self.late_ms.len() as f64 * YEAR_MS / self.told_ms as f64,
            lengths: Lengths::Recorded { late_ms: self.late_ms.clone() },
        })
    }

    /// How many links a node has, as the statuses show.
    pub fn links(&self) -> Option<u32> {
        let mut of_node: BTreeMap<&str, u32> = BTreeMap::new();
        self.links.keys().for_each(|(node, _)| *of_node.entry(node).or_default() += 1);
        of_node.into_values().min()
    }

    /// What was read, for people.
    pub fn in_words(&self) -> String {
        let told = super::span_in_words(self.told_ms as f64);
        let stalls = match (self.told_ms, self.late_ms.iter().max()) {
            (0, _) => "no journal".to_owned(),
            (_, None) => format!("{} journal entries over {told} of one node's time, no stall", self.events),
            (_, Some(longest)) => format!(
                "{} journal entries over {told} of one node's time, {} stalls of more than two intervals, the longest {}",
                self.events,
                self.late_ms.len(),
                super::span_in_words(*longest as f64)
            ),
        };
        let packets = self.links.values().map(|link| link.received + link.lost).sum::<u64>();
        let links = match self.loss() {
            None => "no status".to_owned(),
            Some(loss) => format!("{} UDP links with {packets} packets, {:.4} % lost", self.links.len(), loss * 100.0),
        };
        format!("{stalls}; {links}")
    }
}

/// One document, an array of them, or one on each line.
fn documents(text: &str) -> Result<Vec<Value>, RecordedError> {
    match serde_json::from_str(text) {
        Ok(Value::Array(documents)) => return Ok(documents),
        Ok(document) => return Ok(vec![document]),
        Err(_) => {}
    }
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(place, line)| serde_json::from_str(line).map_err(|_| RecordedError::NotJson { line: place + 1 }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: u64 = 86_400_000;

    fn entry(at_unix_ms: u64, kind: &str, late_ms: u64) -> String {
        serde_json::json!({ "sequence": 1, "at_unix_ms": at_unix_ms, "kind": kind, "text": "", "fields": { "late_ms": late_ms } })
            .to_string()
    }

    #[test]
    fn journals_tell_of_stalls_and_statuses_of_loss() {
        let mut recorded = Recorded::default();
        recorded
            .read(
                &[entry(DAY_MS, "daemon", 0), entry(2 * DAY_MS, "stall", 900), entry(11 * DAY_MS, "users", 0)]
                    .join("\n"),
            )
            .unwrap();
        assert_eq!((recorded.events, recorded.told_ms, &recorded.late_ms[..]), (3, 10 * DAY_MS, &[900][..]));
        let stalls = recorded.stalls().unwrap();
        assert!((stalls.per_year - 36.525).abs() < 1e-9, "{stalls:?}");
        assert_eq!(recorded.loss(), None);
        let status = r#"{"node": "a", "links": [{"name": "udp x:1", "received": 980, "lost": 20},
            {"name": "udp y:1", "received": 1000, "lost": 0}, {"name": "tls x:1", "received": 5, "lost": 5}]}"#;
        recorded.read(status).unwrap();
        assert_eq!((recorded.loss(), recorded.links()), (Some(0.01), Some(2)), "a stream loses nothing by itself");
        assert!(
            recorded.in_words().contains("1 stalls of more than two intervals, the longest 900 ms"),
            "{}",
            recorded.in_words()
        );
    }

    #[test]
    fn what_is_something_else_is_refused_and_counts_for_nothing() {
        let mut recorded = Recorded::default();
        let read = |recorded: &mut Recorded, text: &str| recorded.read(text).unwrap_err();
        assert_eq!(read(&mut recorded, "{}\n nonsense"), RecordedError::NotJson { line: 2 });
        assert_eq!(read(&mut recorded, "[{\"a\": 1}]"), RecordedError::Neither { number: 1 });
        assert_eq!(read(&mut recorded, &entry(5, "stall", 9)), RecordedError::Nothing);
        assert_eq!(recorded, Recorded::default());
    }
}
