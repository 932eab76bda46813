//! A node whose own loop runs late (`docs/behaviour.md` §9.2).

use locum_core::{Effect, Health, Heartbeat, Input, Notice, PeerLoss, Reason, State};

use crate::node::{
    DATABASE, FALLBACK_DELAY_MS, INTERVAL_MS, Node, SERVICE_DELAY_MS, START_TIMEOUT_MS, TIMEOUT_MS, WEB, notices, sent,
    settings,
};

/// Lets the node's loop stand still until this long after its next deadline, which it then meets.
fn late(node: &mut Node, late_ms: u64) -> Vec<Effect> {
    let deadline = node.core.next_deadline();
    node.sleep(deadline.at_ms + late_ms - node.now_ms);
    node.input(Input::Timer { token: deadline.token })
}

fn stalled(effects: &[Effect]) -> Option<u64> {
    notices(effects).into_iter().find_map(|notice| match notice {
        Notice::Stalled { late_ms } => Some(*late_ms),
        _ => None,
    })
}

#[test]
fn more_than_two_intervals_late_is_a_stall() {
    assert_eq!(stalled(&late(&mut Node::normal(), 0)), None);
    assert_eq!(stalled(&late(&mut Node::normal(), 1)), None);
    assert_eq!(stalled(&late(&mut Node::normal(), 2 * INTERVAL_MS)), None);
    assert_eq!(stalled(&late(&mut Node::normal(), 2 * INTERVAL_MS + 1)), Some(2 * INTERVAL_MS + 1));
}

#[test]
fn lateness_of_any_length_is_no_silence_of_the_peer() {
    for late_ms in [1, 150, 2 * INTERVAL_MS] {
        let mut node = Node::normal();
        node.live(INTERVAL_MS);
        let heard_ms = node.now_ms;
        late(&mut node, late_ms);
        let until_ms = heard_ms + late_ms + TIMEOUT_MS;
        node.pass(until_ms - 1 - node.now_ms);
        node.expect(State::Normal, Reason::Normal);
        node.pass(1);
        node.expect(State::TakingOver, Reason::PeerDown);
    }
}

#[test]
fn an_input_that_comes_late_is_as_late_as_a_timer() {
    let mut node = Node::normal();
    node.sleep(node.core.next_deadline().at_ms + 2 * INTERVAL_MS + 1 - node.now_ms);
    assert_eq!(stalled(&node.hear()), Some(2 * INTERVAL_MS + 1));
}

#[test]
fn a_timer_that_is_no_longer_set_is_no_input_however_late() {
    let mut node = Node::normal();
    let token = node.core.next_deadline().token;
    node.live(INTERVAL_MS);
    let before = node.core.clone();
    node.sleep(10 * TIMEOUT_MS);
    assert_eq!(node.input(Input::Timer { token }), []);
    assert_eq!(node.core, before);
}

#[test]
fn a_clock_that_runs_backwards_stands_still() {
    let mut node = Node::normal();
    node.live(INTERVAL_MS);
    let before = node.core.clone();
    node.now_ms -= 50;
    node.hear();
    assert_eq!(node.core.view().timers.len(), before.view().timers.len());
    assert_eq!(node.core.view().peer_unheard_ms, 0);
}

#[test]
fn after_a_stall_the_peer_gets_its_full_time_again() {
    let mut node = Node::normal();
    node.live(INTERVAL_MS);
    node.input(Input::PeerLoss(PeerLoss::StreamClosed));
    late(&mut node, 2 * INTERVAL_MS + 1);
    node.input(Input::PeerLoss(PeerLoss::PortRefused));
    node.expect(State::Normal, Reason::Normal);
    node.pass(TIMEOUT_MS - 1);
    node.expect(State::Normal, Reason::Normal);
    node.pass(1);
    node.expect(State::TakingOver, Reason::PeerDown);
}

#[test]
fn after_a_stall_a_failing_service_gets_its_full_time_again() {
    let mut node = Node::normal();
    node.probe(WEB, Health::Down);
    node.live(SERVICE_DELAY_MS - 50);
    late(&mut node, 2 * INTERVAL_MS + 1);
    node.live(SERVICE_DELAY_MS - 1);
    node.expect(State::Normal, Reason::Normal);
    node.live(1);
    node.expect(State::FailingOver, Reason::CriticalServiceDown);
}

#[test]
fn after_a_stall_a_probe_that_cannot_tell_gets_its_full_time_again() {
    let mut node = Node::normal();
    node.probe(WEB, Health::Unknown);
    node.live(SERVICE_DELAY_MS - 50);
    late(&mut node, 2 * INTERVAL_MS + 1);
    node.live(SERVICE_DELAY_MS - 1);
    assert_eq!(node.alarms(), []);
    node.live(1);
    assert_eq!(node.alarms(), [locum_core::Alarm::ProbeUnknown]);
}

#[test]
fn what_was_down_past_its_delay_before_a_stall_stays_so() {
    let mut node = Node::in_state(State::FailedOverWithCriticalServicesNotRunning);
    let down_ms = node.core.view().services[usize::from(WEB)].down_since_ms;
    late(&mut node, 2 * INTERVAL_MS + 1);
    let view = node.core.view();
    assert!(view.unhealthy);
    assert_eq!(view.services[usize::from(WEB)].down_since_ms, down_ms);
}

#[test]
fn after_a_stall_the_start_of_the_services_gets_its_full_time_again() {
    let (mut node, _) = Node::start(settings(), None);
    node.probe(WEB, Health::Down);
    node.probe(DATABASE, Health::Up);
    node.live(START_TIMEOUT_MS - 50);
    late(&mut node, 2 * INTERVAL_MS + 1);
    node.live(START_TIMEOUT_MS - 1);
    node.expect(State::Initializing, Reason::Initialization);
    node.live(1);
    node.expect(State::FailingOver, Reason::CriticalServiceDown);
}

#[test]
fn after_a_stall_the_fallback_counts_down_anew() {
    let mut node = Node::in_state(State::FailedOver);
    node.live(FALLBACK_DELAY_MS - 50);
    late(&mut node, 2 * INTERVAL_MS + 1);
    node.live(FALLBACK_DELAY_MS - 1);
    node.expect(State::FailedOver, Reason::PeerDown);
    node.live(1);
    node.expect(State::TakingBack, Reason::AutomaticFallback);
}

/// The last heartbeat went out an interval before the deadline that was missed.
#[test]
fn a_node_that_has_said_nothing_for_the_keep_alive_timeout_serves_nobody_before_it_has_heard_its_peer() {
    let just_too_long_ms = TIMEOUT_MS - INTERVAL_MS;
    let mut node = Node::normal();
    late(&mut node, just_too_long_ms - 1);
    assert_eq!(node.serves(), (true, false));

    let mut node = Node::normal();
    late(&mut node, just_too_long_ms);
    assert_eq!(node.serves(), (false, false));
    node.pass(INTERVAL_MS);
    assert_eq!(node.serves(), (false, false));
    node.hear();
    assert_eq!(node.serves(), (true, false));

    // What names nothing recent may have waited out the stall, too.
    let mut node = Node::normal();
    let old = node.next();
    late(&mut node, TIMEOUT_MS);
    node.input(Input::Heartbeat(old));
    assert_eq!(node.serves(), (false, false));

    // Or the peer is silent for the whole timeout.
    let mut node = Node::normal();
    late(&mut node, just_too_long_ms);
    node.pass(TIMEOUT_MS - 1);
    assert_eq!(node.serves(), (false, false));
    node.pass(1);
    node.expect(State::TakingOver, Reason::PeerDown);
    assert_eq!(node.serves(), (false, false), "whom it let go of it serves once the users have moved");
    node.users_moved(true);
    assert_eq!(node.serves(), (true, true));
}

#[test]
fn after_a_long_stall_nothing_is_concluded_from_what_was_known_before() {
    // The peer has said goodbye long ago, and may be back.
    let mut node = Node::in_state(State::RunningInBackupMode);
    node.peer.announced.goodbye = true;
    node.hear();
    assert!(node.core.view().peer_silent);
    late(&mut node, TIMEOUT_MS);
    assert!(!node.core.view().peer_silent);
    assert_eq!(node.serves(), (false, false));
    // A state that was news before the stall is none after it.
    let mut node = Node::normal();
    let deadline = node.core.next_deadline().at_ms;
    node.sleep(deadline + TIMEOUT_MS - node.now_ms);
    node.peer.announced.state = State::Idle;
    node.peer.version += 1;
    let mut waited = node.next();
    waited.echo.iter_mut().for_each(|echo| echo.sent_ms = node.now_ms - TIMEOUT_MS);
    node.input(Input::Heartbeat(waited));
    node.expect(State::Normal, Reason::Normal);
    node.hear();
    assert_eq!(node.state(), State::TakingOver);
}

#[test]
fn a_boot_that_waited_out_a_long_stall_is_too_old_to_count() {
    let mut node = Node::normal();
    late(&mut node, TIMEOUT_MS);
    node.hear_start(true);
    node.expect(State::Normal, Reason::Normal);
}

#[test]
fn a_group_of_one_serves_on_after_a_stall() {
    let (mut node, _) = Node::start(locum_core::Settings { has_peer: false, ..settings() }, None);
    node.all_up();
    node.probe(WEB, Health::Down);
    late(&mut node, 10 * TIMEOUT_MS);
    assert_eq!(node.serves(), (true, false));
}

#[test]
fn a_peer_that_does_not_know_the_present_state_of_a_node_ends_no_doubt() {
    let mut node = Node::in_state(State::FallingBack);
    late(&mut node, TIMEOUT_MS);
    // The peer has taken the users meanwhile, and answers what the node said when it woke up.
    let answer = node.next();
    node.users_moved(true);
    node.expect(State::Normal, Reason::Normal);
    node.input(Input::Heartbeat(answer));
    assert_eq!(node.serves(), (false, false));
    node.hear_state(State::RunningInBackupMode, Reason::PeerDown);
    node.expect(State::FailedOver, Reason::PeerDown);
    assert_eq!(node.serves(), (false, false));
}

#[test]
fn the_first_heartbeat_after_a_gap_is_answered_at_once() {
    let mut node = Node::normal();
    node.live(INTERVAL_MS);
    node.pass(10);
    assert_eq!(sent(&node.hear()), [] as [&Heartbeat; 0], "it says nothing new");
    late(&mut node, TIMEOUT_MS / 2);
    // What this node has just said names nothing recent.
    assert_eq!(sent(&node.hear()).len(), 1);
    assert_eq!(sent(&node.hear()).len(), 0);
}
