//! What needs a person (`docs/behaviour.md` §5.11).

use locum_core::{Alarm, Command, Directory, Effect, Health, Input, Notice, Parameters, Reason, Settings, State};

use crate::node::{INITIALIZATION_TIMEOUT_MS, INTERVAL_MS, Node, SERVICE_DELAY_MS, TIMEOUT_MS, WEB, notices, settings};

fn alarms(effects: &[Effect]) -> Vec<(Alarm, bool)> {
    let alarms = notices(effects).into_iter().filter_map(|notice| match notice {
        Notice::Alarm { alarm, raised } => Some((*alarm, *raised)),
        _ => None,
    });
    alarms.collect()
}

#[test]
fn an_alarm_is_told_when_it_begins_and_when_it_ends_and_shown_between() {
    let mut node = Node::normal();
    node.probe(WEB, Health::Down);
    assert_eq!(alarms(&node.live(SERVICE_DELAY_MS - 1)), []);
    assert_eq!(alarms(&node.live(1)), [(Alarm::ServiceDown, true)]);
    assert_eq!(alarms(&node.live(10 * INTERVAL_MS)), []);
    assert_eq!(node.alarms(), [Alarm::ServiceDown]);
    assert_eq!(alarms(&node.probe(WEB, Health::Up)), [(Alarm::ServiceDown, false)]);
    assert_eq!(node.alarms(), []);
}

#[test]
fn an_alarm_that_begins_leaves_another_as_it_is() {
    let mut node = Node::normal();
    node.probe(WEB, Health::Down);
    node.live(SERVICE_DELAY_MS);
    node.peer.parameters.service_port += 1;
    assert_eq!(alarms(&node.hear()), [(Alarm::ParameterMismatch, true)]);
    assert_eq!(node.alarms(), [Alarm::ServiceDown, Alarm::ParameterMismatch]);
    node.peer.parameters.service_port -= 1;
    assert_eq!(alarms(&node.hear()), [(Alarm::ParameterMismatch, false)]);
    assert_eq!(node.alarms(), [Alarm::ServiceDown]);
}

#[test]
fn a_probe_that_cannot_tell_for_the_delay_is_an_alarm_and_no_failover() {
    for end in [Health::Up, Health::Down] {
        let mut node = Node::normal();
        node.probe(WEB, Health::Unknown);
        node.live(SERVICE_DELAY_MS - 1);
        node.probe(WEB, Health::Unknown);
        assert_eq!(node.alarms(), []);
        node.live(1);
        assert_eq!(node.alarms(), [Alarm::ProbeUnknown]);
        node.live(4 * SERVICE_DELAY_MS);
        node.expect(State::Normal, Reason::Normal);
        assert_eq!(alarms(&node.probe(WEB, end)), [(Alarm::ProbeUnknown, false)]);
        node.probe(WEB, Health::Unknown);
        assert_eq!(node.alarms(), [], "the time counts anew");
    }
}

#[test]
fn directories_differ_for_the_keep_alive_timeout_before_that_is_an_alarm() {
    let mut node = Node::normal();
    node.peer.directory = Directory { revision: 2, digest: 9 };
    node.hear();
    node.live(TIMEOUT_MS - 1);
    assert_eq!(node.alarms(), []);
    node.live(1);
    assert_eq!(node.alarms(), [Alarm::DirectoryMismatch]);
    let effects = node.input(Input::Directory(Directory { revision: 2, digest: 9 }));
    assert_eq!(alarms(&effects), [(Alarm::DirectoryMismatch, false)]);
}

#[test]
fn of_a_silent_peer_nothing_is_said_to_differ() {
    let mut node = Node::normal();
    node.peer.directory = Directory { revision: 2, digest: 9 };
    node.peer.parameters.service_port += 1;
    node.hear();
    node.live(TIMEOUT_MS);
    assert_eq!(node.alarms(), [Alarm::ParameterMismatch, Alarm::DirectoryMismatch]);
    assert_eq!(node.core.view().differences.len(), 1);
    node.pass(TIMEOUT_MS);
    assert_eq!(node.alarms(), [Alarm::NobodyServes]);
    assert_eq!(node.core.view().differences, []);
}

#[test]
fn a_peer_that_was_never_heard_does_not_differ() {
    let (mut node, _) = Node::start(settings(), None);
    node.pass(INITIALIZATION_TIMEOUT_MS - 1);
    node.expect(State::Initializing, Reason::Initialization);
    assert_eq!(node.alarms(), []);
}

#[test]
fn a_group_of_one_needs_nobody_else() {
    let (mut node, _) = Node::start(Settings { has_peer: false, ..settings() }, None);
    node.all_up();
    node.pass(2 * INITIALIZATION_TIMEOUT_MS);
    node.expect(State::Unknown, Reason::Unknown);
    assert_eq!((node.alarms(), node.serves()), (vec![], (true, false)));
}

/// Both nodes have settled, and somebody's users are served by neither of them.
#[test]
fn users_whom_nobody_serves_are_an_alarm() {
    use State::{
        BackupActivated, FailedOver, FailedOverWithCriticalServicesNotRunning as NotRunning, FailingOver,
        FailoverAffectedServices, Idle, Normal, RunningInBackupMode as BackupMode, TakingBack, TakingOver, Unknown,
    };
    for (own, peer, alarm) in [
        (Normal, Some(Normal), false),
        (Idle, Some(BackupMode), false),
        (Idle, Some(BackupActivated), false),
        (Idle, Some(TakingOver), false),
        (Idle, Some(Normal), true),
        (Idle, Some(Unknown), true),
        (Idle, Some(Idle), true),
        (Idle, Some(NotRunning), true),
        (Idle, None, true),
        (FailedOver, Some(BackupMode), false),
        (NotRunning, Some(BackupMode), false),
        (NotRunning, Some(FailingOver), false),
        (NotRunning, Some(NotRunning), true),
        (NotRunning, None, true),
        (FailoverAffectedServices, Some(BackupActivated), false),
        (BackupMode, Some(FailedOver), false),
        (BackupMode, Some(NotRunning), false),
        (BackupMode, Some(Idle), false),
        (BackupMode, None, false),
        (BackupActivated, None, false),
        (TakingOver, None, false),
        (FailingOver, Some(FailingOver), false),
        (TakingBack, Some(Idle), false),
    ] {
        let mut node = Node::in_state(own);
        match peer {
            Some(state) => {
                node.hear_state(state, Reason::OnAdminRequest);
                node.hear();
            }
            None => _ = node.pass(TIMEOUT_MS),
        }
        // Where a row fires, the pair is another one.
        if node.state() == own {
            assert_eq!(node.alarms().contains(&Alarm::NobodyServes), alarm, "{own} beside {peer:?}");
        }
    }
}

#[test]
fn with_high_availability_off_a_peer_that_does_not_serve_its_own_users_is_an_alarm() {
    for (state, started, alarm) in [
        (State::Unknown, true, false),
        (State::Normal, true, false),
        (State::RunningInBackupMode, true, false),
        (State::RunningInFailedMode, true, false),
        (State::RunningInFailedMode, false, true),
        (State::Idle, true, true),
        (State::FailedOverWithCriticalServicesNotRunning, false, true),
        (State::Initializing, false, false),
    ] {
        let mut node = Node::in_state(State::Unknown);
        assert_eq!(node.serves(), (true, false));
        node.peer.announced.high_availability = locum_core::Switch { decision: 1, on: false };
        node.hear_state(state, Reason::Unknown);
        node.peer.announced.started = started;
        node.peer.version += 1;
        node.hear();
        node.expect(State::Unknown, Reason::Unknown);
        assert_eq!(node.alarms().contains(&Alarm::NobodyServes), alarm, "{state}, started: {started}");
    }
}

#[test]
fn nothing_is_concluded_about_service_from_a_peer_that_may_not_know_this_node() {
    let mut node = Node::in_state(State::Idle);
    assert_eq!(node.alarms(), []);
    // The switch is announced anew: until the peer echoes that, it may not know.
    node.accepts(Command::HighAvailabilityOff);
    node.expect(State::Unknown, Reason::Unknown);
    assert_eq!((node.serves(), node.alarms()), ((false, false), vec![]));
    node.hear();
    assert_eq!(node.alarms(), [], "the peer covers");
    node.hear_state(State::Idle, Reason::OnAdminRequest);
    assert_eq!(node.alarms(), [Alarm::NobodyServes]);
}

#[test]
fn parameters_that_differ_are_shown_with_both_values_but_for_the_kernels_word() {
    let classic = Parameters::classic();
    let text = |value: &str| value.to_owned();
    let fast = Parameters { cluster: text("other"), software: text("0"), ..Parameters::fast() };
    let other = Parameters {
        automatic_fallback: true,
        monitor_authentication: true,
        service_port: 1,
        admin_rpc_port: 2,
        user_assignment_mode: text("none"),
        ..fast
    };
    let software = classic.software.as_str();
    let differences = classic.differences(&other);
    let shown: Vec<_> =
        differences.iter().map(|d| (d.parameter.as_str(), d.ours.as_str(), d.theirs.as_str())).collect();
    let expected = [
        ("cluster", "default", "other"),
        ("software", software, "0"),
        ("keep_alive_interval_ms", "15000", "100"),
        ("keep_alive_timeout_ms", "60000", "350"),
        ("initialization_keep_alive_timeout_ms", "120000", "2000"),
        ("critical_service_delay_ms", "90000", "1000"),
        ("automatic_fallback", "false", "true"),
        ("automatic_fallback_delay_ms", "1800000", "10000"),
        ("monitor_authentication", "false", "true"),
        ("service_port", "22001", "1"),
        ("admin_rpc_port", "20075", "2"),
        ("user_assignment_mode", "balanced", "none"),
    ];
    assert_eq!(shown, expected);
    assert_eq!(classic.differences(&Parameters { fast_peer_loss: true, ..classic.clone() }), []);
}
