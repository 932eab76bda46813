//! What the command makes of a configuration file.

use std::fs;

use locum_testbed::locum;
use serde_json::Value;

/// The keys that have a fault.
pub(crate) fn faults(configuration: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder for one file");
    let file = folder.path().join("node.toml");
    fs::write(&file, configuration).expect("the folder is ours");
    let said = locum(&["--output", "json"], &["config", "check", file.to_str().expect("it is text")]);
    let faults: Vec<Value> = said.json();
    assert_eq!(said.code == 0, faults.is_empty(), "{said:?}");
    faults.iter().map(|fault| fault["key"].as_str().unwrap_or_default().to_owned()).collect()
}
