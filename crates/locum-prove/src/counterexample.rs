//! A way through the joint states, step by step: as a file, and as words.

use serde::{Deserialize, Serialize};

use crate::action::{Action, Side};
use crate::config::Config;
use crate::joint::Joint;
use crate::moves::Moves;
use crate::steps::{Machine, Steps};

/// What one step leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sight {
    /// What happens; `None` before the first step.
    pub action: Option<Action>,
    /// Both nodes: state and reason, `None` where the daemon does not run.
    pub nodes: [Option<(String, String)>; 2],
    /// Who serves the users of either home.
    pub served_by: [Vec<Side>; 2],
    /// How many messages are under way to either node.
    pub under_way: [usize; 2],
}

/// Goes through these steps from the beginning: two hosts that are up, whose daemons have never run.
///
/// # Errors
/// The number of the first step that cannot happen there, counted from 1.
pub fn walk(config: &Config, machine: &mut dyn Machine, steps: &[Action]) -> Result<Vec<Sight>, usize> {
    let mut moves = Moves { config, steps: Steps::new(config, machine) };
    let mut joint = moves.first();
    let mut sights = vec![sight(&moves, &joint, None)];
    let mut found = Vec::new();
    for (place, step) in steps.iter().enumerate() {
        moves.next(&joint, &mut found);
        let next = found.iter().find(|next| next.action == *step).ok_or(place + 1)?;
        joint = next.joint;
        sights.push(sight(&moves, &joint, Some(*step)));
    }
    Ok(sights)
}

fn sight(moves: &Moves, joint: &Joint, action: Option<Action>) -> Sight {
    Sight {
        action,
        nodes: Side::BOTH.map(|side| {
            let known = moves.known(joint, side);
            known.up.then(|| (known.state.to_string(), known.reason.to_string()))
        }),
        served_by: Side::BOTH.map(|home| moves.servers(joint, home).collect()),
        under_way: Side::BOTH.map(|side| joint.lanes[side.peer().place()].under_way()),
    }
}

/// A counterexample as a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepsFile {
    /// Tells that it is one, and of which form.
    pub format: String,
    /// The invariant that it breaks.
    pub invariant: String,
    /// What is wrong at its end.
    pub what: String,
    /// Whether a covered node falls back by itself.
    pub automatic_fallback: bool,
    /// Whether it does so without waiting.
    pub at_once: bool,
    /// Whether the kernel's word counts.
    pub fast_peer_loss: bool,
    /// The kinds of critical service: `true` for a database.
    pub databases: Vec<bool>,
    /// What happens.
    pub steps: Vec<Action>,
}

/// What a [`StepsFile`] begins with.
pub const FORMAT: &str = "locum-steps-1";
