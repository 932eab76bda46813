//! A node that falls back by itself has waited for it (`docs/behaviour.md` §5.9, §9.3).

use super::Invariant;
use crate::Action;
use crate::joint::Joint;
use crate::moves::{Moves, Next};

pub(super) const INVARIANT: Invariant = Invariant {
    name: "one-fallback-a-hold",
    cites: "docs/behaviour.md §5.9, §9.3",
    says: "A node falls back by itself only after it has been healthy, beside a peer that covers, for a whole hold that \
           was not spent before.",
};

/// A hold is over when its timer runs out, and it is spent by the fallback that follows at once. So a fallback that
/// comes with anything else has had no hold of its own: the count was not begun anew, or the delay is zero.
pub(super) fn edge(moves: &Moves, before: &Joint, next: &Next) -> Option<(&'static str, String)> {
    if !next.falls_back || matches!(next.action, Action::FallbackDue(_)) {
        return None;
    }
    let side = next.action.side();
    let no_delay = moves.config.parameters.automatic_fallback_delay_ms == 0;
    let waited = moves.known(before, side).was_due && !no_delay;
    (!waited).then(|| {
        let how = if no_delay {
            "the automatic fallback delay is zero, so whatever failed may fail again at once, and so on for ever"
        } else {
            "no hold was over"
        };
        (INVARIANT.name, format!("{side} falls back by itself without having waited: {how}"))
    })
}
