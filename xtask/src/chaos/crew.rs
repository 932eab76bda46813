//! The crew does what `locum status` recommends, until both nodes are Normal (`docs/behaviour.md` §5.11).

use std::time::Duration;

use anyhow::{Result, bail};
use locum_core::{Advice, State, States, advise};

use super::{history::Record, stage::Stage, storm::command, watch::Watch};
use crate::pair::node::{Node, now_us};

/// The pair may take so long to come to rest, timers and a busy machine included.
const REST_WITHIN: Duration = Duration::from_secs(40);
/// So often advice is followed. From everywhere one command leads back; others may come too soon.
const COMMANDS_MAX: usize = 12;
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Between a command and the next look: it begins; or it was refused, until a directory has caught up.
const AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Waits until the pair rests, and then brings both nodes back to Normal. Gives how many commands that took.
///
/// # Errors
/// It does not rest, or does not come back.
pub(super) async fn restore(stage: &Stage, watch: &Watch, number: usize) -> Result<usize> {
    let (since_us, states) = rested(watch).await?;
    let names = states.map(|state| state.name().to_owned());
    stage.history.add(Record::AtRest { at_us: since_us, number, states: names });
    for turn in 0..COMMANDS_MAX {
        let (_, states) = rested(watch).await?;
        if states == [State::Normal; 2] {
            stage.history.add(Record::Normal { at_us: now_us(), number });
            return Ok(turn);
        }
        let key = format!("storm-{number}-crew-{turn}");
        follow(stage, watch, key).await;
        tokio::time::sleep(AGAIN_AFTER).await;
    }
    bail!("{COMMANDS_MAX} commands did not bring both nodes back to Normal")
}

/// Waits until the pair rests in states that belong together.
async fn rested(watch: &Watch) -> Result<(u64, [State; 2])> {
    let rest = async {
        loop {
            match watch.rests() {
                Some((since_us, [a, b])) if belong(a, b) => return (since_us, [a, b]),
                _ => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
    };
    match tokio::time::timeout(REST_WITHIN, rest).await {
        Ok(rest) => Ok(rest),
        Err(_) => bail!("the pair did not come to rest within {} s", REST_WITHIN.as_secs()),
    }
}

/// Whether two nodes that hear each other may rest in these states.
fn belong(a: State, b: State) -> bool {
    let one_way = |one: State, other: State| match one {
        State::Normal | State::RunningInFailedMode | State::Unknown => other == one,
        State::RunningInBackupMode | State::BackupActivated => States::COVERED.has(other),
        _ => States::COVERED.has(one) && States::COVERED.has(other),
    };
    one_way(a, b) || one_way(b, a)
}

/// Does what is recommended to node a. What is refused is recommended again.
async fn follow(stage: &Stage, watch: &Watch, key: String) {
    let Some(word) = watch.word(Node::A) else { return };
    let at = |node: Node, command: &str| (node, format!("/v1/nodes/{node}/{command}"));
    let (node, path) = match advise(word.own, word.peer) {
        Advice::FallBackHere => at(Node::A, "fallback"),
        Advice::FallBackToPeer => at(Node::B, "fallback"),
        Advice::Recover | Advice::RecoverMove => at(Node::A, "recover"),
        Advice::ForceHere => at(Node::B, "failover?force=true"),
        Advice::ForcePeer => at(Node::A, "failover?force=true"),
        Advice::RepairHere => return start_services(stage, &[Node::A]).await,
        Advice::RepairPeer => return start_services(stage, &[Node::B]).await,
        Advice::RepairEither => return start_services(stage, &Node::BOTH).await,
        Advice::SwitchOn => return drop(stage.locum(Node::A, &["ha", "on"]).await),
        Advice::Nothing | Advice::Wait | Advice::BringPeerBack => return,
    };
    command(stage, node, path, key).await;
}

async fn start_services(stage: &Stage, nodes: &[Node]) {
    for node in nodes {
        let _ = stage.locum(*node, &["services", "start"]).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use State::{FailedOver, Idle, Normal, RunningInBackupMode, RunningInFailedMode, Unknown};

    #[test]
    fn what_may_rest_beside_what() {
        assert!(
            [(Normal, Normal), (Idle, RunningInBackupMode), (RunningInBackupMode, FailedOver), (Unknown, Unknown)]
                .iter()
                .all(|(a, b)| belong(*a, *b))
        );
        let wrong = [(Normal, Idle), (RunningInBackupMode, RunningInBackupMode), (RunningInFailedMode, Normal)];
        assert!(wrong.iter().all(|(a, b)| !belong(*a, *b) && !belong(*b, *a)));
    }
}
