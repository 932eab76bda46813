//! Outcomes of commands by idempotency key, so that what is asked twice is done once.

use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};

use crate::{
    StoreError,
    schema::{OUTCOME_AGES, OUTCOMES},
};

/// How long an outcome is remembered: 24 hours.
pub const OUTCOME_KEPT_MS: u64 = 24 * 60 * 60 * 1000;
/// How many outcomes are remembered at most.
pub const OUTCOMES_KEPT: u64 = 10_000;
/// The longest idempotency key.
pub(crate) const KEY_BYTES_MAX: usize = 255;

/// Refuses keys that no client means.
pub(crate) fn check_key(key: &str) -> Result<(), StoreError> {
    match key.len() {
        1..=KEY_BYTES_MAX => Ok(()),
        bytes => Err(StoreError::Key { bytes }),
    }
}

/// Writes an outcome, in place of one under the same key, and forgets those that are too old or too many.
pub(crate) fn remember(
    transaction: &WriteTransaction,
    key: &str,
    outcome_json: &str,
    now_unix_ms: u64,
) -> Result<(), StoreError> {
    let mut outcomes = transaction.open_table(OUTCOMES)?;
    let mut ages = transaction.open_table(OUTCOME_AGES)?;
    let before = outcomes.insert(key, (now_unix_ms, outcome_json))?.map(|old| old.value().0);
    if let Some(written_ms) = before {
        ages.remove((written_ms, key))?;
    }
    ages.insert((now_unix_ms, key), ())?;
    loop {
        let Some((written_ms, oldest)) = ages.first()?.map(|(age, _)| (age.value().0, age.value().1.to_owned())) else {
            return Ok(());
        };
        if !expired(written_ms, now_unix_ms) && outcomes.len()? <= OUTCOMES_KEPT {
            return Ok(());
        }
        outcomes.remove(oldest.as_str())?;
        ages.remove((written_ms, oldest.as_str()))?;
    }
}

/// Whether what was written then is forgotten by now.
pub(crate) fn expired(written_ms: u64, now_unix_ms: u64) -> bool {
    now_unix_ms.saturating_sub(written_ms) >= OUTCOME_KEPT_MS
}
