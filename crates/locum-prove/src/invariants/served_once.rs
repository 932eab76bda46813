//! After faults have stopped, everybody is served, once (`docs/behaviour.md` §5.6, §5.11).

use locum_core::State;

use super::{Invariant, Sight};
use crate::Side;

pub(super) const INVARIANT: Invariant = Invariant {
    name: "served-once",
    cites: "docs/behaviour.md §5.6, §5.11",
    says: "Once every fault is mended and the pair rests, every user is served by exactly one node, and that one is fit. \
           Only an administrator who has made both nodes Idle can keep users from being served.",
};

pub(super) fn state(sight: &Sight) -> Option<(&'static str, String)> {
    if !sight.rests || !sight.mended || sight.nodes.iter().any(|node| node.leaving) {
        return None;
    }
    for home in Side::BOTH {
        let servers = &sight.servers[home.place()];
        let fault = match servers.as_slice() {
            [one] if sight.node(*one).is_fit() => continue,
            [one] => format!("the users of {home} are served by {one}, which is not fit"),
            [] if is_forbidden(sight) => continue,
            [] => format!("the users of {home} are served by nobody"),
            _ => format!("the users of {home} are served twice"),
        };
        return Some((INVARIANT.name, fault));
    }
    None
}

/// An administrator has made the nodes that could serve Idle.
fn is_forbidden(sight: &Sight) -> bool {
    Side::BOTH.into_iter().all(|side| !sight.node(side).is_fit() || sight.node(side).state == State::Idle)
}
