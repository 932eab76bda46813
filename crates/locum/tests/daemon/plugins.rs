//! Plugins that misbehave, are of the wrong world, or want more than they were granted.

use std::{fs, net::TcpListener};

use locum_testbed::{
    NORMAL, Node, Pair, SERVICE_DELAY, Setup, World,
    pair::{names, users},
    policy, probe, until,
};

const USERS: u32 = 100;

/// A pair whose policy is this component.
fn with_policy(component: &[u8]) -> Pair {
    let world = World::new();
    fs::write(world.path("policy.wasm"), component).unwrap();
    Setup { users: "policy = \"./policy.wasm\"".into(), ..Setup::default() }.start_in(world)
}

/// Imports, fails over and falls back with a policy that is of no use, and misses nobody.
fn survives(place: &str, fault: &str) {
    let pair = with_policy(&policy(0, place));
    let reports = |node: &Node| {
        let events = node.events().into_iter();
        events.filter(|event| event.kind == "policy" && event.text.contains(fault)).count()
    };
    pair.a.locum(&["users", "import", &pair.a.file("users.csv", &users(0..USERS))]).ok();
    assert_eq!(reports(&pair.a), 1, "{:?}", pair.a.events());
    let [a, b] = pair.both().map(Node::export);
    assert_eq!(names(&a), names(&users(0..USERS)));
    assert_eq!(a, b);
    // The built-in answer of the mode: as many here as there.
    let half = u64::from(USERS / 2);
    let by_home = [("a".to_owned(), half), ("b".to_owned(), half)];
    assert_eq!(pair.a.status().users.by_home, by_home.into());

    pair.fail_over_a();
    assert_eq!(reports(&pair.b), 1, "{:?}", pair.b.events());
    let status = pair.b.status();
    assert_eq!((status.users.by_serving_node["b"], status.users.unserved), (u64::from(USERS), 0));
    pair.a.locum(&["fallback", "a"]).ok();
    pair.settle(NORMAL, NORMAL);
    assert_eq!(pair.both().map(Node::export), [a, b]);
}

#[test]
fn a_policy_that_loops_for_ever_costs_nobody() {
    survives("(loop $l (br $l)) unreachable", "it used up its fuel");
}

#[test]
fn a_policy_that_traps_costs_nobody() {
    survives("unreachable", "it trapped: wasm `unreachable` instruction executed");
}

#[test]
fn a_policy_that_allocates_without_end_costs_nobody() {
    survives("(loop $l (drop (memory.grow (i32.const 1))) (br $l)) unreachable", "it asked for more than");
}

#[test]
fn a_policy_with_an_answer_of_the_wrong_length_costs_nobody() {
    survives("(call $give (local.get $ids) (i32.const 3))", "it names 3 nodes for 100 users");
}

/// What a daemon says that does not start.
fn refusal(setup: &Setup, world: World) -> String {
    let mut pair = setup.build(world);
    pair.a.launch();
    let status = pair.a.ended(std::time::Duration::ZERO);
    assert!(!status.success(), "{status}");
    assert!(!pair.a.socket().exists(), "a daemon that does not start answers nobody");
    pair.a.log()
}

#[test]
fn a_component_of_the_wrong_world_does_not_start_as_a_policy() {
    let setup = Setup { users: "policy = \"transport-direct\"".into(), ..Setup::default() };
    let said = refusal(&setup, World::new());
    assert!(said.contains("the policy of [users]"), "{said}");
    assert!(said.contains("this is a transport plugin, but a policy plugin is wanted here"), "{said}");
    assert!(said.contains("transport-direct.wasm"), "{said}");
}

#[test]
fn a_probe_that_imports_what_was_not_granted_is_refused_and_told_the_grant() {
    let setup =
        Setup::default().tables("probe = { plugin = \"probe-tcp\", settings = { address = \"127.0.0.1:1\" } }\n");
    let said = refusal(&setup, World::new());
    assert!(said.contains("the probe of service web"), "{said}");
    assert!(said.contains("add grants = [\"tcp:HOST:PORT\"] to this probe"), "{said}");
}

#[test]
fn a_probe_does_not_reach_another_port_and_unknown_is_not_down() {
    let [granted, other] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [granted, asked] = [&granted, &other].map(|listener| listener.local_addr().unwrap());
    let probe = |address| {
        format!(
            "probe = {{ plugin = \"probe-tcp\", interval = \"50ms\", grants = [\"tcp:{granted}\"], settings = {{ address = \"{address}\" }} }}\n"
        )
    };
    let pair = Setup::default().tables(&probe(granted)).start();
    // Only what the probe is told to look at changes, not what it was granted.
    pair.a.edit(|text| text.replace(&format!("address = \"{granted}\""), &format!("address = \"{asked}\"")));
    pair.a.locum(&["reload"]).ok();
    let alarm = "a probe cannot tell";
    let status = until("the alarm after the critical service delay", SERVICE_DELAY, || {
        let status = pair.a.look()?;
        let raised = status.alarms.iter().any(|text| text.contains(alarm));
        if raised { Ok(status) } else { Err(format!("{:?} {:?}", status.alarms, status.nodes[0].services)) }
    });
    let service = &status.nodes[0].services[0];
    assert_eq!(service.health, "unknown", "{service:?}");
    assert!(service.message.contains(&format!("tcp:{asked}")), "{service:?}");
    other.set_nonblocking(true).unwrap();
    assert!(other.accept().is_err(), "nobody connected to the port that was not granted");
    assert_eq!(pair.states(), [NORMAL, NORMAL]);
    assert_eq!(pair.a.transitions_to("Failing Over"), []);
    assert_eq!(pair.b.transitions_to("Taking Over"), []);
}

/// Probes that misbehave in every way, of services without which the nodes cannot serve: they cannot tell, one call after
/// the other, and the pair stays as it is.
#[test]
fn probes_that_misbehave_delay_no_heartbeat_and_fail_nobody_over() {
    let bodies = [
        ("loops", "(loop $l (br $l)) unreachable"),
        ("loops-too", "(loop $l (br $l)) unreachable"),
        ("grows", "(loop $l (drop (memory.grow (i32.const 1))) (br $l)) unreachable"),
        ("dives", "(call $dive (i32.const 0))"),
        ("traps", "unreachable"),
    ];
    let world = World::new();
    let service = |(name, body): &(&str, &str)| {
        fs::write(world.path(&format!("{name}.wasm")), probe(body)).unwrap();
        format!(
            r#"
[[service]]
name = "{name}"
start = ["sleep", "100000"]
restart = "never"
environment = {{ LOCUM_TEST = "{{folder}}/{{node}}" }}
probe = {{ plugin = "./{name}.wasm", interval = "50ms" }}
"#
        )
    };
    let tables: String = bodies.iter().map(service).collect();
    let timeout = "\"700ms\"";
    let pair = Setup::default().tables(&tables).group("keep_alive_timeout", timeout).start_in(world);
    let before = pair.picture();
    for (name, _) in bodies {
        until("the probe cannot tell", SERVICE_DELAY, || {
            let services = pair.a.status().nodes.swap_remove(0).services;
            let service = services.into_iter().find(|service| service.name == name).unwrap();
            let told = service.health == "unknown" && service.probed_ms_ago.is_some();
            if told { Ok(()) } else { Err(format!("{service:?}")) }
        });
    }
    // Long enough for each to have had its whole deadline several times over.
    let (begin, mut longest_ms) = (std::time::Instant::now(), 0);
    while begin.elapsed() < std::time::Duration::from_secs(5) {
        longest_ms = longest_ms.max(pair.b.status().links[0].heard_ms_ago.unwrap_or(u64::MAX));
    }
    println!("the longest that b had not heard a: {longest_ms} ms");
    assert!(longest_ms < 700, "{longest_ms} ms");
    assert_eq!(pair.picture(), before, "{}", pair.logs());
    assert_eq!(pair.states(), [NORMAL, NORMAL]);
}
