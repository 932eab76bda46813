//! When a peer is silent, and what may be concluded from one that is heard (`docs/behaviour.md` §5.1, §5.2, §9.6).

use locum_core::{
    Command, Effect, Health, Heartbeat, Input, Parameters, PeerLoss, Rank, Reason, Settings, State, Switch, TimerKind,
    Transition,
};

use crate::node::{
    INITIALIZATION_TIMEOUT_MS, INTERVAL_MS, Node, SERVICE_DELAY_MS, TIMEOUT_MS, WEB, memory, sent, settings,
    transitions,
};

fn silence(node: &Node) -> Option<u64> {
    let timers = node.core.view().timers;
    timers.iter().find(|timer| timer.kind == TimerKind::PeerSilence).map(|timer| timer.at_ms)
}

#[test]
fn a_peer_is_silent_when_it_has_not_been_heard_for_the_keep_alive_timeout() {
    let mut node = Node::normal();
    node.live(INTERVAL_MS);
    assert_eq!(silence(&node), Some(node.now_ms + TIMEOUT_MS));
    node.pass(TIMEOUT_MS - 1);
    node.probe(WEB, Health::Up);
    node.expect(State::Normal, Reason::Normal);
    let view = node.core.view();
    assert_eq!((view.peer_silent, view.peer_unheard_ms), (false, TIMEOUT_MS - 1));
    let effects = node.pass(1);
    node.expect(State::TakingOver, Reason::PeerDown);
    assert!(node.core.view().peer_silent);
    let [Transition { row, evidence, .. }] = transitions(&effects)[..] else { panic!("{effects:#?}") };
    assert_eq!((row.as_str(), evidence.peer_silent_ms), ("normal-silent", TIMEOUT_MS));
    assert_eq!(evidence.peer, Some((State::Normal, Reason::Normal)));
}

#[test]
fn of_a_peer_that_is_heard_no_silence_is_told() {
    let mut node = Node::normal();
    node.pass(70);
    let effects = node.accepts(Command::Failover);
    assert_eq!(transitions(&effects)[0].evidence.peer_silent_ms, 0);
}

#[test]
fn a_starting_node_waits_for_the_initialization_timeout() {
    let (mut node, _) = Node::start(settings(), None);
    node.all_up();
    node.pass(INITIALIZATION_TIMEOUT_MS - 1);
    node.expect(State::Initializing, Reason::Initialization);
    node.pass(1);
    node.expect(State::TakingOver, Reason::PeerDownDuringInitialization);
}

/// What the peer says of itself is worth nothing until it says that it knows this node's latest change.
#[test]
fn nothing_is_concluded_from_a_peer_that_does_not_know_the_latest_change() {
    type Change = fn(&mut Heartbeat);
    let behind: [(&str, Change); 3] = [
        ("it has heard nothing", |heartbeat| heartbeat.echo = None),
        ("it has heard an older version", |heartbeat| {
            heartbeat.echo.iter_mut().for_each(|echo| echo.version -= 1);
        }),
        ("it has heard an earlier start", |heartbeat| {
            heartbeat.echo.iter_mut().for_each(|echo| echo.incarnation -= 1);
        }),
    ];
    for (title, change) in behind {
        let mut node = Node::normal();
        node.peer.announced.state = State::Idle;
        node.peer.version += 1;
        let mut heartbeat = node.next();
        change(&mut heartbeat);
        node.input(Input::Heartbeat(heartbeat));
        node.expect(State::Normal, Reason::Normal);
        node.hear();
        assert_eq!(node.state(), State::TakingOver, "{title}, and then it has");
    }
}

/// A heartbeat that names nothing recent does not count as hearing the peer.
#[test]
fn a_peer_that_does_not_hear_this_node_is_silent_too() {
    for (age_ms, heard) in [(TIMEOUT_MS - 1, true), (TIMEOUT_MS, false)] {
        let mut node = Node::normal();
        let heard_ms = node.now_ms;
        node.live(2 * INTERVAL_MS);
        let mut heartbeat = node.next();
        heartbeat.echo.iter_mut().for_each(|echo| echo.sent_ms = node.now_ms - age_ms);
        let before = silence(&node);
        assert_eq!(before, Some(heard_ms + 2 * INTERVAL_MS + TIMEOUT_MS));
        node.pass(50);
        heartbeat.echo.iter_mut().for_each(|echo| echo.sent_ms += 50);
        node.input(Input::Heartbeat(heartbeat));
        let after = if heard { Some(node.now_ms + TIMEOUT_MS) } else { before };
        assert_eq!(silence(&node), after, "it names what was said {age_ms} ms ago");
    }
}

#[test]
fn a_link_that_carries_one_way_only_is_silence() {
    let mut node = Node::normal();
    let echo = node.next().echo;
    let begin_ms = node.now_ms;
    while node.state() == State::Normal {
        node.pass(INTERVAL_MS / 2);
        let deaf = Heartbeat { echo, ..node.next() };
        node.input(Input::Heartbeat(deaf));
        assert!(node.now_ms < begin_ms + 10 * TIMEOUT_MS, "no silence");
    }
    node.expect(State::TakingOver, Reason::PeerDown);
}

#[test]
fn what_an_earlier_start_of_this_daemon_said_does_not_count_as_heard() {
    let mut node = Node::normal();
    let before = silence(&node);
    node.pass(50);
    let mut heartbeat = node.next();
    heartbeat.echo.iter_mut().for_each(|echo| echo.incarnation -= 1);
    node.input(Input::Heartbeat(heartbeat));
    assert_eq!(silence(&node), before);
}

/// The answer to it may set the peer going; what follows must name something recent.
#[test]
fn the_first_heartbeat_after_a_silence_or_a_start_counts_whatever_it_names() {
    // After a silence, of a node that serves all users and so does nothing else about it.
    for (quiet_ms, counts) in [(TIMEOUT_MS - 1, false), (TIMEOUT_MS, true)] {
        let mut node = Node::in_state(State::RunningInBackupMode);
        let before = silence(&node);
        node.pass(quiet_ms);
        let deaf = Heartbeat { echo: None, ..node.next() };
        node.input(Input::Heartbeat(deaf));
        let heard = Some(node.now_ms + TIMEOUT_MS);
        assert_eq!(silence(&node), if counts { heard } else { before }, "after {quiet_ms} ms");
        if counts {
            node.pass(10);
            let deaf = Heartbeat { echo: None, ..node.next() };
            node.input(Input::Heartbeat(deaf));
            assert_eq!(silence(&node), heard, "the second one names nothing recent");
        }
    }
    // Of a daemon that has just started.
    let mut node = Node::normal();
    node.pass(50);
    node.hear_start(false);
    assert_eq!(silence(&node), Some(node.now_ms + TIMEOUT_MS));
    // The very first.
    let (mut node, _) = Node::start(settings(), None);
    node.pass(50);
    let first = Heartbeat { echo: None, ..node.next() };
    node.input(Input::Heartbeat(first));
    assert_eq!(silence(&node), Some(node.now_ms + INITIALIZATION_TIMEOUT_MS));
}

#[test]
fn a_goodbye_is_silence_at_once() {
    let mut node = Node::normal();
    node.peer.announced.goodbye = true;
    node.peer.version += 1;
    node.hear();
    node.expect(State::TakingOver, Reason::PeerReboot);
    assert!(node.core.view().peer_silent);
}

#[test]
fn a_peer_on_a_host_that_has_booted_is_covered_at_once() {
    // Its daemon alone restarts: it is waited for.
    let mut node = Node::normal();
    node.hear_start(false);
    node.expect(State::Normal, Reason::Normal);
    node.hear_start(true);
    node.expect(State::TakingOver, Reason::PeerReboot);
    // A boot counts while the peer starts, and not in another state.
    let mut node = Node::normal();
    node.peer.boot_id += 1;
    node.hear();
    node.expect(State::Normal, Reason::Normal);
    // Of a peer that was never heard before, nobody can tell whether its host has booted.
    let (mut node, _) = Node::start(settings(), None);
    node.all_up();
    node.hear_start(true);
    node.hear();
    node.expect(State::Normal, Reason::Normal);
}

#[test]
fn a_boot_counts_when_it_is_heard_and_not_later() {
    let mut node = Node::in_state(State::FallingBack);
    node.hear_start(true);
    node.expect(State::FallingBack, Reason::OnAdminRequest);
    node.users_moved(true);
    node.expect(State::Normal, Reason::Normal);
}

#[test]
fn the_kernels_word_is_two_signs_and_one_alone_is_none() {
    use PeerLoss::{PortRefused, StreamClosed};
    for (signs, fast, silent) in [
        (&[StreamClosed, PortRefused][..], true, true),
        (&[PortRefused, StreamClosed], true, true),
        (&[StreamClosed, PortRefused], false, false),
        (&[StreamClosed, StreamClosed], true, false),
        (&[PortRefused, PortRefused], true, false),
        (&[StreamClosed], false, false),
        (&[PortRefused], false, false),
    ] {
        let parameters = Parameters { fast_peer_loss: fast, ..settings().parameters };
        let mut node = Node::normal_with(Settings { parameters, ..settings() });
        for sign in signs {
            node.input(Input::PeerLoss(*sign));
        }
        let state = if silent { State::TakingOver } else { State::Normal };
        assert_eq!(node.state(), state, "{signs:?}, heeded: {fast}");
        assert_eq!(node.core.view().peer_silent, silent);
    }
}

#[test]
fn a_sign_is_answered_once_so_that_the_second_can_follow_the_first() {
    let mut node = Node::normal();
    assert_eq!(sent(&node.input(Input::PeerLoss(PeerLoss::StreamClosed))).len(), 1);
    assert_eq!(sent(&node.input(Input::PeerLoss(PeerLoss::StreamClosed))).len(), 0);
    assert_eq!(sent(&node.input(Input::PeerLoss(PeerLoss::PortRefused))).len(), 1);
}

#[test]
fn a_heartbeat_of_a_peer_that_hears_this_node_takes_both_signs_back() {
    let mut node = Node::normal();
    node.input(Input::PeerLoss(PeerLoss::StreamClosed));
    node.hear();
    node.input(Input::PeerLoss(PeerLoss::PortRefused));
    node.expect(State::Normal, Reason::Normal);
    node.input(Input::PeerLoss(PeerLoss::StreamClosed));
    node.expect(State::TakingOver, Reason::PeerDown);
}

#[test]
fn no_kernel_vouches_for_the_death_of_a_peer_that_was_never_heard() {
    let (mut node, _) = Node::start(settings(), None);
    node.all_up();
    node.input(Input::PeerLoss(PeerLoss::StreamClosed));
    node.input(Input::PeerLoss(PeerLoss::PortRefused));
    node.expect(State::Initializing, Reason::Initialization);
    assert!(!node.core.view().peer_silent);
}

#[test]
fn what_is_heard_of_the_peer_is_shown() {
    let (mut node, _) = Node::start(settings(), Some(memory(State::Normal, Reason::Normal)));
    assert_eq!(node.core.view().peer, None);
    node.peer.epoch = 3;
    node.hear();
    let view = node.core.view();
    let peer = view.peer.expect("a peer");
    assert_eq!((peer.state, peer.reason, peer.epoch), (State::Normal, Reason::Normal, 3));
    assert_eq!((peer.incarnation, peer.boot_id), (50, 60));
    assert!(peer.started && peer.high_availability);
    assert_eq!((view.epoch, view.incarnation), (5, 11));
}

/// Both nodes of a pair in Failed Mode settle on the weightier reason, and then they rest.
#[test]
fn in_failed_mode_the_weightier_reason_holds_and_an_equal_one_changes_nothing() {
    use Reason::{CriticalServiceDown, TakeBackUsersFailed, TakeOverUsersFailed};
    for (heard, held) in [
        (CriticalServiceDown, TakeOverUsersFailed),
        (TakeOverUsersFailed, TakeOverUsersFailed),
        (TakeBackUsersFailed, TakeBackUsersFailed),
    ] {
        let mut node = Node::in_state(State::TakingOver);
        node.users_moved(false);
        node.expect(State::RunningInFailedMode, TakeOverUsersFailed);
        let effects = node.hear_state(State::RunningInFailedMode, heard);
        node.expect(State::RunningInFailedMode, held);
        let changes = usize::from(held != TakeOverUsersFailed);
        assert_eq!(transitions(&effects).len(), changes, "{heard}");
        assert_eq!(transitions(&node.hear()).len(), 0);
    }
}

/// Silence needs no echo, so that it counts for the state that the node has just entered, too.
#[test]
fn the_table_is_looked_at_again_until_no_row_changes_anything() {
    let mut node = Node::normal();
    node.live(INTERVAL_MS);
    node.pass(TIMEOUT_MS - SERVICE_DELAY_MS);
    node.probe(WEB, Health::Down);
    node.pass(SERVICE_DELAY_MS - 1);
    node.expect(State::Normal, Reason::Normal);
    let effects = node.pass(1);
    let rows: Vec<_> = transitions(&effects).iter().map(|transition| transition.row.clone()).collect();
    assert_eq!(rows, ["normal-unhealthy", "failing-alone"]);
    node.expect(State::FailedOverWithCriticalServicesNotRunning, Reason::CriticalServiceDown);
}

#[test]
fn of_two_nodes_in_the_same_place_the_name_decides_which_takes_over() {
    // Failed over by command, the second of them; failed over and fit, the first.
    for (rank, failing_takes_over) in [(Rank::First, false), (Rank::Second, true)] {
        let mut node = Node::normal_with(Settings { rank, ..settings() });
        node.accepts(Command::Failover);
        node.hear_state(State::FailingOver, Reason::OnAdminRequest);
        let state = if failing_takes_over { State::TakingOver } else { State::FailingOver };
        node.expect(state, Reason::OnAdminRequest);

        let mut node = Node::normal_with(Settings { rank, ..settings() });
        node.hear_state(State::RunningInBackupMode, Reason::PeerDown);
        node.hear();
        node.hear_state(State::FailedOver, Reason::PeerDown);
        let state = if failing_takes_over { State::FailedOver } else { State::TakingOver };
        node.expect(state, Reason::PeerDown);
    }
}

#[test]
fn a_late_answer_about_a_user_move_is_no_answer() {
    let mut node = Node::in_state(State::TakingOver);
    let effects = node.input(Input::UsersMoved { token: 99, moved: false });
    assert_eq!(transitions(&effects).len(), 0);
    node.expect(State::TakingOver, Reason::CriticalServiceDown);
    // The takeover ends; another begins, and only its own answer counts.
    node.users_moved(true);
    node.hear_state(State::TakingBack, Reason::OnAdminRequest);
    let effects = node.hear();
    assert!(effects.iter().any(|effect| matches!(effect, Effect::MoveUsers { token: 2, .. })), "{effects:#?}");
    node.input(Input::UsersMoved { token: 1, moved: false });
    node.expect(State::FallingBack, Reason::OnAdminRequest);
    node.users_moved(true);
    node.expect(State::Normal, Reason::Normal);
}

#[test]
fn a_decision_of_an_equal_number_is_not_adopted_from_a_silent_peer_either() {
    let mut node = Node::normal();
    node.peer.announced.high_availability = Switch { decision: 0, on: false };
    node.peer.announced.goodbye = true;
    node.peer.version += 1;
    node.hear();
    node.expect(State::TakingOver, Reason::PeerReboot);
}
