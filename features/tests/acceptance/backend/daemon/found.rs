//! What a daemon says, in the words of the scenarios.

use std::fmt::Display;

use features::words::{Advised, Node, Row};
use locum_core::{Advice, Alarm, Answer, Command, Obstacle, Reason, Refusal, State, TimerKind};
use locum_node::api::{CommandOutcome, Event, NodeStatus, Problem, Status};

use super::super::{Sight, Weather};

/// What a node shows.
pub(super) fn sight(node: Node, status: &Status) -> Sight {
    let own = &status.nodes[0];
    let (state, reason) = state(own);
    Sight {
        state,
        reason,
        epoch: own.epoch,
        peer_silent: status.nodes.get(1).is_some_and(|peer| !peer.heard),
        row: status.row.map(Row),
        advice: Advised::by(node, named(Advice::ALL, |advice| format!("{advice:?}"), &status.advice)),
        alarms: status.alarms.iter().map(|text| named(Alarm::ALL, Alarm::text, text)).collect(),
        counts_down: status.timers.iter().any(|timer| timer.what == TimerKind::AutomaticFallback.name()),
    }
}

/// A node's state and reason.
pub(super) fn state(node: &NodeStatus) -> (State, Reason) {
    (named(State::ALL, State::name, &node.state), named(Reason::ALL, Reason::name, &node.reason))
}

/// Where a transition of the journal led.
pub(super) fn entered(event: &Event) -> (State, Reason) {
    let to = |what: &str| event.fields["to"][what].as_str().unwrap_or_default();
    (named(State::ALL, State::name, to("state")), named(Reason::ALL, Reason::name, to("reason")))
}

/// What became of a command.
pub(super) fn answer(command: Command, answer: &locum_testbed::Answer) -> Answer {
    match answer.status {
        200 => match &*answer.json::<CommandOutcome>().outcome {
            "accepted" => Answer::Accepted,
            "already-done" => Answer::AlreadyDone,
            _ => panic!("{answer:?}"),
        },
        202 => Answer::Accepted,
        409 => {
            let refusal = answer.json::<Problem>().refusal.unwrap_or_else(|| panic!("no reason: {answer:?}"));
            assert_eq!(refusal.command, command.name(), "{answer:?}");
            Answer::Refused(Refusal {
                command,
                state: named(State::ALL, State::name, &refusal.state),
                reason: named(Reason::ALL, Reason::name, &refusal.reason),
                obstacle: obstacle(&refusal.obstacle),
            })
        }
        _ => panic!("{answer:?}"),
    }
}

/// The weather, as relays make it.
pub(super) fn weather(weather: Weather) -> locum_testbed::Weather {
    match weather {
        Weather::Fair => locum_testbed::Weather::Fair,
        Weather::Cut => locum_testbed::Weather::Cut,
        Weather::EveryThirdLost => locum_testbed::Weather::EveryThirdLost,
        Weather::TwiceAndLate => locum_testbed::Weather::TwiceAndLate,
        Weather::Rough(_) => unreachable!("no scenario leaves the weather to chance"),
    }
}

fn obstacle(name: &str) -> Obstacle {
    match name {
        "state" => Obstacle::State,
        "peer" => Obstacle::Peer,
        "directory" => Obstacle::Directory,
        "one-node" => Obstacle::OneNode,
        "no-countdown" => Obstacle::NoCountdown,
        "leaving" => Obstacle::Leaving,
        _ => panic!("no obstacle is called {name:?}"),
    }
}

/// Whichever of these has this name.
fn named<T: Copy, N: Display>(all: impl IntoIterator<Item = T>, name: impl Fn(T) -> N, wanted: &str) -> T {
    let found = all.into_iter().find(|one| name(*one).to_string() == wanted);
    found.unwrap_or_else(|| panic!("nothing is called {wanted:?}"))
}
