//! The machine without its dates: it forgets when, and nothing else, and a timer that is let run out does what it would
//! have done in its time.

use locum_core::{
    Clock, Command, Core, Directory, Echo, Echoes, Effect, Health, Heartbeat, Input, Memory, News, Notice, Parameters,
    Reason, Settings, State, TimerKind, Transition,
};

use crate::node::{ARCHIVE, DATABASE, FALLBACK_DELAY_MS, INTERVAL_MS, Node, SERVICE_DELAY_MS, TIMEOUT_MS, WEB};
use crate::node::{memory, settings};

const CLOCKS: [Clock; 9] = [
    Clock::Silence { deaf: false },
    Clock::Silence { deaf: true },
    Clock::Service(WEB),
    Clock::Service(DATABASE),
    Clock::Service(ARCHIVE),
    Clock::Service(99),
    Clock::Start,
    Clock::Fallback,
    Clock::Goodbye,
];
/// What every number that only counts has become.
const NUMBER: u64 = 16;
const NOW_MS: u64 = Core::TIMELESS_MS;

fn timeless(core: &Core) -> Core {
    let mut core = core.clone();
    core.timeless();
    core
}

/// What this timer does when it runs out; `None` if it does not run.
fn run_out(core: &Core, clock: Clock) -> Option<(Core, Vec<Effect>)> {
    let mut core = timeless(core);
    let before = core.clone();
    let Some(token) = core.run_out(clock) else {
        // Only what it would have been late by is set.
        core.timeless();
        assert_eq!(core, before, "{clock:?} does not run, and has changed something");
        return None;
    };
    let effects = core.handle(NOW_MS, Input::Timer { token });
    Some((core, effects))
}

fn running(core: &Core) -> Vec<Clock> {
    CLOCKS.into_iter().filter(|clock| run_out(core, *clock).is_some()).collect()
}

fn state(core: &Core) -> (State, Reason) {
    let view = core.view();
    (view.state, view.reason)
}

fn transition(effects: &[Effect]) -> &Transition {
    let found = effects.iter().find_map(|effect| match effect {
        Effect::Transition(transition) => Some(transition),
        _ => None,
    });
    found.expect("a transition")
}

#[test]
fn what_differs_in_dates_and_counters_alone_has_one_form() {
    for state in State::ALL.into_iter().filter(|state| *state != State::Initializing) {
        let node = Node::in_state(state);
        let form = timeless(&node.core);
        assert_eq!(timeless(&form), form, "{state:?}");
        let mut later = Node::in_state(state);
        later.pass(1);
        later.hear();
        assert_eq!(timeless(&later.core), form, "{state:?}");
    }
}

#[test]
fn a_node_that_has_lived_before_has_the_form_of_one_that_has_not() {
    let begun = |memory| {
        let (mut node, _) = Node::start(settings(), Some(memory));
        node.all_up();
        node.hear();
        node.hear();
        timeless(&node.core)
    };
    let young = memory(State::Normal, Reason::Normal);
    let old = Memory { incarnation: 70, epoch: 90, damping: 2, ..young.clone() };
    assert_eq!(begun(old), begun(young));
}

#[test]
fn what_a_row_may_ask_for_is_kept() {
    for state in State::ALL {
        let node = Node::in_state(state);
        let (view, form) = (node.core.view(), timeless(&node.core));
        let kept = form.view();
        assert_eq!((kept.state, kept.reason), (view.state, view.reason));
        assert_eq!((kept.gate.own, kept.gate.peer), (view.gate.own, view.gate.peer), "{state:?}");
        assert_eq!((kept.peer_silent, kept.started, kept.unhealthy), (view.peer_silent, view.started, view.unhealthy));
        assert_eq!((kept.epoch, kept.incarnation, kept.since_ms), (NUMBER, NUMBER, NOW_MS));
        assert_eq!((kept.row.as_str(), kept.alarms.len(), kept.leaving), ("", 0, view.leaving));
        assert_eq!(form.announces().0.state, state);
        assert_eq!(form.version(), NUMBER);
        assert_eq!((form.run(), form.memory().damping), (NUMBER, 0));
        assert_eq!(form.moving(), node.core.moving().map(|_| NUMBER), "{state:?}");
        assert_eq!(form.next_deadline().token, NUMBER);
    }
    assert_eq!(timeless(&Node::in_state(State::TakingOver).core).moving(), Some(NUMBER));
}

#[test]
fn timers_that_do_not_run_cannot_run_out() {
    use Clock::{Fallback, Goodbye, Service, Silence, Start};
    let (silence, deafness) = (Silence { deaf: false }, Silence { deaf: true });
    assert_eq!(running(&Node::in_state(State::Initializing).core), [silence, deafness, Start]);
    let mut node = Node::normal();
    assert_eq!(running(&node.core), [silence, deafness]);
    node.probe(WEB, Health::Down);
    node.probe(ARCHIVE, Health::Down);
    assert_eq!(running(&node.core), [silence, deafness, Service(WEB)]);
    node.accepts(Command::Goodbye);
    assert_eq!(running(&node.core), [silence, deafness, Service(WEB), Goodbye]);
    let node = Node::in_state(State::FailedOverWithCriticalServicesNotRunning);
    assert_eq!(running(&node.core), [silence, deafness], "the delay is over");
    let mut node = Node::in_state(State::FailedOver);
    assert_eq!(running(&node.core), [silence, deafness, Fallback]);
    node.pass(TIMEOUT_MS);
    assert_eq!(running(&node.core), [], "the peer is silent");
    let (mut node, _) = Node::start(settings(), None);
    node.probe(WEB, Health::Down);
    assert_eq!(running(&node.core), [silence, deafness, Start], "a service that starts may be down");
}

#[test]
fn silence_runs_out() {
    let node = Node::normal();
    let (core, effects) = run_out(&node.core, Clock::Silence { deaf: false }).expect("it runs");
    assert_eq!(state(&core), (State::TakingOver, Reason::PeerDown));
    assert_eq!(transition(&effects).evidence.peer_silent_ms, TIMEOUT_MS);
    assert!(!core.is_deaf(), "what arrives does not echo this node");
    let (core, _) = run_out(&node.core, Clock::Silence { deaf: true }).expect("it runs");
    assert_eq!(state(&core), (State::TakingOver, Reason::PeerDown));
    assert!(core.is_deaf() && timeless(&core).is_deaf());
    assert!(!timeless(&node.core).is_deaf());
    let (mut node, _) = Node::start(settings(), None);
    node.all_up();
    let (core, _) = run_out(&node.core, Clock::Silence { deaf: true }).expect("it runs");
    assert_eq!(state(&core), (State::TakingOver, Reason::PeerDownDuringInitialization));
}

#[test]
fn the_delay_of_a_service_runs_out() {
    let mut node = Node::normal();
    node.probe(WEB, Health::Down);
    let (core, _) = run_out(&node.core, Clock::KeepAlive).expect("it runs");
    assert_eq!(state(&core), (State::Normal, Reason::Normal), "another timer does not bring it about");
    let (core, effects) = run_out(&node.core, Clock::Service(WEB)).expect("it runs");
    assert_eq!(state(&core), (State::FailingOver, Reason::CriticalServiceDown));
    assert_eq!(transition(&effects).evidence.down_ms, SERVICE_DELAY_MS);
}

#[test]
fn the_time_to_start_runs_out() {
    let (mut node, _) = Node::start(settings(), None);
    node.probe(WEB, Health::Down);
    assert!(node.core.starting() && timeless(&node.core).starting());
    let (core, _) = run_out(&node.core, Clock::KeepAlive).expect("it runs");
    assert!(core.starting() && !core.view().unhealthy);
    let (core, _) = run_out(&node.core, Clock::Start).expect("it runs");
    assert!(!core.starting() && core.view().unhealthy);
    assert!(!Node::normal().core.starting());
}

#[test]
fn the_count_to_the_fallback_runs_out() {
    let node = Node::in_state(State::FailedOver);
    let due_ms = |core: &Core| {
        let timers = core.view().timers;
        timers.iter().find(|timer| timer.kind == TimerKind::AutomaticFallback).map(|timer| timer.at_ms)
    };
    let mut core = timeless(&node.core);
    assert!(!core.fallback_was_due());
    assert_eq!(due_ms(&core), Some(NOW_MS + FALLBACK_DELAY_MS));
    core.run_out(Clock::Fallback).expect("it runs");
    assert!(core.fallback_was_due());
    assert_eq!(core.run_out(Clock::Fallback), None, "it has run out");
    assert!(timeless(&core).fallback_was_due(), "what has run out stays run out");
    let (core, _) = run_out(&node.core, Clock::Fallback).expect("it runs");
    assert_eq!(state(&core), (State::TakingBack, Reason::AutomaticFallback));
}

#[test]
fn the_patience_of_a_node_that_leaves_runs_out() {
    let mut node = Node::normal();
    node.accepts(Command::Goodbye);
    let (_, effects) = run_out(&node.core, Clock::KeepAlive).expect("it runs");
    assert!(!effects.contains(&Effect::Leave));
    let (core, effects) = run_out(&node.core, Clock::Goodbye).expect("it runs");
    assert!(effects.contains(&Effect::Leave));
    assert!(run_out(&core, Clock::Goodbye).is_none(), "it has left");
}

#[test]
fn a_heartbeat_is_due() {
    let core = timeless(&Node::normal().core);
    assert_eq!(core.next_deadline().at_ms, NOW_MS + INTERVAL_MS);
    let (_, effects) = run_out(&core, Clock::KeepAlive).expect("it always runs");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Send(_))), "{effects:?}");
}

#[test]
fn stalls_are_noticed_for_what_they_are() {
    let node = Node::normal();
    let stalled = |effects: &[Effect]| {
        effects.iter().find_map(|effect| match effect {
            Effect::Notice(Notice::Stalled { late_ms }) => Some(*late_ms),
            _ => None,
        })
    };
    let (core, effects) = run_out(&node.core, Clock::Stall).expect("there is room for one");
    assert_eq!(stalled(&effects), Some(2 * INTERVAL_MS + 1));
    assert!(core.view().gate.own && !core.is_deaf());
    let (core, effects) = run_out(&node.core, Clock::LongStall).expect("there always is one");
    assert_eq!(stalled(&effects), Some(TIMEOUT_MS + 1));
    assert!(!core.view().gate.own, "its peer may have taken over");
    assert!(core.is_deaf());
    assert_eq!(state(&core), (State::Normal, Reason::Normal));

    let with_timeout = |keep_alive_timeout_ms| {
        let parameters = Parameters { keep_alive_timeout_ms, ..settings().parameters };
        let node = Node::normal_with(Settings { parameters, ..settings() });
        timeless(&node.core).run_out(Clock::Stall).is_some()
    };
    // Later than two intervals, and heard again an interval before the timeout.
    assert_eq!([with_timeout(301), with_timeout(302)], [false, true]);
}

#[test]
fn a_heartbeat_tells_what_it_is_made_to_tell() {
    let mut core = timeless(&Node::normal().core);
    let (announced, directory) = (core.announces().0.clone(), Directory { revision: 3, digest: 4 });
    let heard = |news, echoes| core.heard(announced.clone(), directory, news, echoes);
    let numbers = |heartbeat: &Heartbeat| {
        (heartbeat.boot_id - NUMBER, heartbeat.incarnation - NUMBER, heartbeat.version - NUMBER)
    };
    let news = [News::Same, News::Version, News::Incarnation, News::Boot];
    let told = news.map(|news| numbers(&heard(news, Echoes::Nothing)));
    assert_eq!(told, [(0, 0, 0), (0, 0, 1), (0, 1, 1), (1, 1, 1)]);
    let echo = |echoes| heard(News::Same, echoes).echo;
    let sent = |version, age_ms| Some(Echo { incarnation: NUMBER, version, sent_ms: NOW_MS - age_ms });
    assert_eq!(echo(Echoes::Nothing), None);
    assert_eq!(echo(Echoes::Present), sent(NUMBER, 0));
    assert_eq!(echo(Echoes::Earlier), sent(NUMBER - 1, 0));
    assert_eq!(echo(Echoes::PresentLongAgo), sent(NUMBER, TIMEOUT_MS));
    let heartbeat = heard(News::Version, Echoes::Present);
    assert_eq!((heartbeat.sequence, heartbeat.sent_ms, heartbeat.epoch), (NUMBER + 1, NOW_MS, NUMBER));
    assert_eq!(heartbeat.directory, directory);
    // It is taken for the next one.
    core.handle(NOW_MS, Input::Heartbeat(heartbeat));
    assert_eq!(core.view().peer.expect("it is heard").directory, directory);
}
