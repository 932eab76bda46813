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
    let checked: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(checked["faults"][0]["line"], 2);
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

fn what_if(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/what-if").join(name).display().to_string()
}

#[test]
fn a_what_if_is_answered_side_by_side_as_table_json_and_page() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("answer.html").display().to_string();
    let file = what_if("host-crashes.toml");
    let asked = ["sim", &file, "--runs", "4", "--set", "keep_alive_timeout=30s", "--html", &page];
    let table = locum(&asked);
    assert!(table.status.success(), "{}", stderr(&table));
    for text in
        ["Unserved, per user: p99", "keep_alive_timeout=30s", "The host of a goes down", "Clients are not simulated"]
    {
        assert!(stdout(&table).contains(text), "{text}: {}", stdout(&table));
    }
    assert_eq!(fs::read_to_string(&page).unwrap().matches("<svg").count(), 2);
    let json = locum(&[&asked[..], &["--output", "json"]].concat());
    let answer: serde_json::Value = serde_json::from_str(&stdout(&json)).unwrap();
    let mean = |place: usize| answer["answers"][place]["unserved"]["mean_s"].as_f64().unwrap();
    assert!(mean(0) > mean(1) && mean(1) > 0.0, "half the timeout, less outage: {} {}", mean(0), mean(1));
    assert_eq!((&answer["asked"]["seed"], &answer["asked"]["runs"]), (&1.into(), &4.into()));
}

#[test]
fn a_what_if_with_faults_is_refused_whole() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "w.toml", "lasts = \"1h\"\nrnus = 5\n[[event]]\nat = \"1min\"\nwhat = \"kill\"\n");
    let output = locum(&["sim", &file]);
    assert_eq!((output.status.code(), &*stdout(&output)), (Some(5), ""));
    for fault in ["w.toml:2: rnus: there is no such key; did you mean `runs`?", "w.toml:3: event.node: this is missing"]
    {
        assert!(stderr(&output).contains(fault), "{fault}: {}", stderr(&output));
    }
    let output = locum(&["sim", &what_if("flap.toml"), "--set", "keep_alive_timeout=150ms"]);
    assert_eq!(output.status.code(), Some(5));
    assert!(stderr(&output).contains("shorter than two intervals of 100ms"), "{}", stderr(&output));
}

#[test]
fn timeouts_are_priced_from_given_and_recorded_rates() {
    let folder = tempfile::tempdir().unwrap();
    let day_ms = 86_400_000_u64;
    let entry = |at_unix_ms: u64, kind: &str| serde_json::json!({ "sequence": 1, "at_unix_ms": at_unix_ms, "kind": kind, "text": "", "fields": { "late_ms": 50_000 } });
    let journal = serde_json::json!([entry(day_ms, "daemon"), entry(2 * day_ms, "stall"), entry(31 * day_ms, "users")]);
    let file = write(folder.path(), "a.json", &journal.to_string());
    let priced = |arguments: &[&str]| -> serde_json::Value {
        let output = locum(&[&["tune", "--output", "json"], arguments].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        serde_json::from_str(&stdout(&output)).unwrap()
    };
    let recorded = priced(&["--recorded", &file]);
    let present = |document: &serde_json::Value| {
        let prices = document["ladders"][0]["prices"].as_array().unwrap();
        prices.iter().find(|price| price["is_present"] == true).unwrap().clone()
    };
    // One of 50 s in 30 days, on two nodes: 50 s late are 65 s of silence, and the timeout is 60 s.
    let stalls = present(&recorded)["false_failovers_per_year"]["stalls"].as_f64().unwrap();
    assert!((stalls - 2.0 * 365.25 / 30.0).abs() < 1e-6, "{stalls}");
    let longer = priced(&["--recorded", &file, "--set", "keep_alive_timeout=70s"]);
    assert_eq!(present(&longer)["false_failovers_per_year"]["stalls"], 0.0);
    let table = locum(&["tune", "--profile", "fast", "--loss", "0.3", "--links", "1"]);
    for text in ["keep_alive_timeout: how long", "▶", "350 ms", "Left out", "None of these"] {
        assert!(stdout(&table).contains(text), "{text}: {}", stdout(&table));
    }
    let output = locum(&["tune", "--recorded", &write(folder.path(), "b.json", "{}")]);
    assert_eq!(output.status.code(), Some(5));
    assert!(stderr(&output).contains("b.json: document 1: this is neither"), "{}", stderr(&output));
}

#[test]
fn what_is_proved_is_told_to_programs() {
    let output = locum(&["prove", "--profile", "fast", "--states", "20000", "--output", "json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let told = stdout(&output);
    let proof: serde_json::Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!((&proof["states"], &proof["violations"]), (&20_000.into(), &0.into()));
    for key in ["edges", "seconds", "states_per_s"] {
        assert!(proof[key].as_f64().is_some_and(|number| number > 0.0), "{key}: {proof}");
    }
}

#[test]
fn a_store_is_checked_and_renewed() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let config = "[group]\nname = \"pair\"\n[node]\nname = \"alpha\"\nstate_directory = \"state\"\n";
    let config = write(folder.path(), "node.toml", config);
    let check = ["store", "check", "--config", &config];
    let code = |arguments: &[&str]| locum(arguments).status.code();
    assert_eq!(code(&["store", "check"]), Some(2), "which one?");
    assert_eq!(code(&check), Some(1), "there is none");

    let identity = locum_store::Identity { group: "pair".into(), node: "alpha".into() };
    let store = locum_store::Store::open(&state, &identity).unwrap();
    let open = locum(&check);
    assert_eq!(open.status.code(), Some(3));
    assert!(stderr(&open).contains("stop the other locum daemon first"), "{}", stderr(&open));
    assert_eq!(code(&["store", "renew", "--yes", state.to_str().unwrap()]), Some(3));
    drop(store);

    let sound = locum(&check);
    assert_eq!(sound.status.code(), Some(0), "{}", stderr(&sound));
    assert!(stdout(&sound).contains("locum.redb: sound"), "{}", stdout(&sound));
    let json = locum(&[&check[..], &["--output", "json"]].concat());
    let report: serde_json::Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!((&report["identity"]["node"], &report["marked"]), (&"alpha".into(), &true.into()));

    let unsure = locum(&["store", "renew", "--config", &config]);
    assert_eq!(unsure.status.code(), Some(3));
    assert!(
        stderr(&unsure).contains("--yes") && stderr(&unsure).contains("Nothing has changed"),
        "{}",
        stderr(&unsure)
    );
    assert!(state.join("locum.redb").exists());

    fs::write(state.join("locum.redb"), "").unwrap();
    let lost = locum(&check);
    assert_eq!(lost.status.code(), Some(5));
    assert!(
        stderr(&lost).contains("identity.json") && stderr(&lost).contains("locum store renew"),
        "{}",
        stderr(&lost)
    );
    let run = locum(&["run", "--config", &config]);
    assert_eq!(run.status.code(), Some(1));
    assert!(stderr(&run).contains("locum store renew"), "{}", stderr(&run));
    let renewed = locum(&["store", "renew", "--yes", "--config", &config]);
    assert_eq!(renewed.status.code(), Some(0), "{}", stderr(&renewed));
    assert!(stdout(&renewed).contains("locum.redb.old"), "{}", stdout(&renewed));
    drop(locum_store::Store::open(&state, &identity).unwrap());
}
