//! A way that `locum prove` has found, step by step.

use locum_prove::{
    Kind, Native, Side,
    counterexample::{Sight, StepsFile},
};
use locum_sim::{Node, Served};

use super::{Mark, Step};

/// What the nodes of a proof are called.
pub(crate) const NAMES: [&str; 2] = ["a", "b"];

/// Every step on the way, what comes of each, and what is wrong at the end.
///
/// # Errors
/// The first step that cannot happen (any more), for people.
pub(crate) fn proved(file: &StepsFile) -> Result<Vec<Step>, String> {
    let sights = file.walk(&mut Native::default()).map_err(|error| {
        format!("{error}; the state machine of this version takes another way from there, so `locum prove` again")
    })?;
    let mut steps: Vec<Step> = sights.windows(2).flat_map(|pair| told(&pair[0], &pair[1])).collect();
    let wrong = format!("This must never happen ({}): {}.", file.invariant, file.what);
    steps.extend(sights.last().map(|last| step(last, Mark::Fault, None, wrong)));
    Ok(steps.into_iter().zip(1..).map(|(told, step)| Step { step, ..told }).collect())
}

/// One action, and what is different after it: one thing a step.
fn told(before: &Sight, after: &Sight) -> Vec<Step> {
    let mut now = before.clone();
    let mut steps = Vec::new();
    // Daemons start and die without a transition.
    let is_up = |sight: &Sight, side: Side| sight.nodes[side as usize].is_some();
    for side in Side::BOTH.into_iter().filter(|side| is_up(before, *side) != is_up(after, *side)) {
        now.nodes[side as usize] = after.nodes[side as usize];
    }
    if let Some(action) = after.action {
        let mark = if action.kind() == Kind::Progress { Mark::Word } else { Mark::Happening };
        steps.push(step(&now, mark, Some(action.side()), action.to_string()));
    }
    for side in Side::BOTH {
        let is = after.nodes[side as usize];
        let was = std::mem::replace(&mut now.nodes[side as usize], is);
        if let Some((state, reason)) = is.filter(|_| was != is) {
            let short = format!("{side} → {state} ({reason})");
            steps.push(Step { short, ..step(&now, Mark::Transition, Some(side), format!("{side}: {reason}.")) });
        }
    }
    for home in Side::BOTH {
        now.served_by[home as usize].clone_from(&after.served_by[home as usize]);
        let [was, is] = [before, after].map(|sight| served(&sight.served_by[home as usize]));
        if was != is {
            let who = match is {
                Served::Nobody => "Nobody serves".to_owned(),
                Served::By(node) => format!("{} serves", node.name()),
                Served::Twice => "Both nodes serve".to_owned(),
            };
            steps.push(step(&now, Mark::Serving, Some(home), format!("{who} the users of {home}.")));
        }
    }
    steps
}

fn step(sight: &Sight, mark: Mark, side: Option<Side>, text: String) -> Step {
    Step {
        step: 0,
        at_ms: None,
        mark,
        node: side.map(|side| side.to_string()),
        short: text.clone(),
        text,
        states: sight.nodes.map(|node| node.map(|(state, reason)| (state.name(), reason.name()))),
        serving: [0, 1].map(|home| served(&sight.served_by[home])),
    }
}

fn served(by: &[Side]) -> Served {
    match by {
        [] => Served::Nobody,
        [side] => Served::By(Node::BOTH[*side as usize]),
        _ => Served::Twice,
    }
}
