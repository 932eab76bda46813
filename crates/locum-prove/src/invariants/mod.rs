//! What must hold in every joint state, and at every step; one file each.

mod back_to_normal;
mod epoch;
mod fallback;
mod legal;
mod nobody_serves;
mod rest;
mod served_once;
mod served_twice;

use locum_core::{Core, Effect};

use crate::Side;
use crate::joint::Joint;
use crate::moves::{Moves, Next};
use crate::node::{Form, Known};

/// A rule of `docs/behaviour.md`, and whether it is kept.
#[derive(Clone, Copy, Debug)]
pub struct Invariant {
    /// Its name, as violations show it.
    pub name: &'static str,
    /// The section that it comes from.
    pub cites: &'static str,
    /// What it says.
    pub says: &'static str,
}

/// All invariants.
pub const ALL: [Invariant; 8] = [
    legal::INVARIANT,
    served_once::INVARIANT,
    nobody_serves::INVARIANT,
    back_to_normal::INVARIANT,
    epoch::INVARIANT,
    fallback::INVARIANT,
    rest::INVARIANT,
    served_twice::INVARIANT,
];

pub(crate) use back_to_normal::INVARIANT as BACK_TO_NORMAL;

/// One step of one node.
pub(crate) struct Stepped<'a> {
    /// The node before it.
    pub(crate) before: &'a Form,
    /// How far the epoch is ahead in the heartbeat that arrives, if one does.
    pub(crate) push_epoch: u64,
    /// The node after it.
    pub(crate) after: &'a Core,
    /// What it asks for.
    pub(crate) effects: &'a [Effect],
    /// The rows of the table that applied.
    pub(crate) rows: &'a [&'static str],
}

/// A joint state, looked at.
pub(crate) struct Sight<'a> {
    pub(crate) joint: &'a Joint,
    /// Both nodes.
    pub(crate) nodes: [&'a Known; 2],
    /// Who serves the users of either home.
    pub(crate) servers: [Vec<Side>; 2],
    /// Nothing will change by itself.
    pub(crate) rests: bool,
    /// Everything works.
    pub(crate) mended: bool,
    /// A link was cut, and the group's rule for that lets both nodes serve.
    pub(crate) may_be_served_twice: bool,
}

impl Sight<'_> {
    pub(crate) fn node(&self, side: Side) -> &Known {
        self.nodes[side.place()]
    }

    /// A node runs: its daemon is up, and its host is not paused.
    pub(crate) fn runs(&self, side: Side) -> bool {
        self.node(side).up && !self.joint.worlds[side.place()].frozen
    }
}

/// The first invariant that a step breaks, and how.
pub(crate) fn step(stepped: &Stepped) -> Option<(&'static str, String)> {
    legal::step(stepped).or_else(|| epoch::step(stepped))
}

/// The first invariant that a joint state breaks, and how.
pub(crate) fn state(sight: &Sight) -> Option<(&'static str, String)> {
    served_twice::state(sight)
        .or_else(|| rest::state(sight))
        .or_else(|| served_once::state(sight))
        .or_else(|| legal::state(sight))
        .or_else(|| nobody_serves::state(sight))
}

/// The first invariant that an edge breaks, and how.
pub(crate) fn edge(moves: &Moves, before: &Joint, next: &Next) -> Option<(&'static str, String)> {
    if next.violation > 0 {
        return moves.steps.violations.get(next.violation as usize - 1).cloned();
    }
    fallback::edge(moves, before, next)
}
