//! Nobody is served twice without a partition (`docs/behaviour.md` §5.6).

use super::{Invariant, Sight};
use crate::Side;

pub(super) const INVARIANT: Invariant = Invariant {
    name: "served-twice",
    cites: "docs/behaviour.md §5.6, §9.1",
    says: "While the nodes hear each other, no user is served by both, not even for a moment. Where a link was cut, and \
           `partition` is `available`, both may serve from the keep-alive timeout until the nodes have heard each other again; \
           with a witness, and with any other `partition`, nobody is served twice even then.",
};

pub(super) fn state(sight: &Sight) -> Option<(&'static str, String)> {
    if sight.may_be_served_twice {
        return None;
    }
    let home = Side::BOTH.into_iter().find(|home| sight.servers[home.place()].len() > 1)?;
    Some((INVARIANT.name, format!("the users of {home} are served by both nodes")))
}
