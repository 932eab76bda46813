//! What serves users dies when its daemon may serve nobody, and learns the epoch before it serves (`docs/behaviour.md`
//! §9.9).

use std::{fs, thread, time::Duration};

use rustix::process::Signal;

use locum_testbed::{
    BACKUP, IDLE, KEEP_ALIVE_TIMEOUT, NORMAL, Node, Setup, World,
    pair::{marked, users},
    until, until_true,
};

/// Whether the gate lets this user through.
fn serves(node: &Node, user: &str) -> bool {
    node.admissions(&[user], Duration::from_secs(10)).is_ok_and(|answers| answers[0].serve)
}

/// Whether the service runs, as the daemon sees it.
fn runs(node: &Node) -> bool {
    node.look().is_ok_and(|status| {
        let web = &status.nodes[0].services[0];
        web.process == "running" && web.health == "up"
    })
}

/// A user whose home is this node.
fn user_of(node: &Node) -> String {
    let export = node.export();
    let user = export.lines().skip(1).find_map(|line| line.split_once(&format!(",{}", node.name)));
    user.expect("a user of this node").0.to_owned()
}

#[test]
fn a_stopped_daemon_has_no_services_left_when_its_peer_serves() {
    let timeout = Duration::from_secs(4);
    let setup = Setup::default().group("keep_alive_timeout", "\"4s\"").group("critical_service_delay", "\"20s\"");
    let pair = setup.start();
    pair.a.locum(&["users", "import", &pair.a.file("u.csv", &users(0..10))]).ok();
    let user = user_of(&pair.a);
    assert!(serves(&pair.a, &user) && !serves(&pair.b, &user) && !marked(&pair.a.mark()).is_empty());
    pair.a.signal(Signal::STOP);
    // Each look at the gate comes before one at the services, so that an early gate is seen.
    until("b serves the user of a, and nothing of a runs", timeout, || {
        let open = serves(&pair.b, &user);
        let left = marked(&pair.a.mark());
        assert!(!open || left.is_empty(), "{left:?} of a still run, and b serves{}", pair.logs());
        if open { Ok(()) } else { Err(format!("{left:?} of a run")) }
    });

    pair.a.signal(Signal::CONT);
    until("a knows that b covers", timeout, || {
        assert!(!serves(&pair.a, &user), "both serve{}", pair.logs());
        let state = pair.a.state();
        if state == "Failed Over (Peer Down)" { Ok(()) } else { Err(state) }
    });
    until_true("the service of a runs again", timeout, || runs(&pair.a));
    let told: Vec<_> = pair.a.events().into_iter().filter(|event| event.kind == "fence").collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].text.starts_with("Service web was killed by the fence "), "{told:?}");
    // Both clocks are this host's: b, which counts from its last hearing of a, came later by what a gives away.
    let takeover = &pair.b.transitions_to("Taking Over")[0].fields["at_ms"];
    let [fell_ms, takeover_ms] = [&told[0].fields["until_ms"], takeover].map(|ms| ms.as_u64().unwrap());
    let given_away_ms = timeout.as_millis() as u64 / 100;
    assert!(takeover_ms >= fell_ms + given_away_ms, "fell at {fell_ms}, b took over at {takeover_ms}");
    println!("the fence fell {} ms before b took over", takeover_ms - fell_ms);
    pair.a.locum(&["fallback", "a"]).ok();
    pair.settle(NORMAL, NORMAL);
    assert!(serves(&pair.a, &user) && !serves(&pair.b, &user));
}

#[test]
fn a_stall_that_is_shorter_than_the_timeout_kills_nothing() {
    let setup = Setup::default().group("keep_alive_timeout", "\"30s\"");
    let pair = setup.group("initialization_keep_alive_timeout", "\"30s\"").start();
    let before = marked(&pair.a.mark());
    pair.a.signal(Signal::STOP);
    let heard_ms_ago = || pair.b.status().links.iter().filter_map(|link| link.heard_ms_ago).min().unwrap_or_default();
    until_true("b misses several heartbeats", Duration::from_secs(1), || heard_ms_ago() > 1_000);
    pair.a.signal(Signal::CONT);
    pair.settle(NORMAL, NORMAL);
    assert_eq!(marked(&pair.a.mark()), before);
    assert!(!pair.a.events().iter().any(|event| event.kind == "fence"));
}

#[test]
fn services_that_nobody_is_served_by_need_no_renewal() {
    let mut pair = Setup::default().group("critical_service_delay", "\"20s\"").start();
    // b covers a, whose daemon died and is back: its services run, and its gate is closed.
    pair.a.kill();
    until_true("b covers", KEEP_ALIVE_TIMEOUT, || pair.b.state() == "Running in Backup Mode (Peer Down)");
    pair.a.start();
    until_true("the service of a runs", KEEP_ALIVE_TIMEOUT, || {
        pair.a.state() == "Failed Over (Initialization)" && runs(&pair.a)
    });
    let before = marked(&pair.a.mark());
    pair.a.signal(Signal::STOP);
    until_true("b misses a for longer than the timeout", KEEP_ALIVE_TIMEOUT, || {
        let links = pair.b.status().links;
        let heard_ms_ago = links.iter().filter_map(|link| link.heard_ms_ago).min();
        heard_ms_ago.is_some_and(|ago_ms| u128::from(ago_ms) > KEEP_ALIVE_TIMEOUT.as_millis() + 500)
    });
    assert_eq!(marked(&pair.a.mark()), before);
    pair.a.signal(Signal::CONT);
    until_true("a is heard again", KEEP_ALIVE_TIMEOUT, || pair.a.state() == "Failed Over (Initialization)");
    assert_eq!(marked(&pair.a.mark()), before);
}

#[test]
fn the_epoch_is_in_the_file_before_anybody_is_served_under_it() {
    let keys = r#"epoch_file = "{folder}/{node}.epoch"
on_epoch = ["sh", "-c", "echo $LOCUM_EPOCH $LOCUM_HOMES > {folder}/{node}.told"]
"#;
    let pair = Setup::default().tables(keys).start();
    let file = |name: &str| fs::read_to_string(pair.world.path(name)).unwrap_or_default();
    pair.a.locum(&["users", "import", &pair.a.file("u.csv", &users(0..10))]).ok();
    let user = user_of(&pair.a);
    assert_eq!(file("a.epoch"), "LOCUM_EPOCH=\"0\"\nLOCUM_HOMES=\"a\"\n");
    let acting = pair.a.socket();
    let failover = thread::spawn(move || {
        locum_testbed::locum(&["--socket", acting.to_str().unwrap()], &["failover", "a"]).ok();
    });
    until("b serves the user of a", KEEP_ALIVE_TIMEOUT, || {
        if serves(&pair.b, &user) { Ok(()) } else { Err(pair.b.state()) }
    });
    assert_eq!(file("b.epoch"), "LOCUM_EPOCH=\"1\"\nLOCUM_HOMES=\"b a\"\n");
    failover.join().unwrap();
    pair.settle(IDLE, BACKUP);
    assert_eq!(file("a.epoch"), "LOCUM_EPOCH=\"1\"\nLOCUM_HOMES=\"\"\n");
    until_true("the commands are run", Duration::ZERO, || file("a.told") == "1\n" && file("b.told") == "1 b a\n");
}

#[test]
fn a_watchdog_is_petted_while_the_daemon_runs_and_dismissed_in_order() {
    let setup = Setup { node: Setup::default().node + "watchdog = \"{folder}/{node}.watchdog\"\n", ..Setup::default() };
    let world = World::new();
    // A file takes what a device would.
    let [a, b] = ["a.watchdog", "b.watchdog"].map(|name| world.path(name));
    [&a, &b].iter().for_each(|device| fs::write(device, "").unwrap());
    let mut pair = setup.start_in(world);
    let said = |device| fs::read_to_string(device).unwrap();
    until_true("it is petted again and again", Duration::from_secs(3), || said(&a).len() >= 3);
    pair.a.signal(Signal::TERM);
    assert!(pair.a.ended(KEEP_ALIVE_TIMEOUT).success());
    assert_eq!(said(&a).trim_start_matches('.'), "V");
    pair.b.kill();
    assert_eq!(said(&b).trim_start_matches('.'), "", "the device is to reset the host of a daemon that crashed");

    fs::remove_file(&a).unwrap();
    pair.a.launch();
    assert!(!pair.a.ended(Duration::ZERO).success());
    let log = pair.a.log();
    assert!(log.contains("watchdog in [node]") && log.contains("cannot be opened"), "{log}");
}
