//! Histories are read, written and played, and the same one gives the same trace.

use locum_config::{Mode, Profile};
use locum_core::{Answer, Command, Notice, Reason, State};
use locum_sim::history::{Happening, History, Trace, What, play};
use locum_sim::{DiskHealth, Logged, Node, Served, UserMoves, native};

const A: Node = Node::A;
const B: Node = Node::B;

/// Two nodes that start, and what happens to them from 5 s on; it lasts until `lasts_ms`.
fn history(lasts_ms: u64, happenings: &[(u64, What)]) -> History {
    let started = [(0, What::Start { node: A }), (0, What::Start { node: B })];
    let happenings = started.iter().chain(happenings);
    let happenings = happenings.map(|(at_ms, what)| Happening { at_ms: *at_ms, what: what.clone() }).collect();
    let services = locum_sim::history::usual_services();
    History { profile: Profile::Fast, users: 10, lasts_ms, happenings, services, ..History::default() }
}

fn played(lasts_ms: u64, happenings: &[(u64, What)]) -> Trace {
    let trace = play(&history(lasts_ms, happenings), native()).unwrap();
    assert_eq!(trace.broken(), None);
    trace
}

fn ends(trace: &Trace) -> [Option<State>; 2] {
    trace.ends.map(|end| end.map(|(state, _)| state))
}

#[test]
fn a_history_is_read_as_it_was_written() {
    let mut written = history(
        60_000,
        &[
            (5_000, What::Kill { node: A }),
            (6_000, What::Command { node: B, command: Command::HighAvailabilityOff }),
            (7_000, What::Cut { node: A, link: Some(1) }),
            (8_000, What::Moves { node: B, moves: UserMoves::Last }),
        ],
    );
    written.set.insert("keep_alive_timeout".into(), "20s".into());
    assert_eq!(History::read(&written.write()).unwrap(), written);
    assert!(written.write().contains(r#"{"at_ms":5000,"what":"kill","node":"a"}"#), "{}", written.write());
    assert_eq!(written.parameters().unwrap().keep_alive_timeout_ms, 20_000);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let file = |happening: &str| format!("{{ \"format\": 1,\n\"happenings\": [\n{happening}\n] }}");
    for (text, words) in [
        (file(r#"{ "at_ms": 5, "what": "kil", "node": "a" }"#), "unknown variant `kil`, expected one of `start`"),
        (
            file(r#"{ "at_ms": 5, "what": "kill", "node": "a" }, { "at_ms": 6, "what": "kill" }"#),
            "`kill` at 6 ms: missing field `node`",
        ),
        (file(r#"{ "at_ms": 5, "what": "kill", "nodes": "a" }"#), "unknown field `nodes`"),
        (file(r#"{ "at_ms": 5, "what": "kill", "node": "c" }"#), "unknown variant `c`, expected `a` or `b`"),
        (file(r#"{ "what": "kill", "node": "a" }"#), "`kill` has no `at_ms` at line 4"),
        (file(r#"{ "at_ms": 5, "what": "command", "node": "a", "command": "explode" }"#), "`explode` is no command"),
        (file(r#"{ "at_ms": 5, "what": "service-fails", "node": "a", "service": 2 }"#), "service 2, and there are 2"),
        (file(r#"{ "at_ms": 5, "what": "cut", "node": "a", "link": 2 }"#), "link 2, and there are 2"),
        (r#"{ "format": 2, "happenings": [] }"#.into(), "format 2, and only 1 is known"),
        (r#"{ "format": 1, "happenings": [], "user": 3 }"#.into(), "unknown field `user`"),
        (r#"{ "format": 1, "happenings": [], "set": { "keepalive": "3s" } }"#.into(), "keepalive"),
        (r#"{ "format": 1, "happenings": [], "set": { "keep_alive_timeout": "3" } }"#.into(), "keep_alive_timeout"),
        (r#"{ "format": 1, "happenings": [], "set": { "keep_alive_timeout": "150ms" } }"#.into(), "two intervals"),
        (r#"{ "format": 1, "happenings": [], "set": { "keep_alive_timeout": "3" } }"#.into(), "`set`: `keep_alive"),
        (r#"{ "format": 1, "happenings": [], "set": { "profile": "fast" } }"#.into(), "`profile` is no timer"),
        (r#"{ "format": 1, "happenings": [], "users": 1000001 }"#.into(), "`users` is 1000001, and may be 1000000"),
        (r#"{ "format": 1, "happenings": [], "lasts_ms": 31622400001 }"#.into(), "may be 31622400000 at most"),
        (
            r#"{ "format": 1, "happenings": [], "lasts_ms": 31622400000, "profile": "fast" }"#.into(),
            "may be played: let it end earlier",
        ),
        (
            r#"{ "format": 1, "happenings": [], "services": [{ "probe_ms": 99999999999 }] }"#.into(),
            "`probe_ms` of service 0 is 99999999999",
        ),
        (file(r#"{ "at_ms": 99999999999, "what": "kill", "node": "a" }"#), "`at_ms` is 99999999999"),
        (
            file(r#"{ "at_ms": 5, "what": "clock-jump", "node": "a", "by_ms": 99999999999 }"#),
            "at 5 ms, `by_ms` is 99999999999",
        ),
        (file(r#"{ "at_ms": 5, "what": "add-users", "node": "a", "count": 1000001 }"#), "`count` is 1000001"),
        (
            file(r#"{ "at_ms": 5, "what": "weather", "node": "a", "rough": { "lost_percent": 101 } }"#),
            "`lost_percent` is 101, and may be 100 at most",
        ),
    ] {
        let error = History::read(&text).expect_err(&text).to_string();
        assert!(error.contains(words), "{text}\n{error}");
    }
}

#[test]
fn the_same_history_gives_the_same_trace_and_another_one_another() {
    let rough = |seed| {
        let weather = locum_sim::Rough { lost_percent: 40, delay_ms: 5, spread_ms: 60, twice_percent: 20 };
        let weather = |node| (5_000, What::Weather { node, link: None, rough: weather });
        let history = History { seed, ..history(120_000, &[weather(A), weather(B)]) };
        play(&history, native()).unwrap().digest()
    };
    assert_eq!(rough(1), rough(1));
    assert_ne!(rough(1), rough(2));
}

#[test]
fn a_death_is_covered_and_the_trace_says_for_how_long_nobody_served() {
    let trace = played(20_000, &[(5_000, What::Kill { node: A }), (9_000, What::Start { node: A })]);
    assert_eq!(trace.failovers(), 1);
    assert_eq!(ends(&trace), [Some(State::FailedOver), Some(State::RunningInBackupMode)]);
    let spans = trace.served(A);
    let by: Vec<Served> = spans.iter().map(|span| span.by).collect();
    assert_eq!(by, [Served::Nobody, Served::By(A), Served::Nobody, Served::By(B)]);
    let gap_ms = spans[2].to_ms - spans[2].from_ms;
    assert!((250..=360).contains(&gap_ms), "{gap_ms}");
    assert_eq!((spans[2].from_ms, spans[3].to_ms), (5_000, 20_000));
    assert_eq!(trace.served_ms(B, Served::By(B)), trace.served(B)[1].to_ms - trace.served(B)[1].from_ms);
    assert!(
        trace.entries.iter().any(|entry| matches!(entry.what, Logged::Served { home: A, by: Served::By(B), users: 5 }))
    );
}

#[test]
fn a_failing_disk_stops_the_daemon_and_its_peer_covers() {
    let fails = (5_000, What::Disk { node: A, disk: DiskHealth::Failing });
    let trace = played(20_000, &[fails, (6_000, What::Command { node: A, command: Command::Failover })]);
    assert!(trace.entries.iter().any(|entry| matches!(entry.what, Logged::Stopped { node: A })));
    assert_eq!(ends(&trace), [None, Some(State::RunningInBackupMode)]);
}

#[test]
fn a_full_disk_lets_no_users_move_or_be_added() {
    let full = (5_000, What::Disk { node: B, disk: DiskHealth::Full });
    let trace = played(20_000, &[full, (5_500, What::AddUsers { node: A, count: 2 }), (6_000, What::Kill { node: A })]);
    assert!(trace.entries.iter().any(|entry| matches!(entry.what, Logged::UsersRefused { node: A, .. })));
    assert_eq!(trace.ends[1], Some((State::RunningInFailedMode, Reason::TakeOverUsersFailed)));
    assert_eq!(trace.directories.map(|(users, ..)| users), [10, 10]);
}

#[test]
fn a_clock_that_leaps_makes_a_node_late_and_nobody_fail_over() {
    let trace = played(20_000, &[(5_000, What::ClockJump { node: A, by_ms: 60_000 })]);
    let stalled = |what: &Logged| matches!(what, Logged::Noticed { node: A, notice: Notice::Stalled { .. } });
    assert!(trace.entries.iter().any(|entry| stalled(&entry.what)));
    assert_eq!((trace.failovers(), ends(&trace)), (0, [Some(State::Normal); 2]));
    assert_eq!(trace.twice_ms, [0; 2]);
}

#[test]
fn a_goodbye_takes_the_host_down_once_the_peer_covers() {
    let trace = played(20_000, &[(5_000, What::Goodbye { node: A }), (10_000, What::Start { node: A })]);
    assert!(trace.entries.iter().any(|entry| matches!(entry.what, Logged::Left { node: A })));
    assert_eq!(trace.ends[1], Some((State::RunningInBackupMode, Reason::PeerReboot)));
    assert!(
        trace.served(A).iter().filter(|span| span.by == Served::Nobody).all(|span| span.to_ms - span.from_ms < 3_000)
    );
}

#[test]
fn slow_services_delay_the_return() {
    let slow = |start_ms| (5_000, What::ServicePace { node: A, service: 0, start_ms, probe_ms: 20 });
    let moved = |start_ms| {
        let there = (6_000, What::Command { node: A, command: Command::Failover });
        let back = (10_000, What::Command { node: A, command: Command::Fallback });
        played(30_000, &[slow(start_ms), there, back])
    };
    assert_eq!(ends(&moved(700)), [Some(State::Normal); 2]);
    let failed = moved(5_000);
    assert_eq!(failed.ends, [Some((State::RunningInFailedMode, Reason::StartOfCriticalServicesFailed)); 2]);
    let answers = failed.entries.iter().filter_map(|entry| match &entry.what {
        Logged::Answered { answer, .. } => answer.clone(),
        _ => None,
    });
    assert_eq!(answers.collect::<Vec<_>>(), [Answer::Accepted, Answer::Accepted]);
}

#[test]
fn traps_cost_little() {
    let trace = played(
        20_000,
        &[
            (5_000, What::PolicyTraps { node: B }),
            (5_100, What::TransportTraps { node: A }),
            (5_200, What::MachineTraps { node: A }),
            (5_210, What::KernelTells { node: A }),
        ],
    );
    assert!(trace.entries.iter().any(|entry| matches!(entry.what, Logged::PolicyFailed { node: B })));
    assert_eq!(ends(&trace), [None, Some(State::RunningInBackupMode)]);
    let gap = trace.served(A).into_iter().find(|span| span.by == Served::Nobody && span.from_ms > 0).unwrap();
    assert!(gap.to_ms - gap.from_ms < 20, "the kernel's word is quicker than silence: {gap:?}");
}

#[test]
fn the_mode_says_where_users_are_at_home() {
    let mut standby = history(5_000, &[]);
    standby.mode = Mode::ActiveStandby;
    let trace = play(&standby, native()).unwrap();
    assert!(trace.entries.iter().any(|entry| matches!(entry.what, Logged::Served { home: A, users: 10, .. })));
}
