//! When a covered node takes its users back by itself (`docs/behaviour.md` §5.9, §9.3).

use locum_core::{
    Answer, Command, Directory, Effect, Health, Input, Memory, Obstacle, Parameters, Reason, Settings, State, TimerKind,
};

use crate::node::{FALLBACK_DELAY_MS, INTERVAL_MS, Node, SERVICE_DELAY_MS, WEB, memory, settings};

/// When the node falls back, as it shows it.
fn due(node: &Node) -> Option<u64> {
    let timers = node.core.view().timers;
    timers.iter().find(|timer| timer.kind == TimerKind::AutomaticFallback).map(|timer| timer.at_ms)
}

/// What the peer of a node that takes its users back goes through.
fn completes(node: &mut Node) {
    node.hear();
    node.hear_state(State::FallingBack, Reason::AutomaticFallback);
    node.hear_state(State::Normal, Reason::Normal);
    node.hear();
    node.expect(State::Normal, Reason::Normal);
}

/// The peer covers a node that was Normal, and that is fit again at once.
fn fails_over(node: &mut Node) {
    node.probe(WEB, Health::Down);
    node.live(SERVICE_DELAY_MS);
    node.expect(State::FailingOver, Reason::CriticalServiceDown);
    node.hear_state(State::RunningInBackupMode, Reason::CriticalServiceDown);
    node.probe(WEB, Health::Up);
    node.hear();
    node.expect(State::FailedOver, Reason::CriticalServiceDown);
}

/// The time for which a node that is Failed Over waits before it falls back, or begins to.
fn falls_back(node: &mut Node) -> u64 {
    let begin_ms = node.now_ms;
    while node.state() == State::FailedOver {
        node.live(INTERVAL_MS);
        assert!(node.now_ms < begin_ms + 100 * FALLBACK_DELAY_MS, "no fallback");
    }
    node.expect(State::TakingBack, Reason::AutomaticFallback);
    node.now_ms - begin_ms
}

#[test]
fn a_node_falls_back_after_the_delay_and_not_before() {
    let mut node = Node::in_state(State::FailedOver);
    let due_ms = due(&node).expect("a countdown");
    assert_eq!(due_ms, node.now_ms + FALLBACK_DELAY_MS);
    node.live(FALLBACK_DELAY_MS - 1);
    node.expect(State::FailedOver, Reason::PeerDown);
    node.live(1);
    node.expect(State::TakingBack, Reason::AutomaticFallback);
    assert_eq!(due(&node), None);
    completes(&mut node);
}

#[test]
fn any_break_of_any_condition_starts_the_count_anew() {
    let other = Directory { revision: 9, digest: 9 };
    type Event<'a> = &'a dyn Fn(&mut Node);
    let breaks: [(&str, Event, Event); 4] = [
        ("a service is down", &|node| _ = node.probe(WEB, Health::Down), &|node| _ = node.probe(WEB, Health::Up)),
        ("this directory changes", &|node| _ = node.input(Input::Directory(other)), &|node| {
            _ = node.input(Input::Directory(Directory::default()))
        }),
        (
            "the peer's directory changes",
            &|node| {
                node.peer.directory = other;
                node.hear();
            },
            &|node| {
                node.peer.directory = Directory::default();
                node.hear();
            },
        ),
        (
            "the peer does not cover",
            &|node| _ = node.hear_state(State::Initializing, Reason::Initialization),
            &|node| _ = node.hear_state(State::RunningInBackupMode, Reason::Initialization),
        ),
    ];
    for (title, breaks, mends) in breaks {
        let mut node = Node::in_state(State::FailedOver);
        node.live(FALLBACK_DELAY_MS - 50);
        breaks(&mut node);
        assert_eq!(due(&node), None, "{title}");
        node.live(10);
        mends(&mut node);
        assert_eq!(due(&node), Some(node.now_ms + FALLBACK_DELAY_MS), "{title}");
        node.live(FALLBACK_DELAY_MS - 1);
        node.expect(State::FailedOver, Reason::PeerDown);
        node.live(1);
        node.expect(State::TakingBack, Reason::AutomaticFallback);
    }
}

#[test]
fn services_that_start_again_are_a_break() {
    // Whether up or down, they have to have started.
    let (mut node, _) = Node::start(settings(), None);
    node.probe(WEB, Health::Up);
    node.hear_state(State::RunningInBackupMode, Reason::CriticalServiceDown);
    node.hear();
    node.expect(State::Initializing, Reason::Initialization);
    node.live(INTERVAL_MS);
    assert_eq!(due(&node), None);
    node.all_up();
    node.hear();
    node.expect(State::FailedOver, Reason::Initialization);
    node.hear();
    assert_eq!(due(&node), Some(node.now_ms + FALLBACK_DELAY_MS));
}

#[test]
fn nothing_counts_down_beside_a_silent_peer() {
    // Nobody can tell what a peer that says goodbye will do: the countdown is over at once.
    let mut node = Node::in_state(State::FailedOver);
    node.peer.announced.goodbye = true;
    node.hear();
    assert_eq!(due(&node), None);
}

#[test]
fn nothing_counts_down_where_it_is_switched_off_or_the_node_is_idle() {
    let parameters = Parameters { automatic_fallback: false, ..settings().parameters };
    let mut node = Node::normal_with(Settings { parameters, ..settings() });
    node.hear_state(State::RunningInBackupMode, Reason::CriticalServiceDown);
    node.hear();
    node.expect(State::FailedOver, Reason::PeerDown);
    node.live(3 * FALLBACK_DELAY_MS);
    node.expect(State::FailedOver, Reason::PeerDown);
    assert_eq!(due(&node), None);

    let mut node = Node::in_state(State::Idle);
    node.live(3 * FALLBACK_DELAY_MS);
    node.expect(State::Idle, Reason::OnAdminRequest);
    assert_eq!(due(&node), None);
}

#[test]
fn a_fallback_is_cancelled_until_the_next_break() {
    let mut node = Node::in_state(State::FailedOver);
    node.accepts(Command::CancelFallback);
    assert_eq!(due(&node), None);
    let (again, _) = node.command(Command::CancelFallback);
    assert!(matches!(again, Answer::Refused(refusal) if refusal.obstacle == Obstacle::NoCountdown));
    node.live(3 * FALLBACK_DELAY_MS);
    node.expect(State::FailedOver, Reason::PeerDown);
    node.probe(WEB, Health::Down);
    node.probe(WEB, Health::Up);
    node.live(FALLBACK_DELAY_MS);
    node.expect(State::TakingBack, Reason::AutomaticFallback);
}

#[test]
fn the_hold_doubles_while_fallbacks_do_not_last_and_eight_times_is_the_most() {
    let mut node = Node::in_state(State::FailedOver);
    let mut holds = Vec::new();
    for _ in 0..6 {
        holds.push(falls_back(&mut node) / FALLBACK_DELAY_MS);
        completes(&mut node);
        fails_over(&mut node);
    }
    assert_eq!(holds, [1, 2, 4, 8, 8, 8]);
    assert_eq!(node.disk.as_ref().map(|memory| memory.damping), Some(3), "it survives a restart");
}

#[test]
fn a_fallback_has_lasted_once_normal_has_lasted_for_a_whole_hold() {
    for (normal_ms, hold) in [(FALLBACK_DELAY_MS - 1, 2), (FALLBACK_DELAY_MS, 1)] {
        let mut node = Node::in_state(State::FailedOver);
        falls_back(&mut node);
        completes(&mut node);
        node.live(normal_ms - SERVICE_DELAY_MS);
        fails_over(&mut node);
        assert_eq!(falls_back(&mut node) / FALLBACK_DELAY_MS, hold, "after {normal_ms} ms of Normal");
    }
}

#[test]
fn a_hold_that_has_doubled_must_be_lasted_for_as_long() {
    for (normal_ms, hold) in [(2 * FALLBACK_DELAY_MS - 1, 4), (2 * FALLBACK_DELAY_MS, 1)] {
        let remembered = Memory { damping: 1, ..memory(State::FailedOver, Reason::CriticalServiceDown) };
        let (mut node, _) = Node::start(settings(), Some(remembered));
        node.all_up();
        node.hear_state(State::RunningInBackupMode, Reason::CriticalServiceDown);
        node.hear();
        node.expect(State::FailedOver, Reason::Initialization);
        assert_eq!(falls_back(&mut node) / FALLBACK_DELAY_MS, 2, "the damping survives a restart");
        completes(&mut node);
        node.live(normal_ms - SERVICE_DELAY_MS);
        fails_over(&mut node);
        assert_eq!(falls_back(&mut node) / FALLBACK_DELAY_MS, hold, "after {normal_ms} ms of Normal");
    }
}

#[test]
fn a_fallback_does_not_last_either_where_the_peer_covers_by_itself() {
    for healthy in [true, false] {
        let mut node = Node::in_state(State::FailedOver);
        falls_back(&mut node);
        completes(&mut node);
        if !healthy {
            // The delay ends in the same moment in which the peer is heard to cover.
            node.probe(WEB, Health::Down);
            node.live(SERVICE_DELAY_MS - 1);
            node.sleep(1);
        }
        node.hear_state(State::RunningInBackupMode, Reason::PeerDown);
        node.probe(WEB, Health::Up);
        node.expect(State::FailedOver, Reason::PeerDown);
        assert_eq!(falls_back(&mut node) / FALLBACK_DELAY_MS, 2, "healthy: {healthy}");
    }
}

#[test]
fn what_an_administrator_does_is_not_damped() {
    // Neither a failover by command after an automatic fallback, here or at the peer …
    for by_peer in [true, false] {
        let mut node = Node::in_state(State::FailedOver);
        falls_back(&mut node);
        completes(&mut node);
        if by_peer {
            node.hear_state(State::TakingOver, Reason::OnAdminRequest);
        } else {
            node.accepts(Command::Failover);
        }
        node.expect(State::FailingOver, Reason::OnAdminRequest);
        assert_eq!(node.disk.as_ref().map(|memory| memory.damping), Some(0));
    }
    // … nor an automatic failover after a fallback by command.
    let mut node = Node::in_state(State::FailedOver);
    node.accepts(Command::Fallback);
    completes(&mut node);
    fails_over(&mut node);
    assert_eq!(falls_back(&mut node) / FALLBACK_DELAY_MS, 1);
}

#[test]
fn a_fallback_by_command_needs_a_peer_that_covers_and_equal_directories() {
    let mut node = Node::in_state(State::Idle);
    node.input(Input::Directory(Directory { revision: 3, digest: 1 }));
    let (answer, _) = node.command(Command::Fallback);
    assert!(matches!(answer, Answer::Refused(refusal) if refusal.obstacle == Obstacle::Directory));
    node.peer.directory = Directory { revision: 3, digest: 1 };
    node.hear();
    let effects = node.accepts(Command::Fallback);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::StartServices { .. })));
    node.expect(State::TakingBack, Reason::OnAdminRequest);
}
