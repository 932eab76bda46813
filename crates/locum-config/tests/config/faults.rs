use crate::{FULL, PAIR, edit, parse};

/// The one fault of a text, without the file's name.
fn fault(text: &str) -> String {
    let faults = parse(text).unwrap_err();
    assert_eq!(faults.0.len(), 1, "{faults}");
    faults.to_string().strip_prefix("/etc/locum/locum.toml:").unwrap().to_owned()
}

/// The fault that comes of one edit of the pair.
fn pair(from: &str, to: &str) -> String {
    fault(&edit(PAIR, from, to))
}

/// The fault that comes of one edit of the full file.
fn full(from: &str, to: &str) -> String {
    fault(&edit(FULL, from, to))
}

#[test]
fn three_faults_are_three_lines_with_their_numbers() {
    let text = edit(PAIR, "name = \"pair\"", "name = \"pair\"\nkeep_alive_timout = \"60s\"");
    let text = edit(&text, "links = [\"10.0.0.2\"]", "links = \"10.0.0.2\"");
    let text = edit(&text, "key = \"alpha.key\"\n", "");
    let faults = parse(&text).unwrap_err();
    let told = "\
/etc/locum/locum.toml:3: group.keep_alive_timout: there is no such key; did you mean `keep_alive_timeout`?
/etc/locum/locum.toml:8: peer.links: this is the text \"10.0.0.2\"; write a list: `[\"…\", \"…\"]`
/etc/locum/locum.toml:9: security.key: this is missing; add `key = \"/path/to/it\"`";
    assert_eq!(faults.to_string(), told);
    let json = serde_json::to_value(&faults).unwrap();
    assert_eq!(json[1]["line"], 8);
    assert_eq!(json[1]["key"], "peer.links");
}

#[test]
fn what_is_not_toml_is_told_with_its_line() {
    assert_eq!(fault("[group]\nname = pair\n").split(':').next(), Some("2"));
    let twice = pair("name = \"beta\"", "name = \"beta\"\nname = \"beta\"");
    assert!(twice.starts_with("7: this is not TOML: duplicate key"), "{twice}");
}

#[test]
fn missing_sections_and_keys_are_told_at_the_section() {
    let faults = parse("").unwrap_err().to_string();
    assert!(faults.contains(":1: group: this is missing; add the section `[group]`"), "{faults}");
    assert!(faults.contains(":1: node: this is missing"), "{faults}");
    assert_eq!(faults.lines().count(), 2);
    assert!(pair("name = \"beta\"\n", "").starts_with("5: peer.name: this is missing"));
    assert!(full("plugin = \"probe-tcp\"\n", "").starts_with("74: service.probe.plugin: this is missing"));
    assert!(
        full("start = [\"/usr/sbin/chatd\", \"--foreground\"]\n", "").starts_with("59: service.start: this is missing")
    );
    assert!(full("name = \"oncall\", ", "").starts_with("46: admin.tokens.name: this is missing"));
}

#[test]
fn unknown_keys_are_faults_everywhere() {
    assert!(
        fault(&format!("profil = \"fast\"\n{PAIR}"))
            .starts_with("1: profil: there is no such key; did you mean `profile`?")
    );
    assert!(
        pair("[admin]", "[admin]\n[colours]")
            .starts_with("14: colours: there is no such key; the keys here are profile, group,")
    );
    assert!(
        full("interval = \"1s\"", "intervall = \"1s\"")
            .contains("service.probe.intervall: there is no such key; did you mean `interval`?")
    );
}

#[test]
fn values_of_a_wrong_type_are_told_with_what_to_write() {
    let cases = [
        (
            "automatic_fallback = true",
            "automatic_fallback = \"yes\"",
            "group.automatic_fallback: this is the text \"yes\"; write `true` or `false`",
        ),
        ("service_port = 22011", "service_port = \"22011\"", "write a port, a number from 1 to 65535"),
        ("service_port = 22011", "service_port = 70000", "this is the number 70000; write a port"),
        ("service_port = 22011", "service_port = 0", "this is the number 0; write a port"),
        ("name = \"pair\"", "name = 5", "group.name: this is the number 5; write a text in quotes"),
        ("name = \"pair\"", "name = 5.5", "this is a number with a fraction"),
        ("name = \"pair\"", "name = 2024-01-01", "this is a date"),
        (
            "keep_alive_interval = \"50ms\"",
            "keep_alive_interval = 50",
            "this is the number 50, not a duration; write a whole number and ms, s, min, h or d",
        ),
        (
            "keep_alive_interval = \"50ms\"",
            "keep_alive_interval = \"50 ms\"",
            "this is the text \"50 ms\", not a duration",
        ),
        ("[users]\nmode", "[users]\nplace = 1\nmode", "users.place: there is no such key"),
        ("mode = \"active-standby\"", "mode = \"active\"", "write one of \"balanced\", \"active-standby\", \"none\""),
        (
            "role = \"viewer\"",
            "role = \"admin\"",
            "admin.tokens.role: this is the text \"admin\"; write one of \"viewer\", \"operator\"",
        ),
        ("[[service]]", "[service]", "service: this is a table; write it with two brackets, `[[service]]`"),
        ("[transport]\nplugin = \"transport-direct\"", "[transport]\nplugin = \"\"", "transport.plugin: this is empty"),
        (
            "start = [\"/usr/sbin/chatd\", \"--foreground\"]",
            "start = []",
            "service.start: this list is too short; give at least 1",
        ),
        ("WORKERS = 4", "WORKERS = [4]", "service.environment.WORKERS: this is a list; write a text"),
        ("\"10.0.0.2:11\"", "\"http://10.0.0.2\"", "peer.links: \"http://10.0.0.2\" is no address"),
        (
            "\"tcp:127.0.0.1:5222\"",
            "\"tcp:127.0.0.1\"",
            "service.probe.grants: \"tcp:127.0.0.1\" is no grant; write `tcp:HOST:PORT`",
        ),
        ("\"tcp:127.0.0.1:5222\"", "\"exec:ls\"", "\"exec:ls\" is no grant"),
        ("sha256 = \"60", "sha256 = \"6x", "admin.tokens.sha256: this is not a SHA-256 digest"),
        ("socket = \"/run/locum/beta.sock\"", "socket = \"\"", "admin.socket: this is empty; write a path"),
    ];
    for (from, to, expected) in cases {
        let told = full(from, to);
        assert!(told.contains(expected), "{expected:?} in {told:?}");
    }
    let top = fault(&format!("users = \"none\"\n{}", edit(PAIR, "[users]\n", "")));
    assert!(top.contains("users: this is the text \"none\"; write it as a section"), "{top}");
}

#[test]
fn names_and_descriptions_keep_their_rules() {
    for bad in ["two words", "zoë", "a.b"] {
        assert!(
            pair("name = \"alpha\"", &format!("name = \"{bad}\"")).contains("node.name: a name cannot hold"),
            "{bad}"
        );
    }
    assert!(pair("name = \"alpha\"", "name = \"\"").contains("the name has 0 characters; use 1 to 128"));
    let name = |n: usize| edit(PAIR, "name = \"pair\"", &format!("name = \"{}\"", "x".repeat(n)));
    assert!(fault(&name(129)).contains("group.name: the name has 129 characters"));
    parse(&name(128)).unwrap();
    for bad in ['"', '%', '&', '/', '\\', '<', '>'] {
        let told = pair("[node]", &format!("description = 'a{bad}b'\n[node]"));
        assert!(told.contains("3: group.description: a description cannot hold"), "{told}");
    }
    let description = |n: usize| edit(PAIR, "[node]", &format!("description = \"{}\"\n[node]", "ä".repeat(n)));
    assert!(fault(&description(129)).contains("the description has 129 characters; shorten it to 128"));
    parse(&description(128)).unwrap();
}

#[test]
fn timers_keep_their_rules() {
    let group = |lines: &str| edit(PAIR, "[node]", &format!("{lines}\n[node]"));
    let told = fault(&group("keep_alive_timeout = \"29s\""));
    assert!(told.starts_with("3: group.keep_alive_timeout: `keep_alive_timeout` of 29s is shorter than two intervals of 15s; set `keep_alive_timeout` to 30s or more"), "{told}");
    parse(&group("keep_alive_timeout = \"30s\"")).unwrap();
    let told = fault(&group("keep_alive_interval = \"31s\""));
    assert!(
        told.starts_with("3: group.keep_alive_interval: `keep_alive_timeout` of 1min is shorter"),
        "the default is not the one to blame: {told}"
    );
    let told = fault(&group("initialization_keep_alive_timeout = \"20s\""));
    assert!(told.contains("`initialization_keep_alive_timeout` of 20s is shorter than two intervals"), "{told}");
    let told = fault(&group("keep_alive_interval = \"9ms\""));
    assert!(told.contains("group.keep_alive_interval: 9ms is too short; give between 10ms and 30d"), "{told}");
    parse(&group("keep_alive_interval = \"10ms\"")).unwrap();
    assert!(fault(&group("critical_service_delay = \"721h\"")).contains("721h is too long"));
    let told = pair("name = \"alpha\"", "name = \"alpha\"\nclient_relogin_lower_limit = \"538s\"");
    assert!(
        told.starts_with(
            "5: node.client_relogin_lower_limit: the lower re-login limit of 538s is above the upper one of 537s"
        ),
        "{told}"
    );
    let told = pair("name = \"alpha\"", "name = \"alpha\"\nclient_relogin_upper_limit = \"1s\"");
    assert!(told.starts_with("5: node.client_relogin_upper_limit"), "{told}");
}

#[test]
fn a_rule_is_silent_where_the_value_is_at_fault_already() {
    let text = edit(PAIR, "[node]", "keep_alive_interval = \"soon\"\nkeep_alive_timeout = \"1ms\"\n[node]");
    assert!(fault(&text).contains("keep_alive_interval: this is the text \"soon\""));
}

#[test]
fn nodes_and_addresses_keep_their_rules() {
    assert!(pair("name = \"beta\"", "name = \"alpha\"").starts_with("6: peer.name: \"alpha\" is this node itself"));
    let told = pair("links = [\"10.0.0.2\"]", "links = [\n  \"10.0.0.2\",\n  \"10.0.0.3\",\n  \"10.0.0.2\",\n]");
    assert!(told.starts_with("10: peer.links: \"10.0.0.2\" stands on line 8 already"), "{told}");
    assert!(
        full("\"127.0.0.2\", \"[::1]:9\"", "\"127.0.0.2\", \"127.0.0.2\"")
            .contains("node.listen: \"127.0.0.2\" stands on line 23 already")
    );
    assert!(
        full("\"127.0.0.2\", \"[::1]:9\"", "\"a\", \"b\", \"c\"")
            .contains("23: node.listen: 3 addresses to listen on, and 2 links to the peer")
    );
    assert!(pair("links = [\"10.0.0.2\"]", "links = []").contains("peer.links: this list is too short"));
    let told = full("admin_rpc_port = 20085", "admin_rpc_port = 22011");
    assert!(told.starts_with("10: group.admin_rpc_port: port 22011 is both"), "{told}");
    let (before, _) = PAIR.split_once("[security]").unwrap();
    assert!(fault(before).contains("1: security: this is missing, and there is a peer to talk to"));
    let solo = fault("[group]\nname = \"solo\"\nhigh_availability = true\n[node]\nname = \"alpha\"\n");
    assert!(solo.starts_with("3: group.high_availability: high availability needs two nodes"), "{solo}");
    let told = pair("name = \"alpha\"", &format!("name = \"alpha\"\nstate_directory = \"/{}\"", "x".repeat(100)));
    assert!(
        told.starts_with("5: node.state_directory: the path of the admin socket") && told.contains("has 112 bytes"),
        "{told}"
    );
}

#[test]
fn tokens_and_services_keep_their_rules() {
    assert!(
        full("name = \"oncall\"", "name = \"grafana\"")
            .contains("46: admin.tokens.name: \"grafana\" stands on line 45 already")
    );
    let digest = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752";
    let told = full("9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08", &digest.to_uppercase());
    assert!(told.contains(&format!("46: admin.tokens.sha256: \"{digest}\" stands on line 45 already")), "{told}");
    let service = "[[service]]\nname = \"web\"\nstart = [\"webd\"]\n";
    assert!(
        fault(&format!("{PAIR}{service}{service}")).contains("19: service.name: \"web\" stands on line 16 already")
    );
    let told = full("stop = [\"/usr/sbin/chatctl\", \"stop\"]\n", "");
    assert!(told.starts_with("59: service.stop: this is missing, and the service is kept by commands"), "{told}");
    let (before, _) = FULL.split_once("[service.probe]").unwrap();
    assert!(fault(before).contains("59: service.probe: this is missing"));
}

#[test]
fn a_wrong_profile_is_one_fault_and_no_timer_is_blamed_for_it() {
    let text = edit(PAIR, "name = \"pair\"", "name = \"pair\"\nkeep_alive_timeout = \"300ms\"");
    assert!(fault(&format!("profile = \"quick\"\n{text}")).starts_with("1: profile: "));
}
