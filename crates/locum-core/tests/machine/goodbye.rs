//! A node that leaves in order (`docs/behaviour.md` §9.7).

use locum_core::{Answer, Command, Effect, Obstacle, Reason, Settings, State, TimerKind};

use crate::node::{INTERVAL_MS, Node, TIMEOUT_MS, sent, settings};

fn leaves(effects: &[Effect]) -> bool {
    effects.contains(&Effect::Leave)
}

#[test]
fn a_node_that_says_goodbye_serves_nobody_and_says_so() {
    let mut node = Node::normal();
    let effects = node.accepts(Command::Goodbye);
    assert!(!leaves(&effects), "the peer does not cover yet");
    assert_eq!(node.serves(), (false, false));
    assert!(sent(&effects)[0].announced.goodbye);
    assert!(node.core.view().leaving);
}

#[test]
fn a_node_leaves_when_it_hears_that_the_peer_covers() {
    let mut node = Node::normal();
    node.accepts(Command::Goodbye);
    assert!(!leaves(&node.hear()));
    assert!(!leaves(&node.hear_state(State::TakingOver, Reason::PeerReboot)));
    let effects = node.hear_state(State::RunningInBackupMode, Reason::PeerReboot);
    assert!(leaves(&effects));
    assert_eq!(effects.last(), Some(&Effect::Leave), "its last heartbeat comes before it leaves");
    assert_eq!(sent(&effects).len(), 1);
    node.expect(State::Normal, Reason::Normal);
}

#[test]
fn a_covering_peer_counts_only_once_it_knows_of_the_goodbye() {
    let mut node = Node::in_state(State::FailedOver);
    let before = node.next();
    node.accepts(Command::Goodbye);
    assert!(!leaves(&node.input(locum_core::Input::Heartbeat(before))));
    assert!(leaves(&node.hear()));
}

#[test]
fn a_node_waits_no_longer_than_the_keep_alive_timeout() {
    let mut node = Node::normal();
    node.accepts(Command::Goodbye);
    let until_ms = node.now_ms + TIMEOUT_MS;
    let timers = node.core.view().timers;
    assert!(timers.iter().any(|timer| timer.kind == TimerKind::Goodbye && timer.at_ms == until_ms));
    assert!(!leaves(&node.live(TIMEOUT_MS - 1)));
    assert!(leaves(&node.pass(1)));
    let timers = node.core.view().timers;
    assert!(timers.iter().all(|timer| timer.kind != TimerKind::Goodbye));
}

#[test]
fn a_node_does_not_wait_for_who_cannot_cover() {
    let mut node = Node::in_state(State::Unknown);
    assert!(leaves(&node.accepts(Command::Goodbye)), "high availability is off");

    let mut node = Node::normal();
    node.pass(TIMEOUT_MS);
    assert!(leaves(&node.accepts(Command::Goodbye)), "the peer is silent");

    let (mut node, _) = Node::start(Settings { has_peer: false, ..settings() }, None);
    assert!(leaves(&node.accepts(Command::Goodbye)), "there is no peer");

    let mut node = Node::normal();
    node.accepts(Command::Goodbye);
    node.peer.announced.goodbye = true;
    assert!(leaves(&node.hear()), "the peer leaves, too");
}

#[test]
fn a_node_that_has_left_says_nothing_more() {
    let mut node = Node::in_state(State::FailedOver);
    node.accepts(Command::Goodbye);
    assert!(leaves(&node.hear()));
    let mut effects = node.live(4 * INTERVAL_MS);
    effects.extend(node.hear_state(State::Normal, Reason::Normal));
    assert_eq!((sent(&effects).len(), leaves(&effects)), (0, false));
}

#[test]
fn while_leaving_a_node_changes_its_state_no_more_and_refuses_commands() {
    let mut node = Node::normal();
    node.accepts(Command::Goodbye);
    for state in State::ALL {
        node.hear_state(state, Reason::CriticalServiceDown);
        node.expect(State::Normal, Reason::Normal);
    }
    for command in Command::ALL {
        let (answer, _) = node.command(command);
        match command {
            Command::Goodbye => assert_eq!(answer, Answer::AlreadyDone),
            _ => {
                let Answer::Refused(refusal) = answer else { panic!("{command:?}: {answer:?}") };
                assert_eq!((refusal.command, refusal.obstacle), (command, Obstacle::Leaving));
                assert_eq!((refusal.state, refusal.reason), (State::Normal, Reason::Normal));
            }
        }
    }
}

/// It was on its way before this daemon started: whoever said it may have come back since, and serve again.
#[test]
fn a_goodbye_that_was_said_to_an_earlier_start_is_no_silence() {
    let (mut node, _) = Node::start(settings(), None);
    node.all_up();
    let mut goodbye = node.next();
    (goodbye.announced.goodbye, goodbye.echo) = (true, None);
    node.input(locum_core::Input::Heartbeat(goodbye));
    node.expect(State::Initializing, Reason::Initialization);
    assert!(!node.core.view().peer_silent);
}
