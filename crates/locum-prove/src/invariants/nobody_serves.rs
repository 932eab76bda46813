//! Nobody waits while somebody could serve (`docs/behaviour.md` §5.11).

use locum_core::State;

use super::{Invariant, Sight};
use crate::Side;

pub(super) const INVARIANT: Invariant = Invariant {
    name: "nobody-serves",
    cites: "docs/behaviour.md §5.11",
    says: "No pair rests with users whom nobody serves while a node is fit to, whatever is broken, unless it is by \
           design: that node is Idle, or in Failed Mode, or Unknown, or must not take over from a peer that \
           may still serve, and then it raises an alarm.",
};

pub(super) fn state(sight: &Sight) -> Option<(&'static str, String)> {
    if !sight.rests {
        return None;
    }
    for home in Side::BOTH {
        if !sight.servers[home.place()].is_empty() {
            continue;
        }
        let could = |side: &Side| {
            let node = sight.node(*side);
            let by_design = [State::Idle, State::RunningInFailedMode, State::Unknown].contains(&node.state);
            sight.runs(*side) && node.is_fit() && !by_design && !node.apart
        };
        if let Some(side) = Side::BOTH.into_iter().find(could) {
            let state = sight.node(side).state;
            return Some((INVARIANT.name, format!("nobody serves the users of {home}, and {side} is fit in {state}")));
        }
    }
    None
}
