//! What a daemon brings along, and what outlives it (`docs/behaviour.md` §2, §5.10).

use locum_core::{
    Command, Core, Echo, Effect, Heartbeat, Input, Memory, Reason, Settings, SnapshotError, Start, State, Switch, View,
};

use crate::node::{Node, memory, sent, settings};

#[test]
fn a_daemon_counts_its_starts_and_never_falls_below_its_clock() {
    for (remembered, at_least, incarnation) in [(500, 100, 501), (500, 501, 501), (500, 9_000, 9_000)] {
        let memory = Some(Memory { incarnation: remembered, ..memory(State::Normal, Reason::Normal) });
        let start = Start { now_ms: 1_000, boot_id: 1, incarnation_min: at_least, memory };
        let (core, effects) = Core::start(settings(), start);
        assert_eq!(core.view().incarnation, incarnation);
        let stored = effects.iter().find_map(|effect| match effect {
            Effect::Persist(memory) => Some(memory.incarnation),
            _ => None,
        });
        assert_eq!(stored, Some(incarnation), "it is on disk before anybody hears of it");
    }
}

#[test]
fn a_peer_that_has_heard_a_later_start_makes_this_one_the_latest() {
    for (heard, incarnation) in [(90, 91), (11, 11), (10, 11)] {
        let (mut node, _) = Node::start(settings(), Some(memory(State::Normal, Reason::Normal)));
        // Two heartbeats, so that the second is no news but for what it names.
        for _ in 0..2 {
            let mut heartbeat = node.next();
            let (version, sent_ms) = heartbeat.echo.map_or((1, 0), |echo| (echo.version, echo.sent_ms));
            heartbeat.echo = Some(Echo { incarnation: heard, version, sent_ms });
            node.input(Input::Heartbeat(heartbeat));
        }
        assert_eq!(node.core.view().incarnation, incarnation);
        assert_eq!(node.disk.as_ref().map(|memory| memory.incarnation), Some(incarnation));
        assert_eq!(node.said.map(|said| said.incarnation), Some(incarnation), "the peer is told at once");
    }
}

#[test]
fn the_configuration_sets_the_switch_until_somebody_has_decided() {
    for (decision, remembered, configured, on) in
        [(0, true, false, false), (0, false, true, true), (1, true, false, true), (1, false, true, false)]
    {
        let switch = Switch { decision, on: remembered };
        let memory = Memory { high_availability: switch, ..memory(State::Normal, Reason::Normal) };
        let (node, _) = Node::start(Settings { high_availability: configured, ..settings() }, Some(memory));
        assert_eq!(node.core.view().high_availability, on);
        let stored = node.disk.map(|memory| memory.high_availability);
        assert_eq!(stored, Some(Switch { decision, on }));
    }
}

#[test]
fn an_idle_nodes_services_stay_stopped_when_its_daemon_starts() {
    for state in State::ALL.into_iter().filter(|state| *state != State::Initializing) {
        let (_, effects) = Node::start(settings(), Some(memory(state, Reason::OnAdminRequest)));
        let starts = effects.iter().any(|effect| matches!(effect, Effect::StartServices { .. }));
        assert_eq!(starts, state != State::Idle, "{state}");
    }
}

#[test]
fn only_a_manual_failover_that_the_peer_completes_meanwhile_ends_in_idle() {
    for (reason, state) in [(Reason::OnAdminRequest, State::Idle), (Reason::CriticalServiceDown, State::FailedOver)] {
        let (mut node, _) = Node::start(settings(), Some(memory(State::FailingOver, reason)));
        node.all_up();
        let mut effects = node.hear_state(State::RunningInBackupMode, reason);
        effects.extend(node.hear());
        node.expect(state, Reason::Initialization);
        assert_eq!(effects.contains(&Effect::StopServices), state == State::Idle);
    }
}

#[test]
fn a_daemon_that_starts_tells_its_peer_what_it_remembers() {
    let (_, effects) = Node::start(settings(), Some(memory(State::Idle, Reason::OnAdminRequest)));
    let announced = &sent(&effects)[0].announced;
    assert_eq!((announced.state, announced.reason), (State::Initializing, Reason::Initialization));
    assert_eq!((announced.remembered, announced.remembered_reason), (State::Idle, Reason::OnAdminRequest));
    assert!(!announced.started && !announced.recovering && !announced.goodbye);
}

#[test]
fn a_daemon_that_starts_knows_the_epoch_and_shows_when_it_began() {
    let (node, _) = Node::start(settings(), Some(memory(State::Normal, Reason::Normal)));
    let view = node.core.view();
    assert_eq!((view.epoch, view.since_ms, view.row.as_str()), (5, node.now_ms, "start"));
}

#[test]
fn recovery_forgets_and_is_marked_until_the_node_has_found_its_place() {
    let mut node = Node::in_state(State::RunningInFailedMode);
    let effects = node.accepts(Command::Recover);
    node.expect(State::Initializing, Reason::Initialization);
    let remembered = |node: &Node| node.disk.as_ref().map(|memory| (memory.state, memory.reason, memory.recovering));
    assert_eq!(remembered(&node), Some((State::Normal, Reason::Normal, true)));
    assert!(sent(&effects)[0].announced.recovering);
    // The peer is still in Failed Mode: the node waits for it.
    node.all_up();
    node.hear();
    node.expect(State::Initializing, Reason::Initialization);
    node.peer.announced.recovering = true;
    node.hear_state(State::Initializing, Reason::Initialization);
    node.hear();
    node.expect(State::Normal, Reason::Normal);
    assert_eq!(remembered(&node), Some((State::Normal, Reason::Normal, false)));
}

#[test]
fn a_node_follows_a_peer_that_recovers() {
    let mut node = Node::in_state(State::RunningInFailedMode);
    node.hear_state(State::Initializing, Reason::Initialization);
    node.expect(State::RunningInFailedMode, Reason::CriticalServiceDown);
    node.peer.announced.recovering = true;
    node.peer.version += 1;
    node.hear();
    node.expect(State::Initializing, Reason::Initialization);
}

#[test]
fn a_snapshot_is_the_whole_machine() {
    for state in State::ALL {
        let node = Node::in_state(state);
        let restored = Core::restore(&node.core.snapshot());
        assert_eq!(restored.as_ref(), Ok(&node.core), "{state}");
    }
}

#[test]
fn bytes_that_are_not_exactly_what_they_should_be_are_refused() {
    let mut node = Node::in_state(State::RunningInBackupMode);
    let heartbeat = node.next();
    let (snapshot, view) = (node.core.snapshot(), node.core.view());
    let memory = node.disk.clone().expect("what is on disk");
    let cut = |bytes: &[u8]| bytes[..bytes.len() - 1].to_vec();
    let long = |bytes: &[u8]| [bytes, &[0]].concat();
    assert_eq!(Heartbeat::decode(&heartbeat.encode()), Some(heartbeat.clone()));
    assert_eq!(View::decode(&view.encode()), Some(view.clone()));
    assert_eq!(Memory::decode(&memory.encode()), Some(memory.clone()));
    for damage in [cut, long] {
        assert_eq!(Heartbeat::decode(&damage(&heartbeat.encode())), None);
        assert_eq!(View::decode(&damage(&view.encode())), None);
        assert_eq!(Memory::decode(&damage(&memory.encode())), None);
        assert_eq!(Core::restore(&damage(&snapshot)), Err(SnapshotError));
    }
}
