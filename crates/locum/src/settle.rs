//! Waiting until a pair has settled after a command.

use std::time::{Duration, Instant};

use anyhow::Result;
use locum_core::{State, States};
use locum_node::api::{CommandOutcome, NodeStatus, Status};
use serde::Serialize;

use crate::{client::Client, context::Context, failure::Failure, progress::Progress, render};

/// How long a pair may take to settle where nothing else is said.
pub(crate) const TIMEOUT_DEFAULT: &str = "120s";

/// What a command is to lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// The peer of this node serves its users.
    Covered(String),
    /// This node serves its users again.
    AtHome(String),
    /// Failed Mode has ended. It had begun at this time, in milliseconds since 1970.
    Recovered(u64),
}

/// How far a pair has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Not settled.
    Wait,
    /// As it should be.
    Done,
    /// It ended elsewhere.
    Failed,
}

/// What is printed for programs.
#[derive(Serialize)]
struct Settled<'a> {
    outcome: &'a CommandOutcome,
    status: &'a Status,
}

impl Goal {
    /// How far the pair has come.
    pub(crate) fn judge(&self, status: &Status) -> Verdict {
        let states = status.nodes.iter().map(state).collect::<Vec<_>>();
        let failed = |node: &NodeStatus| state(node) == Some(State::RunningInFailedMode);
        let node = |name: &str| status.nodes.iter().find(|node| node.name == name);
        let other = |name: &str| status.nodes.iter().find(|node| node.name != name);
        let is = |node: Option<&NodeStatus>, set: States| node.and_then(state).is_some_and(|state| set.has(state));
        let done = match self {
            Goal::Recovered(before) => {
                let again = status.nodes.first().filter(|node| failed(node) && node.since_unix_ms > *before);
                if again.is_some() {
                    return Verdict::Failed;
                }
                states.iter().all(|state| state.is_none_or(|state| !state.is_transition()))
                    && !status.nodes.iter().any(failed)
            }
            _ if status.nodes.iter().any(failed) => return Verdict::Failed,
            Goal::Covered(home) => {
                is(other(home), States::COVERING) && !node(home).and_then(state).is_some_and(State::is_transition)
            }
            Goal::AtHome(home) => {
                let normal = States::of(&[State::Normal]);
                is(node(home), normal) && is(other(home), normal)
            }
        };
        if done { Verdict::Done } else { Verdict::Wait }
    }
}

/// The state of a node that is heard.
fn state(node: &NodeStatus) -> Option<State> {
    State::from_name(&node.state).filter(|_| node.heard)
}

/// Waits until the goal is reached, says how it goes on, and prints how it ended.
///
/// # Errors
/// It ended elsewhere, or did not end in time; what to do is said.
pub(crate) async fn wait(
    context: &Context,
    client: &Client,
    goal: &Goal,
    outcome: CommandOutcome,
    time_max: Duration,
) -> Result<()> {
    let mut progress = Progress::start();
    progress.say(outcome.text.clone());
    let start = Instant::now();
    let mut pause = Duration::from_millis(100);
    let status = loop {
        let late = start.elapsed() >= time_max;
        match client.get::<Status>("/v1/status").await {
            Ok(status) => {
                pause = Duration::from_millis(status.interval_ms.clamp(50, 1000));
                progress.say(render::pair(&status));
                match goal.judge(&status) {
                    Verdict::Done => break status,
                    Verdict::Failed => return Err(ended(&status, "It did not work.").into()),
                    Verdict::Wait if late => {
                        let text = format!("Not settled within {}.", humantime::format_duration(time_max));
                        return Err(ended(&status, &text).into());
                    }
                    Verdict::Wait => {}
                }
            }
            // The daemon may be restarting; it is given the whole time to come back.
            Err(Failure::Unreachable(text)) if !late => progress.say(text),
            Err(failure) => return Err(failure.into()),
        }
        tokio::time::sleep(pause).await;
    };
    drop(progress);
    context.show(&Settled { outcome: &outcome, status: &status }, |_| format!("Done. {}", render::pair(&status)))
}

fn ended(status: &Status, text: &str) -> Failure {
    let cause = if status.cause.is_empty() { String::new() } else { format!("\n  {}", status.cause) };
    Failure::Failed(format!("{text} {}{cause}\n  {}", render::pair(status), status.recommended))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::example;

    fn pair(a: State, b: State) -> Status {
        let mut status = example::status();
        for (node, state) in status.nodes.iter_mut().zip([a, b]) {
            node.state = state.name().to_owned();
            node.heard = true;
        }
        status
    }

    #[test]
    fn a_failover_ends_with_a_covering_peer() {
        let goal = Goal::Covered("alpha".into());
        assert_eq!(goal.judge(&pair(State::Normal, State::Normal)), Verdict::Wait);
        assert_eq!(goal.judge(&pair(State::FailingOver, State::TakingOver)), Verdict::Wait);
        assert_eq!(goal.judge(&pair(State::FailingOver, State::RunningInBackupMode)), Verdict::Wait);
        assert_eq!(goal.judge(&pair(State::Idle, State::RunningInBackupMode)), Verdict::Done);
        assert_eq!(goal.judge(&pair(State::RunningInBackupMode, State::Idle)), Verdict::Wait);
        assert_eq!(goal.judge(&pair(State::RunningInFailedMode, State::RunningInFailedMode)), Verdict::Failed);
    }

    #[test]
    fn a_forced_failover_needs_no_word_of_the_dead_node() {
        let mut status = pair(State::RunningInBackupMode, State::Normal);
        status.nodes[1].heard = false;
        assert_eq!(Goal::Covered("beta".into()).judge(&status), Verdict::Done);
    }

    #[test]
    fn a_fallback_ends_with_both_at_home() {
        let goal = Goal::AtHome("beta".into());
        assert_eq!(goal.judge(&pair(State::FallingBack, State::TakingBack)), Verdict::Wait);
        assert_eq!(goal.judge(&pair(State::Normal, State::TakingBack)), Verdict::Wait);
        assert_eq!(goal.judge(&pair(State::Normal, State::Normal)), Verdict::Done);
        assert_eq!(goal.judge(&pair(State::RunningInFailedMode, State::TakingBack)), Verdict::Failed);
    }

    #[test]
    fn a_recovery_ends_when_failed_mode_does_and_fails_when_it_comes_back() {
        let before = pair(State::RunningInFailedMode, State::RunningInFailedMode);
        let goal = Goal::Recovered(before.nodes[0].since_unix_ms);
        assert_eq!(goal.judge(&before), Verdict::Wait);
        assert_eq!(goal.judge(&pair(State::Initializing, State::RunningInFailedMode)), Verdict::Wait);
        assert_eq!(goal.judge(&pair(State::Normal, State::Normal)), Verdict::Done);
        let mut again = before;
        again.nodes[0].since_unix_ms += 1;
        assert_eq!(goal.judge(&again), Verdict::Failed);
    }
}
