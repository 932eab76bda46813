//! Bad input: each has its message, and nothing has changed.

use locum_testbed::{BACKUP, IDLE, Setup, World, locum, pair::users};

/// SHA-256 of `look`, and of `change`.
const TOKENS: &str = r#"
[[admin.tokens]]
name = "eye"
role = "viewer"
sha256 = "{look}"
[[admin.tokens]]
name = "hand"
role = "operator"
sha256 = "{change}"
"#;

pub(crate) fn tokens() -> String {
    TOKENS.replace("{look}", &digest("look")).replace("{change}", &digest("change"))
}

pub(crate) fn digest(token: &str) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_configuration_with_three_faults_is_told_three_lines() {
    let mut pair = Setup::default().build(World::new());
    let file = pair.a.config_file();
    pair.a.edit(|text| {
        text.replace("listen = [", "listen = [7, ")
            .replace("name = \"web\"", "name = \"web\"\ncolour = \"red\"")
            .replace("stop_timeout = \"1s\"", "stop_timeout = \"1 parsec\"")
    });
    let text = std::fs::read_to_string(&file).unwrap();
    let line = |of: &str| 1 + text.lines().position(|line| line.starts_with(of)).unwrap();
    let wanted = ["listen", "colour", "stop_timeout"].map(|key| format!("{}:{}: ", file.display(), line(key)));
    for arguments in [&["config", "check"][..], &["run"]] {
        let said = locum(&["--config", file.to_str().unwrap()], arguments);
        assert_eq!(said.code, 5, "{said:?}");
        let faults: Vec<_> = said.err.lines().filter_map(|line| line.strip_prefix("  ")).collect();
        assert_eq!(faults.len(), 3, "{said:?}");
        for (fault, (place, key)) in faults.iter().zip(wanted.iter().zip(["listen", "colour", "stop_timeout"])) {
            assert!(fault.starts_with(place.as_str()) && fault.contains(key), "{fault:?} is not at {place:?}");
        }
    }
    assert!(!pair.a.state_directory().exists(), "a daemon that does not start leaves nothing behind");
    assert!(pair.a.gone());
}

#[test]
fn a_duplicate_on_line_7000_is_named_and_nobody_is_imported() {
    let pair = Setup::default().start();
    pair.a.locum(&["users", "import", &pair.a.file("good.csv", &users(0..100))]).ok();
    let before = pair.picture();
    let mut lines: Vec<_> = users(1000..9000).lines().map(str::to_owned).collect();
    lines[7000 - 1] = lines[4 - 1].clone();
    let file = pair.a.file("twice.csv", &lines.join("\n"));
    let said = pair.a.locum(&["users", "import", &file]);
    assert_eq!(said.code, 5, "{said:?}");
    assert!(said.err.contains("line 7000"), "{said:?}");
    assert!(said.err.contains("\"user01002\" is on line 4 already"), "{said:?}");
    assert!(said.err.contains("Nothing was imported"), "{said:?}");
    assert_eq!(pair.picture(), before);
}

#[test]
fn what_the_state_forbids_is_refused_with_the_state() {
    let pair = Setup::default().start();
    pair.a.locum(&["users", "import", &pair.a.file("good.csv", &users(0..100))]).ok();
    pair.fail_over_a();
    let before = pair.picture();
    for (node, arguments, why) in [
        (&pair.b, &["failover", "b"][..], "it is Running in Backup Mode (On Admin Request)"),
        (&pair.b, &["fallback", "b"], "it is Running in Backup Mode (On Admin Request)"),
        (&pair.a, &["recover"], "it is Idle (On Admin Request)"),
        (&pair.a, &["failover", "b"], "it is Running in Backup Mode (On Admin Request)"),
        (&pair.a, &["users", "add", "late"], "node a is Idle (On Admin Request)"),
        (&pair.b, &["users", "add", "late"], "node b is Running in Backup Mode (On Admin Request)"),
        (&pair.b, &["users", "remove", "user00001"], "node b is Running in Backup Mode (On Admin Request)"),
        (&pair.b, &["users", "rebalance"], "node b is Running in Backup Mode (On Admin Request)"),
    ] {
        let said = node.locum(arguments);
        assert_eq!(said.code, 3, "{arguments:?}: {said:?}");
        assert!(said.err.contains(why) && said.err.contains("Nothing has changed"), "{arguments:?}: {said:?}");
    }
    // Asked twice, done once: that is no refusal.
    let again = pair.a.command("nodes/a/failover", None).unwrap();
    assert_eq!(again.outcome, "already-done");
    assert_eq!(pair.picture(), before);
    assert_eq!(pair.states(), [IDLE, BACKUP]);
}

#[test]
fn nobody_commands_without_the_role() {
    let pair = Setup::default().tables(&tokens()).start();
    pair.a.locum(&["users", "import", &pair.a.file("good.csv", &users(0..100))]).ok();
    let before = pair.picture();
    let requests = [
        ("POST /v1/nodes/a/failover", ""),
        ("POST /v1/recover", ""),
        ("POST /v1/high-availability", "{\"on\": false}"),
        ("POST /v1/stop", "{\"goodbye\": true}"),
        ("POST /v1/services/web/stop", ""),
        ("PUT /v1/users/late", "{}"),
        ("DELETE /v1/users/user00001", ""),
        ("POST /v1/users/import", "user\nlate\n"),
        ("POST /v1/reload", ""),
    ];
    for (request, body) in requests {
        let viewer = pair.a.ask_over_network(request, &[("authorization", "Bearer look")], body);
        assert_eq!(viewer.status, 403, "{request}: {viewer:?}");
        assert!(viewer.body.contains("needs the role operator; eye has the role viewer"), "{viewer:?}");
        for headers in [&[][..], &[("authorization", "Bearer wrong")]] {
            let stranger = pair.a.ask_over_network(request, headers, body);
            assert_eq!(stranger.status, 401, "{request}: {stranger:?}");
        }
    }
    assert_eq!(pair.a.ask_over_network("GET /v1/status", &[], "").status, 401);
    assert_eq!(pair.a.ask_over_network("GET /v1/status", &[("authorization", "Bearer look")], "").status, 200);

    let url = format!("http://{}", pair.a.admin);
    let run = |token: &str, arguments: &[&str]| {
        let file = pair.a.file("token", token);
        locum(&["--url", &url, "--token-file", &file], arguments)
    };
    let said = run("look", &["failover", "a"]);
    assert!(said.code == 3 && said.err.contains("needs the role operator"), "{said:?}");
    assert_eq!(pair.picture(), before);
    run("change", &["users", "add", "late"]).ok();
    pair.agree();
    assert_ne!(pair.picture(), before);
}
