//! A way through the joint states, step by step: as a file, and as words.

use locum_core::{Parameters, Partition, Reason, State};
use serde::{Deserialize, Serialize};

use crate::action::{Action, Side};
use crate::config::{Config, Scope};
use crate::explore::Violation;
use crate::joint::Joint;
use crate::moves::Moves;
use crate::steps::{Machine, Steps};

/// What one step leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// What happens; `None` before the first step.
    pub action: Option<Action>,
    /// Both nodes: state and reason, `None` where the daemon does not run.
    pub nodes: [Option<(State, Reason)>; 2],
    /// Who serves the users of either home.
    pub served_by: [Vec<Side>; 2],
}

/// A step that cannot happen where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("step {number} cannot happen: {action}")]
pub struct Impossible {
    /// Which one, counted from 1.
    pub number: usize,
    /// What would have to happen.
    pub action: Action,
}

/// Goes through these steps from the beginning: two hosts that are up, whose daemons have never run. Whatever the scope
/// of the configuration, everything may happen.
///
/// # Errors
/// The first step that cannot happen there.
pub fn walk(config: &Config, machine: &mut dyn Machine, steps: &[Action]) -> Result<Vec<Sight>, Impossible> {
    let config = &Config { scope: Scope::FULL, ..config.clone() };
    let mut moves = Moves { config, steps: Steps::new(config, machine) };
    let mut joint = moves.first();
    let mut sights = vec![sight(&moves, &joint, None)];
    let mut found = Vec::new();
    for (action, number) in steps.iter().copied().zip(1..) {
        moves.next(&joint, &mut found);
        let next = found.iter().find(|next| next.action == action).ok_or(Impossible { number, action })?;
        joint = next.joint;
        sights.push(sight(&moves, &joint, Some(action)));
    }
    Ok(sights)
}

fn sight(moves: &Moves, joint: &Joint, action: Option<Action>) -> Sight {
    Sight {
        action,
        nodes: Side::BOTH.map(|side| {
            let known = moves.known(joint, side);
            known.up.then_some((known.state, known.reason))
        }),
        served_by: Side::BOTH.map(|home| moves.servers(joint, home).collect()),
    }
}

/// A counterexample as a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepsFile {
    /// Tells that it is one, and of which form: [`FORMAT`].
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
    /// What a node may do that does not hear its peer.
    #[serde(default, skip_serializing_if = "is_available")]
    pub partition: Partition,
    /// Whether what a paused node serves is ended in time.
    #[serde(default = "fenced", skip_serializing_if = "Clone::clone")]
    pub fence: bool,
    /// The kinds of critical service: `true` for a database.
    pub databases: Vec<bool>,
    /// What happens.
    pub steps: Vec<Action>,
}

fn is_available(partition: &Partition) -> bool {
    *partition == Partition::Available
}

fn fenced() -> bool {
    true
}

/// What a [`StepsFile`] begins with.
pub const FORMAT: &str = "locum-steps-1";

impl StepsFile {
    /// The way to a violation that was found in this configuration.
    pub fn new(config: &Config, violation: &Violation) -> StepsFile {
        StepsFile {
            format: FORMAT.to_owned(),
            invariant: violation.invariant.to_owned(),
            what: violation.what.clone(),
            automatic_fallback: config.parameters.automatic_fallback,
            at_once: config.parameters.automatic_fallback_delay_ms == 0,
            fast_peer_loss: config.parameters.fast_peer_loss,
            partition: config.parameters.partition,
            fence: config.fence,
            databases: config.databases.clone(),
            steps: violation.steps.clone(),
        }
    }

    /// Reads such a file; `None` if it does not claim to be one.
    pub fn read(text: &str) -> Option<Result<StepsFile, serde_json::Error>> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
        }
        let head: Head = serde_json::from_str(text).ok()?;
        (head.format == FORMAT).then(|| serde_json::from_str(text))
    }

    /// What it is a way through: a configuration with no other lengths of timers than the file tells, in which
    /// everything may happen.
    pub fn config(&self) -> Config {
        let usual = Parameters::classic();
        let parameters = Parameters {
            automatic_fallback: self.automatic_fallback,
            automatic_fallback_delay_ms: if self.at_once { 0 } else { usual.automatic_fallback_delay_ms },
            fast_peer_loss: self.fast_peer_loss,
            partition: self.partition,
            ..usual
        };
        Config { parameters, databases: self.databases.clone(), scope: Scope::FULL, fence: self.fence }
    }

    /// Goes through its steps, as [`walk`] does.
    ///
    /// # Errors
    /// The first step that cannot happen there.
    pub fn walk(&self, machine: &mut dyn Machine) -> Result<Vec<Sight>, Impossible> {
        walk(&self.config(), machine, &self.steps)
    }
}
