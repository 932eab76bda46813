//! Files that ask what would happen.

use std::{path::Path, time::Duration};

use locum_config::{Faults, Happens, Home, WhatIf};

const WHOLE: &str = r#"
title = "A database dies"
users = { a = 10_000, b = 5_000 }
runs = 20
seed = 7
lasts = "2h"
[set]
automatic_fallback = true
keep_alive_timeout = "45s"
[background]
loss = 0.02
stalls = { every = "1d", lasts = "5s" }
[[event]]
at = "10min"
jitter = "30s"
node = "a"
what = "service-fails"
service = "database"
lasts = "5min"
"#;

fn parse(text: &str) -> Result<WhatIf, Faults> {
    WhatIf::parse(text, Path::new("w.toml"))
}

fn parse_with(others: &[&str]) -> Result<WhatIf, String> {
    let others: Vec<String> = others.iter().map(|other| (*other).to_owned()).collect();
    WhatIf::parse_with(WHOLE, Path::new("w.toml"), None, &others).map_err(|faults| faults.to_string())
}

#[test]
fn what_is_not_said_has_the_default_of_the_profile() {
    let what_if = parse(WHOLE).unwrap();
    assert_eq!((what_if.users, what_if.runs, what_if.seed), ([10_000, 5_000], 20, 7));
    assert_eq!(what_if.background.loss_ppm, 20_000);
    assert_eq!(what_if.background.burst_loss, None);
    let parameters = what_if.set.parameters();
    assert_eq!((parameters.keep_alive_timeout_ms, parameters.keep_alive_interval_ms), (45_000, 15_000));
    assert!(parameters.automatic_fallback);
    let event = &what_if.events[0];
    assert_eq!((event.what, event.node, event.times), (Happens::ServiceFails, Some(Home::A), 1));
    assert_eq!(event.lasts, Some(Duration::from_secs(300)));
    let least = parse("profile = \"fast\"\nlasts = \"1min\"\n").unwrap();
    assert_eq!((least.users, least.set.keep_alive_timeout), ([500, 500], Duration::from_millis(350)));
}

#[test]
fn every_fault_is_told_with_its_line_and_key() {
    let text = r#"
lasts = "1h"
usres = 5
users = { a = 1 }
[set]
keep_alive_timeout = "20s"
service_port = 7
[background]
loss = 1.5
[[event]]
at = "2h"
what = "cut"
node = "a"
[[event]]
at = "1min"
what = "kill"
times = 2
[[event]]
at = "1min"
what = "explode"
[[event]]
at = "1min"
node = "c"
what = "fallback"
lasts = "5s"
service = "database"
"#;
    let told = parse(text).unwrap_err().to_string();
    for fault in [
        "w.toml:3: usres: there is no such key; did you mean `users`?",
        "w.toml:4: users.b: this is missing",
        "w.toml:6: set.keep_alive_timeout: `keep_alive_timeout` of 20s is shorter than two intervals of 15s",
        "w.toml:7: set.service_port: there is no such key",
        "w.toml:9: background.loss: 1.5 is no share of a whole; write a number from 0 to 1",
        "w.toml:11: event.at: a run is over after 1h",
        "w.toml:13: event.node: `cut` is of both nodes",
        "w.toml:14: event.node: this is missing, and `kill` is of one node",
        "w.toml:14: event.every: this is missing, and it happens more than once",
        "w.toml:20: event.what: this is the text \"explode\"; write one of \"start\", \"kill\"",
        "w.toml:23: event.node: this is the text \"c\"",
        "w.toml:25: event.lasts: `fallback` is over at once",
        "w.toml:26: event.service: `fallback` has nothing to do with a service",
    ] {
        assert!(told.contains(fault), "{fault}\nis not among\n{told}");
    }
    assert_eq!(told.lines().count(), 13, "{told}");
}

#[test]
fn what_takes_for_ever_is_refused() {
    let told = parse("profile = \"fast\"\nlasts = \"366d\"\nruns = 100\n").unwrap_err().to_string();
    assert!(told.contains("w.toml:2: lasts: 100 runs of 366d have too many heartbeats"), "{told}");
}

#[test]
fn runs_that_are_asked_for_count_and_not_those_of_the_file() {
    let long = "profile = \"fast\"\nlasts = \"366d\"\n";
    let read =
        |runs: u32, asked| WhatIf::parse_with(&format!("{long}runs = {runs}\n"), Path::new("w.toml"), asked, &[]);
    assert_eq!(read(100, Some(1)).unwrap().runs, 1);
    let told = read(1, Some(100)).unwrap_err().to_string();
    assert!(told.contains("100 runs of 366d have too many heartbeats"), "{told}");
}

#[test]
fn troubles_that_come_all_the_time_are_refused() {
    let text = "lasts = \"366d\"\nruns = 1\n[background]\nstalls = { every = \"1s\", lasts = \"1s\" }\n";
    let told = parse(text).unwrap_err().to_string();
    assert!(told.contains("w.toml:4: background.stalls: a run of 366d has too many of them"), "{told}");
}

#[test]
fn timers_are_laid_over_the_file() {
    let other = parse_with(&["keep_alive_timeout=60s", "automatic_fallback = false", "fast_peer_loss=true"]).unwrap();
    assert_eq!(other.set.keep_alive_timeout, Duration::from_secs(60));
    assert!(!other.set.automatic_fallback && other.set.fast_peer_loss);
    assert_eq!(other.events, parse(WHOLE).unwrap().events);
    let fast = parse_with(&["profile=fast"]).unwrap();
    let timers = (fast.set.keep_alive_timeout, fast.set.keep_alive_interval);
    assert_eq!(
        timers,
        (Duration::from_secs(45), Duration::from_millis(100)),
        "the file says 45 s, the profile the rest"
    );
}

#[test]
fn timers_that_are_wrong_are_told_by_name() {
    let faults = [
        (&["keep_alive_timeout=20s"][..], "--set: keep_alive_timeout: `keep_alive_timeout` of 20s is shorter than two"),
        (
            &["keep_alive_timeuot=20s"],
            "--set: keep_alive_timeuot: there is no such key; did you mean `keep_alive_timeout`?",
        ),
        (&["keep_alive_timeout=soon"], "--set: keep_alive_timeout: this is the text \"soon\", not a duration"),
        (&["keep_alive_timeout"], "--set: \"keep_alive_timeout\" sets nothing; write `keep_alive_timeout=20s`"),
        (&["profile=slow"], "--set: profile: this is the text \"slow\""),
        (&["=20s"], "--set: \"=20s\" sets nothing"),
        (&["keep_alive_timeout=45s", "keep_alive_timeout=60s"], "--set: keep_alive_timeout: it is set twice"),
    ];
    for (others, fault) in faults {
        let told = parse_with(others).unwrap_err();
        assert!(told.starts_with(fault), "{told}");
    }
}
