//! When a covered node takes its users back by itself (`docs/behaviour.md` §5, §9.3).

use serde::{Deserialize, Serialize};

/// At most this often the delay is doubled.
const DAMPING_MAX: u8 = 3;

/// The countdown to the automatic fallback, and its damping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fallback {
    /// Since when every condition has held without a break.
    since_ms: Option<u64>,
    cancelled: bool,
    /// How often the delay is doubled, since the last automatic fallback did not last.
    pub(super) damping: u8,
    /// When the node was last back in Normal after an automatic fallback.
    fell_back_ms: Option<u64>,
}

impl Fallback {
    pub(super) fn new(damping: u8) -> Fallback {
        Fallback { since_ms: None, cancelled: false, damping: damping.min(DAMPING_MAX), fell_back_ms: None }
    }

    /// Counts on while the conditions hold, and from the start after any break.
    pub(super) fn count(&mut self, now_ms: u64, holds: bool) {
        if holds {
            self.since_ms.get_or_insert(now_ms);
        } else {
            (self.since_ms, self.cancelled) = (None, false);
        }
    }

    pub(super) fn restart(&mut self) {
        self.since_ms = None;
    }

    pub(super) fn cancel(&mut self) {
        self.cancelled = true;
    }

    /// When the fallback is due, if nothing breaks the count.
    pub(super) fn due_ms(&self, delay_ms: u64) -> Option<u64> {
        self.since_ms.filter(|_| !self.cancelled).map(|since_ms| since_ms.saturating_add(self.hold_ms(delay_ms)))
    }

    /// The node is back in Normal after an automatic fallback.
    pub(super) fn done(&mut self, now_ms: u64) {
        self.fell_back_ms = Some(now_ms);
    }

    /// The node leaves Normal: if that is soon after an automatic fallback, the next one waits twice as long.
    pub(super) fn broken(&mut self, now_ms: u64, delay_ms: u64) {
        if self.fell_back_ms.take().is_some_and(|at_ms| now_ms.saturating_sub(at_ms) < self.hold_ms(delay_ms)) {
            self.damping = (self.damping + 1).min(DAMPING_MAX);
        }
    }

    /// The node has stayed Normal: once that has lasted as long as the hold, the damping ends.
    pub(super) fn lasts(&mut self, now_ms: u64, delay_ms: u64) {
        if self.fell_back_ms.is_some_and(|at_ms| now_ms.saturating_sub(at_ms) >= self.hold_ms(delay_ms)) {
            (self.fell_back_ms, self.damping) = (None, 0);
        }
    }

    /// Forgets since when it counts, but not that it is due, and how long holds have become; see [`super::timeless`].
    pub(super) fn timeless(&mut self, then_ms: u64, now_ms: u64, delay_ms: u64) {
        let due = self.due_ms(delay_ms).is_some_and(|due_ms| then_ms >= due_ms);
        (self.damping, self.fell_back_ms) = (0, None);
        self.since_ms = self.since_ms.map(|_| if due { now_ms - delay_ms } else { now_ms });
    }

    /// Lets the count run out. Returns whether it was running.
    pub(super) fn run_out(&mut self, now_ms: u64, delay_ms: u64) -> bool {
        let runs = self.due_ms(delay_ms).is_some_and(|due_ms| now_ms < due_ms);
        if runs {
            self.since_ms = Some(now_ms - self.hold_ms(delay_ms));
        }
        runs
    }

    fn hold_ms(&self, delay_ms: u64) -> u64 {
        delay_ms.saturating_mul(1 << self.damping)
    }
}
