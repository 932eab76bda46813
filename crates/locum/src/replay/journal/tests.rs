//! What a simulated pair did, written down as daemons do, is concluded from that and played again.

use locum_config::Profile;
use locum_core::{Command, Health, Notice, Transition};
use locum_node::api::Event;
use locum_sim::{
    Entry, Logged, Node, UserMoves,
    history::{Happening, History, Trace, What, play, usual_services},
    native,
};
use serde_json::{Value, json};

use super::{Journal, Story, story};
use crate::replay::departs;

const A: Node = Node::A;
const B: Node = Node::B;
const NAMES: [&str; 2] = ["ada", "bea"];
const UNIX_MS: u64 = 1_790_000_000_000;

fn fast() -> History {
    History { profile: Profile::Fast, services: usual_services(), ..History::default() }
}

/// Two nodes that start, and what happens to them.
fn incident(happenings: &[(u64, What)]) -> Trace {
    let started = [(0, What::Start { node: A }), (40, What::Start { node: B })];
    let happenings = started.iter().chain(happenings);
    let happenings: Vec<Happening> =
        happenings.map(|(at_ms, what)| Happening { at_ms: *at_ms, what: what.clone() }).collect();
    let lasts_ms = happenings.last().map_or(0, |last| last.at_ms) + 4_000;
    let history = History { users: 10, lasts_ms, happenings, ..fast() };
    play(&history, native()).unwrap()
}

/// The journal of a node, as its daemon would have written it, from this time on.
fn journal(trace: &Trace, node: Node, from_ms: u64) -> Journal {
    let entries = trace.entries.iter().filter(|entry| entry.at_ms >= from_ms);
    let written = entries.filter_map(|entry| written(entry, node)).zip(1..);
    let events = written.map(|((at_ms, kind, text, fields), sequence)| Event {
        sequence,
        at_unix_ms: UNIX_MS + at_ms,
        kind: kind.into(),
        text,
        fields,
    });
    Journal::new(events.collect()).unwrap()
}

fn written(entry: &Entry, of: Node) -> Option<(u64, &'static str, String, Value)> {
    let services = ["web", "database"];
    let (kind, text, fields) = match &entry.what {
        Logged::Happened(What::Start { node }) if *node == of => {
            ("daemon", format!("The daemon of node {} has started.", NAMES[of as usize]), json!({ "pid": 1 }))
        }
        Logged::Happened(What::KernelTells { node }) if node.peer() == of => {
            ("link", "The peer's stream closed.".into(), json!({ "stream": "closed" }))
        }
        Logged::Transition { node, transition } if *node == of => ("transition", String::new(), fields_of(transition)),
        Logged::Noticed { node, notice: Notice::ServiceHealth { service, health } } if *node == of => {
            let health = match health {
                Health::Up => "up",
                Health::Down => "down",
                Health::Unknown => "unknown",
            };
            ("service", String::new(), json!({ "service": services[usize::from(*service)], "health": health }))
        }
        Logged::Noticed { node, notice: Notice::Stalled { late_ms } } if *node == of => {
            ("stall", String::new(), json!({ "late_ms": late_ms }))
        }
        Logged::Left { node } if *node == of => ("daemon", "The daemon stops.".into(), Value::Null),
        _ => return None,
    };
    Some((entry.at_ms, kind, text, fields))
}

fn fields_of(transition: &Transition) -> Value {
    let evidence = &transition.evidence;
    let services = ["web", "database"];
    json!({
        "row": transition.row,
        "from": { "state": transition.from.0.name(), "reason": transition.from.1.name() },
        "to": { "state": transition.to.0.name(), "reason": transition.to.1.name() },
        "epoch": transition.epoch,
        "at_ms": transition.at_ms,
        "trigger": format!("{:?}", evidence.trigger),
        "peer": evidence.peer.map(|(state, reason)| json!({ "state": state.name(), "reason": reason.name() })),
        "peer_silent_ms": evidence.peer_silent_ms,
        "failing_service": evidence.failing_service.map(|service| services[usize::from(service)]),
        "down_ms": evidence.down_ms,
    })
}

/// Concludes from both journals what has happened, and plays it.
fn again(trace: &Trace) -> (Story, Trace) {
    let story = story(vec![journal(trace, B, 0), journal(trace, A, 0)]).unwrap();
    let played = play(&story.history, native()).unwrap();
    (story, played)
}

#[test]
fn incidents_are_concluded_from_both_journals() {
    let command = |node, command| What::Command { node, command };
    let incidents: [(&str, Vec<(u64, What)>); 10] = [
        (
            "a death that only silence tells",
            vec![
                (5_000, What::Kill { node: A }),
                (7_000, What::Start { node: A }),
                (10_000, command(A, Command::Fallback)),
            ],
        ),
        (
            "a death that the kernel tells",
            vec![
                (5_000, What::Kill { node: B }),
                (5_002, What::KernelTells { node: B }),
                (7_000, What::Start { node: B }),
            ],
        ),
        (
            "a service that fails and is mended",
            vec![
                (5_000, What::ServiceFails { node: A, service: 1 }),
                (9_000, What::ServiceMends { node: A, service: 1 }),
                (12_000, command(A, Command::Fallback)),
            ],
        ),
        (
            "a partition",
            vec![
                (5_000, What::Cut { node: A, link: None }),
                (5_000, What::Cut { node: B, link: None }),
                (8_000, What::Heal { node: A, link: None }),
                (8_000, What::Heal { node: B, link: None }),
                (11_000, command(B, Command::Recover)),
            ],
        ),
        ("an administrator", vec![(5_000, command(B, Command::Failover)), (8_000, command(B, Command::Fallback))]),
        (
            "a user move that fails",
            vec![
                (4_900, What::Moves { node: B, moves: UserMoves::Fail }),
                (5_000, command(A, Command::Failover)),
                (6_000, What::Moves { node: B, moves: UserMoves::Succeed }),
                (8_000, command(A, Command::Recover)),
            ],
        ),
        ("a goodbye", vec![(5_000, What::Goodbye { node: A }), (9_000, What::Start { node: A })]),
        (
            "high availability off and on",
            vec![(5_000, command(A, Command::HighAvailabilityOff)), (8_000, command(A, Command::HighAvailabilityOn))],
        ),
        (
            "a service that does not start on the way home",
            vec![
                (5_000, command(A, Command::Failover)),
                (6_000, What::ServiceFails { node: A, service: 0 }),
                (7_000, command(A, Command::Fallback)),
                (9_000, command(A, Command::Recover)),
                (9_200, What::ServiceMends { node: A, service: 0 }),
            ],
        ),
        ("a stall", vec![(5_000, What::Freeze { node: A }), (7_000, What::Thaw { node: A })]),
    ];
    for (title, happenings) in incidents {
        let trace = incident(&happenings);
        let (story, played) = again(&trace);
        assert_eq!(story.names, NAMES, "{title}");
        assert_eq!(departs(&story, &played), None, "{title}: {}", story.history.write());
        assert_eq!(played.failovers(), trace.failovers(), "{title}");
        assert_eq!(played.ends, trace.ends, "{title}");
    }
}

#[test]
fn other_timers_are_noticed() {
    let started = [(0, What::Start { node: A }), (0, What::Start { node: B }), (9_000, What::Kill { node: A })];
    let happenings = started.map(|(at_ms, what)| Happening { at_ms, what }).into();
    let mut history = History { users: 4, lasts_ms: 20_000, happenings, ..fast() };
    history.set.insert("keep_alive_timeout".into(), "900ms".into());
    let trace = play(&history, native()).unwrap();
    let (story, played) = again(&trace);
    assert_eq!(story.history.set["keep_alive_timeout"], "900ms");
    assert!(story.inferred[0].contains("keep_alive_timeout = 900ms"), "{:?}", story.inferred);
    assert_eq!(departs(&story, &played), None);
}

#[test]
fn one_journal_tells_what_its_node_knew_of_the_other() {
    let trace = incident(&[(5_000, What::Kill { node: A })]);
    let story = story(vec![journal(&trace, B, 4_000)]).unwrap();
    let played = play(&story.history, native()).unwrap();
    assert_eq!(played.failovers(), 1);
    let told = story.inferred.join("\n");
    assert!(told.contains("ran before its journal begins") && told.contains("there is no journal of it"), "{told}");
    assert!(told.contains("A cut cable looks the same."), "{told}");
    assert_eq!(departs(&story, &played), None, "{}", story.history.write());
}

#[test]
fn one_journal_from_the_start_of_its_node_starts_the_other_one_too() {
    let trace = incident(&[(5_000, What::Kill { node: A })]);
    let story = story(vec![journal(&trace, B, 0)]).unwrap();
    let played = play(&story.history, native()).unwrap();
    assert_eq!(played.failovers(), 1, "{}", story.history.write());
    assert_eq!(departs(&story, &played), None, "{}", story.history.write());
    assert!(story.inferred.join("\n").contains("started together with bea"), "{:?}", story.inferred);
}

#[test]
fn names_are_those_of_the_journals_or_others() {
    let trace = incident(&[(5_000, What::Kill { node: A })]);
    let called = |name: Option<&str>, node| Journal { name: name.map(str::to_owned), ..journal(&trace, node, 0) };
    let names = |journals| story(journals).unwrap().names;
    assert_eq!(names(vec![called(Some("b"), B)]), ["b", "peer"]);
    assert_eq!(names(vec![called(Some("bea"), B), called(None, A)]), ["bea", "b"]);
    assert_eq!(names(vec![called(Some("bea"), B), called(Some("ada"), A)]), NAMES);
    let twice = story(vec![called(None, A), called(None, A)]).unwrap_err();
    assert!(twice.contains("both journals are the same"), "{twice}");
}

#[test]
fn journals_that_are_none_are_refused() {
    let trace = incident(&[]);
    let twice = story(vec![journal(&trace, A, 0), journal(&trace, A, 0)]).unwrap_err();
    assert!(twice.contains("both journals are those of node ada"), "{twice}");
    let quiet = Journal::new(Vec::new()).unwrap_err();
    assert!(quiet.contains("locum events -n 500"), "{quiet}");
}
