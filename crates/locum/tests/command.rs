//! The command as people meet it, without a node: what it says, and how it exits.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

fn locum(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_locum"));
    for variable in ["CONFIG", "SOCKET", "URL", "TOKEN_FILE", "CA", "CERTIFICATE", "KEY", "SERVER_NAME"] {
        command.env_remove(format!("LOCUM_{variable}"));
    }
    command.args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn a_node_that_is_not_there_is_unreachable() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("no.sock").display().to_string();
    for arguments in [&["status"][..], &["failover"], &["users", "list"], &["stop"], &["events", "--follow"]] {
        let output = locum(&[&["--socket", &socket], arguments].concat());
        assert_eq!(output.status.code(), Some(4), "{arguments:?}");
        assert!(stderr(&output).contains("no.sock") && stderr(&output).contains("locum run"), "{}", stderr(&output));
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn every_fault_of_a_configuration_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[group]\nname = \"pa ir\"\nkeep_alive_intervall = \"1s\"\n[node]\nname = 7\n";
    let file = write(folder.path(), "bad.toml", text);
    let output = locum(&["config", "check", &file]);
    assert_eq!(output.status.code(), Some(5));
    for fault in ["bad.toml:2: group.name", "bad.toml:3: group.keep_alive_intervall", "bad.toml:5: node.name"] {
        assert!(stderr(&output).contains(fault), "{fault}: {}", stderr(&output));
    }
    assert_eq!(locum(&["run", "--config", &file]).status.code(), Some(5));
    let output = locum(&["config", "check", &file, "--output", "json"]);
    assert_eq!(output.status.code(), Some(5));
    let faults: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(faults[0]["line"], 2);
}

#[test]
fn what_is_shown_of_a_configuration_is_a_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "one.toml", "[group]\nname = \"solo\"\n[node]\nname = \"alpha\"\n");
    let shown = locum(&["config", "show", &file]);
    assert!(shown.status.success(), "{}", stderr(&shown));
    assert!(stdout(&shown).contains("keep_alive_timeout = \"1min\""), "{}", stdout(&shown));
    let again = write(folder.path(), "two.toml", &stdout(&shown));
    let output = locum(&["config", "check", &file, &again]);
    assert!(output.status.success(), "{}", stderr(&output));
    let schema = locum(&["config", "schema"]);
    let schema: serde_json::Value = serde_json::from_str(&stdout(&schema)).unwrap();
    assert!(schema["properties"]["group"].is_object());
}

#[test]
fn what_is_no_plugin_is_bad_input() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "x.wasm", "not wasm");
    let output = locum(&["plugin", "inspect", &file]);
    assert_eq!(output.status.code(), Some(5));
    assert!(stderr(&output).contains("x.wasm"), "{}", stderr(&output));
}

#[test]
fn keys_and_certificates_are_made_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("pki").display().to_string();
    assert!(locum(&["pki", "init", "--dir", &dir, "--group", "pair"]).status.success());
    let again = locum(&["pki", "init", "--dir", &dir, "--group", "pair"]);
    assert_eq!(again.status.code(), Some(1), "keys are never overwritten");
    let issued = locum(&["pki", "issue", "--dir", &dir, "--group", "pair", "alpha", "--output", "json"]);
    let issued: serde_json::Value = serde_json::from_str(&stdout(&issued)).unwrap();
    let output = locum(&["pki", "inspect", issued["certificate"].as_str().unwrap()]);
    assert!(stdout(&output).contains("alpha.pair.locum, signed by pair CA"), "{}", stdout(&output));
    assert_eq!(locum(&["pki", "issue", "--dir", &dir, "--group", "pair", "a/b"]).status.code(), Some(2));
}

#[test]
fn completions_and_manual_pages_come_from_the_definition() {
    let script = stdout(&locum(&["completions", "bash"]));
    assert!(script.contains("failover") && script.contains("rebalance"));
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("man");
    assert!(locum(&["man", &dir.display().to_string()]).status.success());
    let page = fs::read_to_string(dir.join("locum.1")).unwrap();
    assert!(page.contains("Exit codes"));
    assert!(dir.join("locum-users-import.1").exists());
    assert!(!dir.join("locum-shepherd.1").exists());
}
