//! The epoch never falls, and whoever moves users raises it (`docs/behaviour.md` §9.1).

use locum_core::Effect;

use super::{Invariant, Stepped};
use crate::node::Form;

pub(super) const INVARIANT: Invariant = Invariant {
    name: "epoch-rises",
    cites: "docs/behaviour.md §9.1",
    says: "A node's epoch never falls, is never below one that it has heard of, and every user move has an epoch above \
           all that its node knew before.",
};

pub(super) fn step(stepped: &Stepped) -> Option<(&'static str, String)> {
    let Form::Up(before) = stepped.before else { return None };
    let heard = before.memory().epoch + stepped.push_epoch;
    let after = stepped.after.memory().epoch;
    let moves = stepped.effects.iter().find_map(|effect| match effect {
        Effect::MoveUsers { epoch, .. } => Some(*epoch),
        _ => None,
    });
    let rows = stepped.rows.join(", ");
    if after < heard {
        return Some((INVARIANT.name, format!("the epoch falls from {heard} to {after} ({rows})")));
    }
    moves
        .filter(|epoch| *epoch <= heard)
        .map(|epoch| (INVARIANT.name, format!("users move under epoch {epoch}, which was known before ({rows})")))
}
