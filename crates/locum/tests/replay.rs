//! `locum replay` and `locum soak` as people meet them.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

const HISTORY: &str = r#"{
  "format": 1,
  "profile": "fast",
  "users": 10,
  "lasts_ms": 20000,
  "happenings": [
    { "at_ms": 0, "what": "start", "node": "a" },
    { "at_ms": 0, "what": "start", "node": "b" },
    { "at_ms": 5000, "what": "kill", "node": "a" },
    { "at_ms": 9000, "what": "start", "node": "a" },
    { "at_ms": 12000, "what": "command", "node": "a", "command": "fallback" }
  ]
}"#;

fn locum(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_locum")).current_dir(folder).args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", stderr(output)))
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.history.json"), HISTORY).unwrap();
    folder
}

#[test]
fn a_history_is_told_step_by_step() {
    let folder = folder();
    let told = stdout(&locum(folder.path(), &["replay", "a.history.json"]));
    for words in
        ["▶ The daemon of a dies.", "✖ Nobody serves the 5 users of a.", "✓ b serves the 5 users of a.", "Peer Down"]
    {
        assert!(told.contains(words), "{words}\n{told}");
    }
    let document = json(&locum(folder.path(), &["--output", "json", "replay", "a.history.json"]));
    assert_eq!(document["outcome"]["failovers"], 1);
    assert_eq!(document["outcome"]["ends"][0][0], "Normal");
    let steps = document["steps"].as_array().unwrap();
    let dies = steps.iter().find(|step| step["text"] == "The daemon of a dies.").unwrap();
    let number = dies["step"].to_string();
    let one = stdout(&locum(folder.path(), &["replay", "a.history.json", "--step", &number]));
    assert!(one.contains(&format!("Step {number} of {}, 5.000 s", steps.len())), "{one}");
    assert!(one.contains("not running"), "{one}");
    let beyond = locum(folder.path(), &["replay", "a.history.json", "--step", "999"]);
    assert_eq!(beyond.status.code(), Some(2), "{}", stderr(&beyond));
}

#[test]
fn another_timeout_is_laid_beside_it() {
    let folder = folder();
    let set = ["--set", "keep_alive_timeout=2s"];
    let told = stdout(&locum(folder.path(), &[&["replay", "a.history.json"], &set[..]].concat()));
    assert!(told.contains("as it was") && told.contains("keep_alive_timeout=2s"), "{told}");
    let document = json(&locum(folder.path(), &[&["--output", "json", "replay", "a.history.json"], &set[..]].concat()));
    let gap_ms = |of: &Value| of["outcome"]["homes"][0]["longest_ms"].as_u64().unwrap();
    assert!((200..=400).contains(&gap_ms(&document)), "{}", gap_ms(&document));
    assert!((1_900..=2_100).contains(&gap_ms(&document["other"])), "{}", gap_ms(&document["other"]));
}

#[test]
fn what_cannot_be_set_is_named() {
    let folder = folder();
    for (set, words) in [
        ("keepalive=3s", "--set: keepalive:"),
        ("keep_alive_timeout", "sets nothing"),
        ("keep_alive_timeout=soon", "--set: keep_alive_timeout:"),
        ("keep_alive_timeout=150ms", "two intervals"),
    ] {
        let output = locum(folder.path(), &["replay", "a.history.json", "--set", set]);
        assert_eq!(output.status.code(), Some(5), "{set}");
        assert!(stderr(&output).contains(words), "{set}: {}", stderr(&output));
    }
    fs::write(folder.path().join("typo.json"), HISTORY.replace("kill", "kil")).unwrap();
    let output = locum(folder.path(), &["replay", "typo.json"]);
    assert_eq!(output.status.code(), Some(5));
    let said = stderr(&output);
    assert!(said.contains("typo.json") && said.contains("unknown variant `kil`"), "{said}");
    assert_eq!(locum(folder.path(), &["replay", "nowhere.json"]).status.code(), Some(5));
}

#[test]
fn a_seed_is_played_again_and_stepped_through() {
    let folder = tempfile::tempdir().unwrap();
    let seed = || json(&locum(folder.path(), &["--output", "json", "soak", "--seed", "7"]));
    let played = seed();
    assert_eq!(played["digest"], seed()["digest"]);
    let document = json(&locum(folder.path(), &["--output", "json", "replay", "soak/seed-7.history.json"]));
    assert_eq!(document["outcome"]["digest"], played["digest"]);
    assert_eq!(document["outcome"]["failovers"], played["failovers"]);
    let many = locum(folder.path(), &["--output", "json", "soak", "--seeds", "20", "--jobs", "2"]);
    let report = json(&many);
    assert_eq!((report["seeds"].as_u64(), report["failures"].as_u64()), (Some(20), Some(0)), "{}", stderr(&many));
    assert!(report["failovers_per_hour"].as_u64().unwrap() > 0);
    assert!(stderr(&many).contains(&format!("seeds from {} on", report["first_seed"])), "{}", stderr(&many));
}

/// The example of the `fast` profile, but with an automatic fallback that waits for nothing.
fn without_delay(folder: &Path) {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/fast/ada.toml");
    let example = fs::read_to_string(example).unwrap();
    let changed = "automatic_fallback = true\nautomatic_fallback_delay = \"0s\"";
    fs::write(folder.join("flap.toml"), example.replace("automatic_fallback = true", changed)).unwrap();
}

#[test]
fn what_a_proof_has_found_is_saved_and_stepped_through() {
    let folder = tempfile::tempdir().unwrap();
    without_delay(folder.path());
    let proof = locum(folder.path(), &["prove", "--config", "flap.toml", "--states", "1000", "--save", "out"]);
    assert_eq!(proof.status.code(), Some(5), "{}", stderr(&proof));
    assert!(stdout(&proof).contains("✗ one-fallback-a-hold"), "{}", stdout(&proof));
    let scenario = fs::read_to_string(folder.path().join("out/one-fallback-a-hold.feature")).unwrap();
    assert!(scenario.contains("Then node 1 passes through Taking Back (Automatic Fallback)"), "{scenario}");

    let file = "out/one-fallback-a-hold.steps.json";
    let told = stdout(&locum(folder.path(), &["replay", file]));
    for words in ["step  node a", "▶ service 0 of a stops working", "✓ b serves the users of a.", "✖ This must never"]
    {
        assert!(told.contains(words), "{words}\n{told}");
    }
    let document = json(&locum(folder.path(), &["--output", "json", "replay", file]));
    let steps = document["steps"].as_array().unwrap();
    assert_eq!(steps.last().unwrap()["states"][0], serde_json::json!(["Taking Back", "Automatic Fallback"]));
    assert_eq!((&steps[0]["at_ms"], &document["outcome"]), (&Value::Null, &Value::Null));
    let one = stdout(&locum(folder.path(), &["replay", file, "--step", "1"]));
    assert!(one.starts_with(&format!("Step 1 of {}\n", steps.len())), "{one}");

    let set = locum(folder.path(), &["replay", file, "--set", "keep_alive_timeout=2s"]);
    assert_eq!(set.status.code(), Some(2));
    assert!(stderr(&set).contains("whether it has run out"), "{}", stderr(&set));
    let two = locum(folder.path(), &["replay", file, file]);
    assert_eq!(two.status.code(), Some(2));
    assert!(stderr(&two).contains("replayed alone"), "{}", stderr(&two));
}

#[test]
fn a_step_that_cannot_happen_is_named() {
    let folder = tempfile::tempdir().unwrap();
    without_delay(folder.path());
    locum(folder.path(), &["prove", "--config", "flap.toml", "--states", "1000", "--save", "out"]);
    let saved = fs::read_to_string(folder.path().join("out/one-fallback-a-hold.steps.json")).unwrap();
    let mut file: Value = serde_json::from_str(&saved).unwrap();
    file["steps"][1] = serde_json::json!({ "thaw": "a" });
    fs::write(folder.path().join("old.steps.json"), file.to_string()).unwrap();
    let output = locum(folder.path(), &["replay", "old.steps.json"]);
    assert_eq!(output.status.code(), Some(5));
    let said = stderr(&output);
    assert!(said.contains("old.steps.json: step 2 cannot happen: a runs again at once"), "{said}");
    file["steps"][1] = serde_json::json!({ "melts": "a" });
    fs::write(folder.path().join("old.steps.json"), file.to_string()).unwrap();
    let said = stderr(&locum(folder.path(), &["replay", "old.steps.json"]));
    assert!(said.contains("old.steps.json has a fault: unknown variant `melts`"), "{said}");
}
