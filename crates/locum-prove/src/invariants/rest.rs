//! What one node begins, the other ends (`docs/behaviour.md` §2, §5.4).

use super::{Invariant, Sight};
use crate::Side;

pub(super) const INVARIANT: Invariant = Invariant {
    name: "transitions-end",
    cites: "docs/behaviour.md §2, §5.4",
    says: "A transition state ends by itself: whatever one node sets out to do, the other answers, or time does. Nobody \
           rests in one.",
};

pub(super) fn state(sight: &Sight) -> Option<(&'static str, String)> {
    if !sight.rests {
        return None;
    }
    let stuck = |side: &Side| {
        let node = sight.node(*side);
        sight.runs(*side) && !node.leaving && !node.apart && node.state.is_transition()
    };
    let side = Side::BOTH.into_iter().find(stuck)?;
    // A paused peer, or a broken link, ends too: then its silence does. Who may not take over waits for that.
    Some((INVARIANT.name, format!("{side} rests in {}", sight.node(side).state)))
}
