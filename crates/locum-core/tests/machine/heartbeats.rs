//! What a node says and when, and which heartbeats it takes for news (`docs/behaviour.md` §5.1, §5.10, §9.1).

use locum_core::{
    Command, Directory, Echo, Effect, Heartbeat, Input, Parameters, Reason, Settings, State, Switch, TimerKind,
};

use crate::node::{INTERVAL_MS, Node, sent, settings, transitions};

#[test]
fn a_heartbeat_goes_out_every_interval_and_they_are_counted() {
    let mut node = Node::normal();
    let first = node.said.clone().expect("a heartbeat");
    node.pass(first.sent_ms + INTERVAL_MS - node.now_ms);
    let mut before = node.said.clone().expect("a heartbeat");
    for _ in 0..3 {
        node.hear();
        assert_eq!(sent(&node.pass(INTERVAL_MS - 1)).len(), 0);
        let effects = node.pass(1);
        let [heartbeat] = sent(&effects)[..] else { panic!("{effects:#?}") };
        assert_eq!(heartbeat.sequence, before.sequence + 1);
        assert_eq!(heartbeat.sent_ms, before.sent_ms + INTERVAL_MS);
        assert_eq!((heartbeat.version, &heartbeat.announced), (before.version, &before.announced));
        before = heartbeat.clone();
    }
    let timers = node.core.view().timers;
    let next = timers.iter().find(|timer| timer.kind == TimerKind::KeepAlive).expect("a heartbeat is due");
    assert_eq!(next.at_ms, node.now_ms + INTERVAL_MS);
}

#[test]
fn the_first_heartbeat_goes_out_at_once() {
    let (_, effects) = Node::start(settings(), None);
    let [heartbeat] = sent(&effects)[..] else { panic!("{effects:#?}") };
    assert_eq!((heartbeat.sequence, heartbeat.boot_id, heartbeat.echo), (1, 7, None));
}

#[test]
fn a_group_of_one_says_nothing() {
    let (mut node, effects) = Node::start(Settings { has_peer: false, ..settings() }, None);
    node.all_up();
    assert_eq!((sent(&effects).len(), sent(&node.pass(10 * INTERVAL_MS)).len()), (0, 0));
    assert_eq!(node.core.view().timers, []);
    assert_eq!(node.core.next_deadline().at_ms, u64::MAX);
}

#[test]
fn a_heartbeat_names_the_last_one_that_was_heard() {
    let mut node = Node::normal();
    node.peer.version += 1;
    let heard = node.next();
    let effects = node.input(Input::Heartbeat(heard.clone()));
    let echo = Echo { incarnation: heard.incarnation, version: heard.version, sent_ms: heard.sent_ms };
    assert_eq!(sent(&effects)[0].echo, Some(echo));
}

#[test]
fn news_is_answered_at_once_and_what_is_known_is_not() {
    let mut node = Node::normal();
    let answers = |node: &mut Node, change: &dyn Fn(&mut Heartbeat)| {
        let mut heartbeat = node.next();
        change(&mut heartbeat);
        let answered = sent(&node.input(Input::Heartbeat(heartbeat))).len();
        node.hear();
        answered
    };
    assert_eq!(answers(&mut node, &|_| {}), 0, "nothing is new");
    assert_eq!(answers(&mut node, &|heartbeat| heartbeat.version += 1), 1, "a new version");
    assert_eq!(answers(&mut node, &|heartbeat| heartbeat.directory.revision += 1), 1, "another directory");
    assert_eq!(answers(&mut node, &|heartbeat| heartbeat.echo = None), 1, "the peer has heard nothing yet");
    let behind = |heartbeat: &mut Heartbeat| heartbeat.echo.iter_mut().for_each(|echo| echo.version -= 1);
    assert_eq!(answers(&mut node, &behind), 1, "the peer is not up to date");
    assert_eq!(answers(&mut node, &|heartbeat| heartbeat.epoch += 1), 0, "the epoch is no news by itself");
    node.peer.incarnation += 1;
    assert_eq!(answers(&mut node, &|_| {}), 1, "a new daemon");
}

#[test]
fn what_a_node_announces_has_a_new_version_whenever_it_changes() {
    let mut node = Node::normal();
    let mut before = node.said.clone().expect("a heartbeat");
    for command in [Command::HighAvailabilityOff, Command::HighAvailabilityOn, Command::Goodbye] {
        let effects = node.accepts(command);
        let said = *sent(&effects).last().expect("a change is told at once");
        assert_ne!(said.announced, before.announced);
        assert!(said.version > before.version);
        before = said.clone();
    }
    let mut node = Node::normal();
    let before = node.said.clone().expect("a heartbeat");
    let effects = node.input(Input::Directory(Directory { revision: 4, digest: 4 }));
    let [said] = sent(&effects)[..] else { panic!("another directory is told at once") };
    assert_eq!((said.directory.revision, said.version), (4, before.version), "it is no change of state");
    assert_eq!(node.input(Input::Directory(Directory { revision: 4, digest: 4 })), []);
}

#[test]
fn parameters_that_were_read_again_are_told_at_once_and_hold_from_then_on() {
    let mut node = Node::normal();
    let parameters = Parameters { keep_alive_interval_ms: 50, ..settings().parameters };
    node.peer.parameters = parameters.clone();
    node.hear();
    node.expect(State::Unknown, Reason::Unknown);
    let effects = node.input(Input::Parameters(parameters.clone()));
    assert_eq!(sent(&effects)[0].parameters, parameters);
    assert_eq!(sent(&node.pass(50)).len(), 1);
    node.hear();
    assert_ne!(node.state(), State::Unknown);
}

#[test]
fn nothing_is_concluded_from_a_heartbeat_that_comes_late() {
    for late in [0, 1] {
        let mut node = Node::normal();
        let last = node.next();
        node.input(Input::Heartbeat(last.clone()));
        let mut stale = Heartbeat { sequence: last.sequence - late, version: last.version + 1, epoch: 99, ..last };
        stale.announced.state = State::RunningInFailedMode;
        stale.announced.high_availability = Switch { decision: 9, on: false };
        let effects = node.input(Input::Heartbeat(stale));
        assert_eq!(effects, []);
        assert_eq!((node.state(), node.core.view().epoch), (State::Normal, 0));
    }
    // The start of a daemon counts before its sequence.
    let mut node = Node::normal();
    let last = node.next();
    node.input(Input::Heartbeat(last.clone()));
    let stale = Heartbeat { incarnation: last.incarnation - 1, sequence: last.sequence + 5, ..last.clone() };
    assert_eq!(node.input(Input::Heartbeat(stale)), []);
    let new = Heartbeat { incarnation: last.incarnation + 1, sequence: 1, ..last };
    assert_eq!(sent(&node.input(Input::Heartbeat(new))).len(), 1);
}

#[test]
fn the_higher_epoch_holds_for_both_and_is_stored() {
    let mut node = Node::normal();
    for (heard, held) in [(7, 7), (6, 7), (8, 8)] {
        node.peer.epoch = heard;
        node.hear();
        assert_eq!(node.core.view().epoch, held);
        assert_eq!(node.disk.as_ref().map(|memory| memory.epoch), Some(held));
        assert_eq!(node.core.view().gate.epoch, held);
    }
    node.hear_state(State::Idle, Reason::OnAdminRequest);
    node.expect(State::TakingOver, Reason::OnAdminRequest);
    assert_eq!(node.core.view().epoch, 9, "a takeover raises it");
    node.users_moved(true);
    node.hear_state(State::TakingBack, Reason::OnAdminRequest);
    let effects = node.hear();
    assert_eq!(node.core.view().epoch, 10, "and so does giving back");
    let moves: Vec<_> = effects.iter().filter(|effect| matches!(effect, Effect::MoveUsers { .. })).collect();
    assert!(matches!(moves[..], [Effect::MoveUsers { epoch: 10, .. }]), "{moves:?}");
}

#[test]
fn the_later_decision_about_high_availability_holds_for_both() {
    let mut node = Node::normal();
    for (heard, on) in [
        (Switch { decision: 0, on: true }, true),
        (Switch { decision: 3, on: false }, false),
        (Switch { decision: 3, on: true }, false),
        (Switch { decision: 2, on: true }, false),
        (Switch { decision: 4, on: true }, true),
    ] {
        node.peer.announced.high_availability = heard;
        node.peer.version += 1;
        node.hear();
        assert_eq!(node.core.view().high_availability, on, "{heard:?}");
        assert_eq!(node.disk.as_ref().map(|memory| memory.high_availability.on), Some(on));
    }
    // An administrator's decision counts on from the last one.
    let effects = node.accepts(Command::HighAvailabilityOff);
    let said = sent(&effects).last().map(|said| said.announced.high_availability);
    assert_eq!(said, Some(Switch { decision: 5, on: false }));
}

#[test]
fn high_availability_is_on_once_both_switches_are_and_both_nodes_start_up_afresh() {
    let mut node = Node::in_state(State::Unknown);
    node.peer.announced.high_availability = Switch { decision: 1, on: false };
    node.hear_state(State::Unknown, Reason::Unknown);
    node.accepts(Command::HighAvailabilityOn);
    node.expect(State::Unknown, Reason::Unknown);
    node.hear();
    node.expect(State::Unknown, Reason::Unknown);
    // The peer adopts the decision, but does not know of this node's yet.
    node.peer.announced.high_availability = Switch { decision: 2, on: true };
    node.peer.version += 1;
    let behind = Heartbeat { echo: None, ..node.next() };
    node.input(Input::Heartbeat(behind));
    node.expect(State::Unknown, Reason::Unknown);
    let effects = node.hear();
    let [begins, ..] = transitions(&effects)[..] else { panic!("{effects:#?}") };
    assert_eq!(begins.row, "unknown-ha-on");
    node.hear_state(State::Initializing, Reason::Initialization);
    node.expect(State::Normal, Reason::Normal);
}

#[test]
fn high_availability_stays_off_while_parameters_differ_or_the_peer_is_not_heard() {
    let mut node = Node::normal();
    node.peer.parameters.keep_alive_timeout_ms += 1;
    node.hear();
    node.hear();
    node.expect(State::Unknown, Reason::Unknown);
    node.peer.parameters.keep_alive_timeout_ms -= 1;
    node.pass(crate::node::TIMEOUT_MS);
    node.expect(State::Unknown, Reason::Unknown);
    node.hear();
    node.hear();
    assert_ne!(node.state(), State::Unknown);
}

#[test]
fn a_peer_whose_switch_was_configured_off_is_enough_for_high_availability_to_be_off() {
    let mut node = Node::normal();
    node.peer.announced.high_availability = Switch { decision: 0, on: false };
    node.peer.version += 1;
    node.hear();
    node.expect(State::Unknown, Reason::Unknown);
    assert!(node.core.view().high_availability, "this node's own switch stays as it is");
    // A silent peer has no switch, and nobody covers for it either.
    node.pass(crate::node::TIMEOUT_MS);
    node.expect(State::Unknown, Reason::Unknown);
}

#[test]
fn the_rows_that_applied_are_named_in_order() {
    let mut node = Node::normal();
    let now_ms = node.now_ms;
    let mut rows = |input| node.core.handle_by_rows(now_ms, input).1;
    let asks = |command| Input::Command { token: 1, command };
    assert_eq!(rows(asks(Command::Recover)), ["recover-refused", "stay"]);
    assert_eq!(rows(asks(Command::Failover)), ["failover", "stay"]);
    assert_eq!(rows(Input::Timer { token: 0 }), [""; 0]);
}
