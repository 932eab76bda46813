//! The journal: what happened and why, oldest entries dropped in batches.

use redb::{ReadableTable, Table};
use serde::{Deserialize, Serialize};

use crate::{StoreError, schema::unreadable};

/// How many entries the journal keeps at least; it holds at most 1,000 more.
pub const JOURNAL_ENTRIES_KEPT: u64 = 100_000;

/// How many entries go at a time, so that most appends prune nothing.
const PRUNED_AT_ONCE: u64 = 1_000;

/// One entry of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// Its number, from 1, without gaps; the store gives it and ignores what the caller put here.
    pub sequence: u64,
    /// Wall-clock time in milliseconds since 1970, for people; nothing is decided by it.
    pub at_unix_ms: u64,
    /// What sort of event, e.g. `transition`.
    pub kind: String,
    /// One sentence for a person.
    pub text: String,
    /// The evidence, for a program.
    pub fields: serde_json::Value,
}

impl JournalEntry {
    /// An entry that has not been written yet.
    pub fn new(at_unix_ms: u64, kind: impl Into<String>, text: impl Into<String>, fields: serde_json::Value) -> Self {
        Self { sequence: 0, at_unix_ms, kind: kind.into(), text: text.into(), fields }
    }
}

type Journal<'txn> = Table<'txn, u64, &'static [u8]>;

/// Appends the entries and gives the last sequence number in the journal, 0 where it is empty.
pub(crate) fn append(journal: &mut Journal<'_>, entries: &[JournalEntry]) -> Result<u64, StoreError> {
    let mut last = last_sequence(journal)?;
    for entry in entries {
        last += 1;
        let entry = JournalEntry { sequence: last, ..entry.clone() };
        let json = serde_json::to_vec(&entry).expect("JSON values always encode");
        journal.insert(last, json.as_slice())?;
    }
    prune(journal, JOURNAL_ENTRIES_KEPT, PRUNED_AT_ONCE)?;
    Ok(last)
}

/// The last number given out, 0 where there is none.
pub(crate) fn last_sequence(journal: &impl ReadableTable<u64, &'static [u8]>) -> Result<u64, StoreError> {
    Ok(journal.last()?.map_or(0, |(sequence, _)| sequence.value()))
}

/// Up to `limit` entries from the sequence number `from` on, oldest first.
pub(crate) fn read(
    journal: &impl ReadableTable<u64, &'static [u8]>,
    from: u64,
    limit: usize,
) -> Result<Vec<JournalEntry>, StoreError> {
    let mut entries = Vec::new();
    for row in journal.range(from..)?.take(limit) {
        let (sequence, json) = row?;
        let entry = serde_json::from_slice(json.value())
            .map_err(|error| unreadable(&format!("journal entry {}", sequence.value()), &error))?;
        entries.push(entry);
    }
    Ok(entries)
}

/// Drops the oldest once there are `batch` more than `kept`.
fn prune(journal: &mut Journal<'_>, kept: u64, batch: u64) -> Result<(), StoreError> {
    let last = last_sequence(journal)?;
    let first = journal.first()?.map_or(0, |(sequence, _)| sequence.value());
    if last + 1 - first >= kept + batch {
        journal.retain_in(..=last - kept, |_, _| false)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use redb::{Database, ReadableTableMetadata, backends::InMemoryBackend};

    use super::*;
    use crate::schema::JOURNAL;

    #[test]
    fn the_oldest_go_in_batches_and_numbers_never_repeat() {
        let database = Database::builder().create_with_backend(InMemoryBackend::new()).unwrap();
        let transaction = database.begin_write().unwrap();
        let mut journal = transaction.open_table(JOURNAL).unwrap();
        let mut lengths = Vec::new();
        for n in 1..=30_u64 {
            let entry = JournalEntry::new(n, "test", "an entry", serde_json::json!({ "n": n }));
            assert_eq!(append(&mut journal, &[entry]).unwrap(), n);
            prune(&mut journal, 10, 5).unwrap();
            lengths.push(journal.len().unwrap());
        }
        assert_eq!(lengths.iter().max(), Some(&14));
        assert_eq!(lengths[14..].iter().min(), Some(&10));
        let left = read(&journal, 0, usize::MAX).unwrap();
        let sequences: Vec<u64> = left.iter().map(|entry| entry.sequence).collect();
        assert_eq!(sequences, (21..=30).collect::<Vec<u64>>());
        assert!(left.iter().all(|entry| entry.fields["n"] == entry.sequence));
    }
}
