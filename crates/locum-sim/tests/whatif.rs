//! What-ifs, the documented examples among them: the figures are those of the pair, and the same each time.

use std::path::{Path, PathBuf};

use locum_config::WhatIf;
use locum_core::State;
use locum_sim::native;
use locum_sim::whatif::{Answer, Seen, answer, figures, page};

fn asked(text: &str, others: &[&str]) -> WhatIf {
    let others: Vec<String> = others.iter().map(|other| (*other).to_owned()).collect();
    WhatIf::parse_with(text, Path::new("w.toml"), None, &others).unwrap_or_else(|faults| panic!("{faults}"))
}

fn answered(what_if: &WhatIf) -> Answer {
    answer(what_if, "as the file says", &native, &|_| {}).unwrap_or_else(|error| panic!("{error}"))
}

fn example(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/what-if").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

const CRASH: &str = "users = { a = 100, b = 300 }\nruns = 40\nlasts = \"10min\"\n[[event]]\nat = \"2min\"\n\
                     jitter = \"15s\"\nwhat = \"crash\"\nnode = \"a\"\n";

#[test]
fn a_crash_costs_the_timeout_less_half_an_interval_and_only_the_users_of_the_node() {
    let answer = answered(&asked(CRASH, &[]));
    // A quarter of the users waits 52.5 s on average, and 60 s at most.
    let of_the_node_s = answer.unserved.mean_s * 4.0;
    assert!((49.0..56.0).contains(&of_the_node_s), "{of_the_node_s}");
    assert!(answer.unserved.p50_s.abs() < 1e-9, "most users are at home on b");
    assert!((45.0..=60.1).contains(&answer.unserved.max_s), "{:?}", answer.unserved);
    assert!(answer.unserved.p99_s <= answer.unserved.max_s);
    assert!((answer.failovers_mean - 1.0).abs() < 1e-9 && answer.false_failovers_mean.abs() < 1e-9, "{answer:?}");
    assert_eq!(answer.shown.lanes[0].last().map(|stay| stay.state), Some(Seen::NotRunning));
}

#[test]
fn a_shorter_timeout_costs_less() {
    let answer = answered(&asked(CRASH, &["keep_alive_timeout=30s"]));
    let of_the_node_s = answer.unserved.mean_s * 4.0;
    assert!((20.0..26.0).contains(&of_the_node_s), "{of_the_node_s}");
    assert_eq!(answer.timers.iter().find(|(name, _)| name.as_str() == "keep_alive_timeout").unwrap().1, "30s");
}

#[test]
fn a_host_that_stands_still_too_long_is_taken_over_for_nothing() {
    let still = |lasts: &str| {
        format!(
            "runs = 10\nlasts = \"10min\"\n[[event]]\nat = \"2min\"\nwhat = \"freeze\"\nnode = \"b\"\nlasts = \"{lasts}\"\n"
        )
    };
    let short = answered(&asked(&still("30s"), &[]));
    assert!(short.failovers_mean.abs() < 1e-9, "{short:?}");
    assert!((short.unserved.max_s - 30.0).abs() < 0.1, "while it stands still it serves nobody");
    let long = answered(&asked(&still("90s"), &[]));
    assert!((long.false_failovers_mean - 1.0).abs() < 1e-9, "{long:?}");
    assert!((long.runs_with_false_failover - 1.0).abs() < 1e-9);
    assert!(long.unserved.max_s < 61.0, "the peer takes over meanwhile");
}

#[test]
fn a_command_and_a_fault_are_no_false_failovers() {
    let text = "runs = 5\nlasts = \"20min\"\n[[event]]\nat = \"1min\"\nwhat = \"failover\"\nnode = \"a\"\n\
                [[event]]\nat = \"5min\"\nwhat = \"fallback\"\nnode = \"a\"\n\
                [[event]]\nat = \"10min\"\nwhat = \"service-fails\"\nnode = \"b\"\n";
    let answer = answered(&asked(text, &[]));
    assert!((answer.failovers_mean - 2.0).abs() < 1e-9 && answer.false_failovers_mean.abs() < 1e-9, "{answer:?}");
    // For the delay the gate is open, and the service behind it down.
    assert!((answer.unserved.max_s - 90.0).abs() < 1.0, "{:?}", answer.unserved);
    assert!((answer.unserved_service_down_mean_s - 45.0).abs() < 1.0, "{}", answer.unserved_service_down_mean_s);
}

#[test]
fn a_cut_makes_both_serve_and_ends_in_failed_mode() {
    let answer = answered(&asked(&example("silent-cut.toml"), &[]).shortened(10));
    assert!((answer.failovers_mean - 2.0).abs() < 1e-9, "{}", answer.failovers_mean);
    assert!((answer.false_failovers_mean - 2.0).abs() < 1e-9);
    assert!(answer.served_twice_mean_s > 200.0, "{}", answer.served_twice_mean_s);
    assert!(answer.runs_in_failed_mode.abs() < 1e-9, "somebody recovers it");
    let states: Vec<&str> = answer.shown.lanes[0].iter().map(|stay| stay.state.name()).collect();
    assert!(states.contains(&"Running in Failed Mode"), "{states:?}");
}

#[test]
fn the_same_seed_gives_the_same_answer_and_another_seed_another() {
    let text = example("flap.toml");
    let first = answered(&asked(&text, &[]).shortened(4));
    assert_eq!(first, answered(&asked(&text, &[]).shortened(4)));
    let other = answered(&asked(&text.replace("seed = 1", "seed = 2"), &[]).shortened(4));
    assert_ne!(first.unserved, other.unserved);
}

#[test]
fn every_example_is_played_and_makes_a_page() {
    for name in ["silent-cut.toml", "database-dies.toml", "flap.toml", "host-crashes.toml"] {
        let what_if = asked(&example(name), &[]).shortened(3);
        let answers = [answered(&what_if), answered(&what_if)];
        assert!(answers[0].failovers_mean > 0.0 && answers[0].unserved.max_s > 0.0, "{name}: {answers:?}");
        for slice in &answers[0].users_served_mean {
            assert!((0.0..=f64::from(what_if.users[0] + what_if.users[1]) + 0.001).contains(slice), "{name}: {slice}");
        }
        let html = page(&what_if, &answers);
        assert_eq!(html.matches("<svg viewBox=").count(), 2, "{name}");
        for figure in figures(&answers) {
            assert!(html.contains(figure.name), "{name}: {}", figure.name);
        }
        for outside in ["http://", "https://", "<script", "src=", "@import", "url("] {
            assert!(!html.contains(outside), "{name} reaches outside: {outside}");
        }
        assert!(html.contains("prefers-color-scheme: dark") && html.contains("width=device-width"), "{name}");
        assert!(html.contains("Clients are not simulated"), "{name}");
    }
}

/// Fewer runs than the file says.
trait Shortened {
    fn shortened(self, runs: u32) -> Self;
}

impl Shortened for WhatIf {
    fn shortened(self, runs: u32) -> WhatIf {
        WhatIf { runs, ..self }
    }
}

#[test]
fn a_host_that_boots_before_it_has_left_boots_once_it_has() {
    let text = "lasts = \"10min\"\nruns = 1\n[[event]]\nat = \"10s\"\nwhat = \"cut\"\nlasts = \"3min\"\n\
                [[event]]\nat = \"15s\"\nwhat = \"reboot\"\nnode = \"a\"\nlasts = \"1s\"\n";
    let answer = answered(&asked(text, &[]));
    let stays = &answer.shown.lanes[0];
    assert!(stays.iter().any(|stay| stay.state == Seen::In(State::Initializing)), "{stays:?}");
    assert_ne!(stays.last().map(|stay| stay.state), Some(Seen::NotRunning), "{stays:?}");
}
