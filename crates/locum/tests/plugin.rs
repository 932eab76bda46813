//! `locum plugin test` as the author of a plugin meets it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use locum_testbed::policy;
use serde_json::Value;

const BALANCED: u32 = 0;

fn test(file: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_locum"));
    command.env_remove("LOCUM_CONFIG").args(["plugin", "test"]).arg(file).args(more);
    command.output().unwrap()
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A component that `cargo xtask components` has built.
fn component(name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    target.join("components").join(name).with_extension("wasm")
}

/// The folder and the file of a balanced policy with this body of `place`.
fn made(place: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy-mine.wasm");
    fs::write(&file, policy(BALANCED, place)).unwrap();
    (folder, file)
}

#[test]
fn every_plugin_that_comes_along_passes() {
    let components = component("x").parent().unwrap().to_owned();
    let mut tested = 0;
    for entry in fs::read_dir(components).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        if !["policy-", "probe-", "transport-"].iter().any(|kind| name.starts_with(kind)) {
            continue;
        }
        let output = test(&file, &[]);
        let text = said(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{text}{}", said(&output.stderr));
        assert!(text.contains("  ✓ ") && text.contains(" passed, 0 failed, "), "{text}");
        tested += 1;
    }
    assert!(tested >= 9, "{tested} plugins");
}

#[test]
fn a_broken_promise_is_told_in_the_terms_of_its_author() {
    let all_first = "(memory.fill (local.get $ids) (i32.const 0) (i32.mul (local.get $users) (i32.const 4)))
        (call $give (local.get $ids) (local.get $users))";
    let (_folder, file) = made(all_first);
    let output = test(&file, &["--name", "A rebalance of 11/0"]);
    let text = said(&output.stdout);
    for part in [
        "✗ A rebalance of 11/0",
        "  ✗ Then no two nodes differ by more than one user",
        "Asked  rebalance, of 11 users; at home 11/0; every node available",
        "it is not balanced as promised: node row 0 would have 11 users",
        "docs/behaviour.md §7",
        "0 passed, 1 failed, 0 not applicable",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(output.status.code(), Some(5));
    assert!(said(&output.stderr).contains("policy-mine.wasm fails 1 scenario"), "{}", said(&output.stderr));
}

#[test]
fn a_trap_and_a_loop_are_failures_and_not_errors() {
    for (place, why) in [
        ("unreachable", "the policy failed: it trapped: wasm `unreachable` instruction executed"),
        ("(loop $l (br $l)) unreachable", "the policy failed: it used up its fuel"),
    ] {
        let (_folder, file) = made(place);
        let output = test(&file, &["--name", "A node is lost, and comes back", "--output", "json"]);
        assert_eq!(output.status.code(), Some(5));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["world"], "policy");
        let scenario = &report["scenarios"][0];
        assert_eq!(scenario["outcome"], "failed");
        assert_eq!(scenario["name"], "A node is lost, and comes back");
        assert_eq!(scenario["rule"], "Whose home is back returns to it");
        assert_eq!(scenario["failure"]["why"], why);
    }
}

#[test]
fn what_cannot_be_tested_is_refused_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.wasm");
    fs::write(&file, "not wasm").unwrap();
    let core = component("locum-core-component");
    let policy = component("policy-none");
    for (file, more, code, why) in [
        (&file, &[][..], 5, "x.wasm: not a WebAssembly component"),
        (&folder.path().join("absent.wasm"), &[], 5, "absent.wasm"),
        (&core, &[], 5, "there are scenarios for a policy, a transport or a probe"),
        (&policy, &["--name", "no such thing"], 2, "no scenario for a policy plugin has `no such thing`"),
    ] {
        let output = test(file, more);
        assert_eq!(output.status.code(), Some(code), "{why}");
        assert!(said(&output.stderr).contains(why), "{why}: {}", said(&output.stderr));
        assert_eq!(said(&output.stdout), "");
    }
}
