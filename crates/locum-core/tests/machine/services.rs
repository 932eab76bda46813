//! When a node is healthy (`docs/behaviour.md` §5.3, §9.8).

use locum_core::{Command, Effect, Health, Input, Memory, Notice, Reason, State, TimerKind};

use crate::node::{
    ARCHIVE, DATABASE, INTERVAL_MS, Node, SERVICE_DELAY_MS, START_TIMEOUT_MS, TIMEOUT_MS, WEB, memory, notices,
    settings, transitions,
};

/// When the node gives a service up, as it shows it.
fn service_timer(node: &Node) -> Option<u64> {
    let timers = node.core.view().timers;
    timers.iter().find(|timer| timer.kind == TimerKind::Service).map(|timer| timer.at_ms)
}

/// A daemon that starts beside a Normal peer.
fn starting() -> Node {
    let (mut node, _) = Node::start(settings(), None);
    node.hear();
    node.hear();
    node
}

fn starts(effects: &[Effect]) -> Vec<u64> {
    let starts = effects.iter().filter_map(|effect| match effect {
        Effect::StartServices { run } | Effect::RestartServices { run } => Some(*run),
        _ => None,
    });
    starts.collect()
}

#[test]
fn services_have_started_once_every_critical_one_is_up() {
    let mut node = starting();
    node.probe(ARCHIVE, Health::Down);
    node.probe(WEB, Health::Up);
    node.expect(State::Initializing, Reason::Initialization);
    assert!(!node.core.view().started);
    node.probe(DATABASE, Health::Up);
    assert!(node.core.view().started);
    node.hear();
    node.expect(State::Normal, Reason::Normal);
}

#[test]
fn a_start_is_judged_when_the_longest_timeout_of_a_critical_service_has_passed() {
    for (web, database, healthy) in [
        (Some(Health::Up), Some(Health::Down), false),
        (Some(Health::Down), Some(Health::Up), false),
        (Some(Health::Down), None, false),
        (Some(Health::Unknown), Some(Health::Down), false),
        (Some(Health::Up), Some(Health::Unknown), true),
        (Some(Health::Unknown), Some(Health::Unknown), true),
        (None, Some(Health::Unknown), true),
        (None, None, true),
    ] {
        let mut node = starting();
        assert_eq!(service_timer(&node), Some(node.now_ms + START_TIMEOUT_MS));
        for (service, health) in [(WEB, web), (DATABASE, database)] {
            health.map(|health| node.probe(service, health));
        }
        node.live(START_TIMEOUT_MS - 1);
        node.expect(State::Initializing, Reason::Initialization);
        node.live(1);
        let state = if healthy { State::Normal } else { State::FailingOver };
        assert_eq!(node.state(), state, "web {web:?}, database {database:?}");
        let view = node.core.view();
        assert_eq!((view.started, view.unhealthy), (healthy, !healthy), "web {web:?}, database {database:?}");
        assert_eq!(service_timer(&node), None);
    }
}

#[test]
fn a_group_without_critical_services_need_not_wait_for_any() {
    for services in [Vec::new(), vec![settings().services[usize::from(ARCHIVE)].clone()]] {
        let (node, _) = Node::start(locum_core::Settings { services, ..settings() }, None);
        assert!(node.core.view().started);
    }
}

#[test]
fn a_service_is_down_for_the_delay_before_the_node_is_unhealthy() {
    for (service, reason) in [(WEB, Reason::CriticalServiceDown), (DATABASE, Reason::DatabaseFailure)] {
        let mut node = Node::normal();
        node.probe(service, Health::Down);
        assert_eq!(service_timer(&node), Some(node.now_ms + SERVICE_DELAY_MS));
        node.live(SERVICE_DELAY_MS - 1);
        node.expect(State::Normal, Reason::Normal);
        assert!(!node.core.view().unhealthy);
        let effects = node.pass(1);
        node.expect(State::FailingOver, reason);
        assert!(node.core.view().unhealthy);
        assert_eq!(service_timer(&node), None, "what is given up has no timer");
        let evidence = &transitions(&effects)[0].evidence;
        assert_eq!((evidence.failing_service, evidence.down_ms), (Some(service), SERVICE_DELAY_MS));
    }
}

#[test]
fn only_being_up_ends_the_count_and_only_being_down_concludes_it() {
    let delay_ms = SERVICE_DELAY_MS;
    for (looks, state) in [
        (&[(0, Health::Down), (100, Health::Up), (101, Health::Down), (delay_ms, Health::Down)][..], State::Normal),
        (&[(0, Health::Down), (100, Health::Unknown), (delay_ms, Health::Unknown)], State::Normal),
        (&[(0, Health::Down), (100, Health::Unknown), (delay_ms, Health::Down)], State::FailingOver),
        (&[(0, Health::Down), (100, Health::Down), (delay_ms, Health::Down)], State::FailingOver),
        (&[(0, Health::Unknown), (1, Health::Down), (delay_ms, Health::Down)], State::Normal),
        (&[(0, Health::Unknown), (delay_ms, Health::Down)], State::Normal),
    ] {
        let mut node = Node::normal();
        let begin_ms = node.now_ms;
        for &(at_ms, health) in looks {
            node.live(begin_ms + at_ms - node.now_ms);
            node.probe(WEB, health);
        }
        assert_eq!(node.state(), state, "{looks:?}");
    }
}

#[test]
fn a_verdict_of_down_concludes_what_an_earlier_one_began() {
    let mut node = Node::normal();
    node.probe(WEB, Health::Down);
    node.probe(WEB, Health::Unknown);
    assert_eq!(service_timer(&node), None, "time alone concludes nothing while a probe cannot tell");
    node.live(2 * SERVICE_DELAY_MS);
    node.expect(State::Normal, Reason::Normal);
    node.probe(WEB, Health::Down);
    node.expect(State::FailingOver, Reason::CriticalServiceDown);
}

#[test]
fn what_is_not_critical_may_be_down() {
    let mut node = Node::normal();
    node.probe(ARCHIVE, Health::Down);
    assert_eq!(service_timer(&node), None);
    let effects = node.live(4 * SERVICE_DELAY_MS);
    node.expect(State::Normal, Reason::Normal);
    assert_eq!((node.alarms(), notices(&effects)), (vec![], vec![]));
    node.probe(ARCHIVE, Health::Unknown);
    node.live(4 * SERVICE_DELAY_MS);
    assert_eq!(node.alarms(), []);
}

#[test]
fn the_fault_is_that_of_a_database_only_where_a_critical_one_fails() {
    // The web server fails beside a database that is up, or has not been down for the delay, or is not critical.
    for (service, after_ms) in [(DATABASE, 1), (ARCHIVE, 0)] {
        let mut node = Node::normal();
        node.probe(WEB, Health::Down);
        node.live(after_ms);
        node.probe(service, Health::Down);
        node.live(SERVICE_DELAY_MS - after_ms);
        node.expect(State::FailingOver, Reason::CriticalServiceDown);
    }
    // Both fail, or do not start.
    let mut node = Node::normal();
    node.probe(WEB, Health::Down);
    node.probe(DATABASE, Health::Down);
    node.live(SERVICE_DELAY_MS);
    node.expect(State::FailingOver, Reason::DatabaseFailure);
    for (down, up, reason) in [(WEB, DATABASE, Reason::CriticalServiceDown), (DATABASE, WEB, Reason::DatabaseFailure)] {
        let mut node = starting();
        node.probe(down, Health::Down);
        node.probe(up, Health::Up);
        node.probe(ARCHIVE, Health::Down);
        node.live(START_TIMEOUT_MS);
        node.expect(State::FailingOver, reason);
    }
}

#[test]
fn a_transition_names_the_critical_service_that_has_been_down_the_longest() {
    let mut node = Node::normal();
    node.probe(ARCHIVE, Health::Down);
    node.live(10);
    node.probe(DATABASE, Health::Down);
    node.live(10);
    node.probe(WEB, Health::Down);
    node.live(30);
    let effects = node.accepts(Command::Failover);
    let evidence = &transitions(&effects)[0].evidence;
    assert_eq!((evidence.failing_service, evidence.down_ms), (Some(DATABASE), 40));
    // Of nothing that is down, nothing is said.
    let effects = Node::normal().accepts(Command::Failover);
    let evidence = &transitions(&effects)[0].evidence;
    assert_eq!((evidence.failing_service, evidence.down_ms), (None, 0));
}

#[test]
fn time_is_told_for_the_service_that_is_given_up_first() {
    let mut node = Node::normal();
    node.probe(DATABASE, Health::Down);
    let first_ms = node.now_ms + SERVICE_DELAY_MS;
    node.live(50);
    node.probe(WEB, Health::Down);
    assert_eq!(service_timer(&node), Some(first_ms));
    node.probe(DATABASE, Health::Up);
    assert_eq!(service_timer(&node), Some(first_ms + 50));
}

#[test]
fn a_probe_from_before_the_last_start_says_nothing() {
    let mut node = Node::in_state(State::Idle);
    let before = node.run;
    for service in [WEB, DATABASE] {
        assert_eq!(notices(&node.probe(service, Health::Up)), Vec::<&Notice>::new(), "stopped services have no health");
    }
    let effects = node.accepts(Command::Fallback);
    let [run] = starts(&effects)[..] else { panic!("{effects:?}") };
    assert!(run > before);
    for service in [WEB, DATABASE] {
        node.input(Input::Probe { service, run: before, health: Health::Up });
        node.input(Input::Probe { service, run: run + 1, health: Health::Up });
    }
    assert!(!node.core.view().started);
    for service in [WEB, DATABASE] {
        node.input(Input::Probe { service, run, health: Health::Up });
    }
    assert!(node.core.view().started);
}

#[test]
fn a_probe_of_what_is_not_there_says_nothing() {
    let mut node = Node::normal();
    let before = node.core.view();
    let effects = node.probe(3, Health::Down);
    assert_eq!((notices(&effects), node.core.view()), (vec![], before));
}

#[test]
fn a_change_of_health_is_told_once_and_a_start_is_no_news_before_it_ends() {
    let (mut node, _) = Node::start(settings(), None);
    for (service, health, told) in [
        (WEB, Health::Down, false),
        (WEB, Health::Unknown, true),
        (WEB, Health::Up, true),
        (DATABASE, Health::Up, true),
        (DATABASE, Health::Up, false),
        (DATABASE, Health::Down, true),
        (DATABASE, Health::Down, false),
        (DATABASE, Health::Unknown, true),
        (DATABASE, Health::Unknown, false),
        (DATABASE, Health::Up, true),
    ] {
        let effects = node.probe(service, health);
        let expected = Notice::ServiceHealth { service, health };
        let expected = if told { vec![&expected] } else { vec![] };
        assert_eq!(notices(&effects), expected, "{service} {health:?}");
    }
}

#[test]
fn what_a_probe_saw_is_shown() {
    let mut node = Node::normal();
    node.probe(DATABASE, Health::Down);
    let down_ms = node.now_ms;
    node.live(10);
    node.probe(DATABASE, Health::Unknown);
    let shown: Vec<_> = node.core.view().services.iter().map(|seen| (seen.health, seen.down_since_ms)).collect();
    let up = (Some(Health::Up), None);
    assert_eq!(shown, [up, (Some(Health::Unknown), Some(down_ms)), up]);
}

/// `locum ha off` starts what does not run, in whatever state the services are.
#[test]
fn to_start_the_services_is_to_start_those_that_do_not_run() {
    let started = |mut node: Node| !starts(&node.accepts(Command::HighAvailabilityOff)).is_empty();
    assert!(!started(Node::normal()), "all of them run");
    assert!(!started(starting()), "they are starting");
    assert!(started(Node::in_state(State::Idle)), "they are stopped");
    let mut node = Node::normal();
    node.probe(WEB, Health::Down);
    node.live(SERVICE_DELAY_MS - 1);
    assert!(started(node), "one of them is down");
    let unfit = Node::in_state(State::FailedOverWithCriticalServicesNotRunning);
    assert!(!started(unfit), "down past its delay is no health that a start could mend");
    let mut failed = starting();
    failed.probe(WEB, Health::Down);
    failed.live(START_TIMEOUT_MS);
    assert!(!started(failed), "the start has failed, and what failed may yet come up");
}

#[test]
fn a_recovery_starts_the_services_again_whatever_they_do() {
    let mut node = Node::in_state(State::RunningInFailedMode);
    let before = node.run;
    let effects = node.accepts(Command::Recover);
    assert!(matches!(&effects[..], effects if effects.contains(&Effect::RestartServices { run: before + 1 })));
    assert!(!node.core.view().started);
}

#[test]
fn services_that_did_not_start_are_healthy_once_they_are_up() {
    let mut node = starting();
    node.probe(WEB, Health::Down);
    node.probe(DATABASE, Health::Up);
    node.live(START_TIMEOUT_MS);
    node.hear_state(State::RunningInBackupMode, Reason::CriticalServiceDown);
    node.expect(State::FailedOverWithCriticalServicesNotRunning, Reason::CriticalServiceDown);
    node.probe(WEB, Health::Up);
    node.expect(State::FailedOver, Reason::CriticalServiceDown);
}

#[test]
fn a_daemon_that_starts_waits_for_its_services_before_it_judges_them() {
    let remembered: Memory = memory(State::Normal, Reason::Normal);
    let (mut node, _) = Node::start(settings(), Some(remembered));
    node.hear();
    node.hear();
    for _ in 0..4 {
        node.live(INTERVAL_MS);
        node.expect(State::Initializing, Reason::Initialization);
    }
    assert!(node.now_ms > TIMEOUT_MS);
    node.probe(WEB, Health::Up);
    node.probe(DATABASE, Health::Up);
    node.hear();
    node.expect(State::Normal, Reason::Normal);
}

#[test]
fn a_covering_node_says_what_kind_of_service_has_failed() {
    let kinds = [(WEB, Reason::AutoRecoverCriticalServiceDown), (DATABASE, Reason::AutoRecoverDatabaseFailure)];
    for (service, reason) in kinds {
        let mut node = Node::in_state(State::RunningInBackupMode);
        node.hear_state(State::FailedOver, Reason::CriticalServiceDown);
        node.probe(service, Health::Down);
        let effects = node.live(SERVICE_DELAY_MS);
        let reasons: Vec<_> = transitions(&effects).iter().map(|transition| transition.to.1).collect();
        assert!(reasons.contains(&reason), "{service}: {reasons:?}");
    }
}
