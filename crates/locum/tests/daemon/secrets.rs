//! No secret leaves the files in which it was written: not into a log, a status, a journal or an error.

use std::{fs, path::Path};

use locum_testbed::{IDLE, Node, Pair, Said, Setup, World, locum};

use crate::input::digest;

/// A token that is known, one that is not, what a service is told and what a probe is: each to be found wherever it is.
const TOKEN: &str = "canary-of-the-token";
const WRONG_TOKEN: &str = "canary-of-a-stranger";
const PASSWORD: &str = "canary-of-the-service";
/// The group's key, as hexadecimal digits.
const GROUP_KEY: &str = "ca9a51e5ca9a51e5ca9a51e5ca9a51e5ca9a51e5ca9a51e5ca9a51e5ca9a51e5";

const TOKENS: &str = r#"
[[admin.tokens]]
name = "hand"
role = "operator"
sha256 = "{token}"
"#;

/// Everything that must not be seen: those above, the group's key as bytes are shown, and the private keys.
fn secrets(pair: &Pair) -> Vec<String> {
    let key = |file: &str| {
        let text = fs::read_to_string(pair.world.path("pki").join(file)).unwrap();
        text.lines().filter(|line| !line.starts_with("-----")).map(str::to_owned).collect::<Vec<_>>()
    };
    let keys = ["a.key", "b.key", "ca.key"].map(key).concat();
    let bytes = [202, 154, 81, 229].map(|byte: u8| byte.to_string()).join(", ");
    [TOKEN, WRONG_TOKEN, PASSWORD, &GROUP_KEY[..16], &bytes].map(str::to_owned).into_iter().chain(keys).collect()
}

fn assert_silent(pair: &Pair, what: &str, text: &str) {
    for secret in secrets(pair) {
        let at = text.find(&secret).map(|at| &text[at.saturating_sub(200)..text.len().min(at + 100)]);
        assert!(at.is_none(), "{what} tells {secret}: {}", at.unwrap_or_default());
    }
}

/// Whoever takes a copy of this folder has no key to anything: all that a node keeps but compiled plugins.
fn assert_silent_files(pair: &Pair, folder: &Path) {
    let raw = [202, 154, 81, 229].repeat(2);
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() && entry.file_name() != "cache" {
            assert_silent_files(pair, &path);
        } else if kind.is_file() {
            let bytes = fs::read(&path).unwrap();
            assert_silent(pair, &path.display().to_string(), &String::from_utf8_lossy(&bytes));
            assert!(!bytes.windows(raw.len()).any(|window| window == raw), "{} has the group's key", path.display());
        }
    }
}

fn all(said: &Said) -> String {
    format!("{}{}", said.out, said.err)
}

/// Whatever can be asked of a node, by its owner, by somebody with a token and by a stranger.
fn asks_everything(pair: &Pair, node: &Node) {
    let config = node.config_file();
    let config = config.to_str().unwrap();
    let token = node.file("token", TOKEN);
    let url = format!("http://{}", node.admin);
    let commands = [
        node.locum(&["status"]),
        node.locum(&["--output", "json", "status"]),
        node.locum(&["events", "-n", "500"]),
        node.locum(&["services"]),
        node.locum(&["reload"]),
        locum(&["--config", config], &["config", "check"]),
        locum(&["--url", &url, "--token-file", &token], &["status"]),
        locum(&["--url", &url, "--token-file", &node.file("wrong", WRONG_TOKEN)], &["status"]),
    ];
    for said in &commands {
        assert_silent(pair, "a command", &all(said));
    }
    for path in ["/v1/status", "/v1/events?limit=1000", "/v1/users", "/openapi.json", "/v1/nowhere"] {
        for bearer in ["", TOKEN, WRONG_TOKEN] {
            let header = format!("Bearer {bearer}");
            let answer = node.ask_over_network(&format!("GET {path}"), &[("authorization", &header)], "");
            assert_silent(pair, path, &answer.body);
        }
    }
}

#[test]
fn no_secret_is_ever_told() {
    let setup = Setup::default().tables(&TOKENS.replace("{token}", &digest(TOKEN)));
    let mut pair = setup.build(World::new());
    pair.warm();
    for node in ["a", "b"] {
        fs::write(pair.world.path("pki/group.key"), GROUP_KEY).unwrap();
        let node = if node == "a" { &mut pair.a } else { &mut pair.b };
        node.environment = vec![("LOCUM_LOG", "trace".to_owned())];
        node.edit(|text| text.replace("environment = { ", &format!("environment = {{ PASSWORD = \"{PASSWORD}\", ")));
        node.start();
    }
    pair.settle(locum_testbed::NORMAL, locum_testbed::NORMAL);
    pair.both().into_iter().for_each(|node| asks_everything(&pair, node));

    // A change, a takeover, an end and a new start leave traces too.
    pair.a.locum(&["users", "add", "ada"]).ok();
    pair.fail_over_a();
    assert_eq!(pair.a.state(), IDLE);
    pair.a.kill();
    pair.a.start();
    asks_everything(&pair, &pair.a);
    // So do faults: another environment cannot be taken while the daemon runs, and keys can be broken.
    pair.a.edit(|text| text.replace(PASSWORD, &format!("{PASSWORD}-2")));
    let said = pair.a.locum(&["reload"]);
    assert!(said.code == 3 && said.err.contains("environment"), "{said:?}");
    assert_silent(&pair, "a refused reload", &all(&said));
    fs::write(pair.world.path("pki/group.key"), format!("{GROUP_KEY}0")).unwrap();
    pair.b.kill();
    pair.b.launch();
    assert!(!pair.b.ended(std::time::Duration::ZERO).success());
    fs::write(pair.world.path("pki/b.key"), GROUP_KEY).unwrap();
    pair.b.launch();
    assert!(!pair.b.ended(std::time::Duration::ZERO).success());

    for node in pair.both() {
        let log = node.log();
        assert!(log.contains("TRACE"), "the daemon tells everything that it can");
        assert_silent(&pair, "the log", &log);
        assert_silent_files(&pair, &node.state_directory());
    }
    // What can be read at all can be found by this test.
    assert!(fs::read_to_string(pair.a.config_file()).unwrap().contains(PASSWORD));
}
