use std::path::Path;

use locum_config::{Config, Faults, WhatIf};

/// Where the text might stand.
const FILE: &str = "etc/node.toml";

const EXAMPLES: [&str; 3] = [
    include_str!("../../../../docs/examples/classic/ada.toml"),
    include_str!("../../../../docs/examples/fast/ada.toml"),
    include_str!("../../../../docs/examples/fast/bea.toml"),
];
const WHAT_IFS: [&str; 4] = [
    include_str!("../../../../docs/examples/what-if/database-dies.toml"),
    include_str!("../../../../docs/examples/what-if/flap.toml"),
    include_str!("../../../../docs/examples/what-if/host-crashes.toml"),
    include_str!("../../../../docs/examples/what-if/silent-cut.toml"),
];
/// With a line for every key.
const FULL: &str = include_str!("../../../locum-config/tests/config/full.toml");

/// The configuration of a whole node: of the first of a pair by its name, or of the second.
///
/// # Panics
/// The example is none, which its own test would say too.
pub(super) fn example(first: bool) -> Config {
    let text = if first { EXAMPLES[1] } else { EXAMPLES[2] };
    Config::parse(text, Path::new(FILE)).expect("an example is a configuration")
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    EXAMPLES.iter().chain([&FULL]).map(|text| text.as_bytes().to_vec()).collect()
}

pub(super) fn what_if_seeds() -> Vec<Vec<u8>> {
    WHAT_IFS.iter().map(|text| text.as_bytes().to_vec()).collect()
}

pub(super) fn attempt(bytes: &[u8]) -> String {
    told(bytes, |text| Config::parse(text, Path::new(FILE)).map(|config| config.effective()))
}

pub(super) fn attempt_what_if(bytes: &[u8]) -> String {
    told(bytes, |text| WhatIf::parse(text, Path::new(FILE)).map(|what_if| what_if.effective()))
}

fn told(bytes: &[u8], read: impl Fn(&str) -> Result<serde_json::Value, Faults>) -> String {
    let Ok(text) = std::str::from_utf8(bytes) else { return "no text".into() };
    match read(text) {
        Ok(effective) => {
            assert!(effective.is_object());
            assert_eq!(read(text).as_ref(), Ok(&effective), "it is not read twice alike");
            "read".into()
        }
        Err(faults) => {
            assert!(!faults.0.is_empty(), "it is refused without a fault");
            let lines = text.split('\n').count();
            assert!(faults.0.iter().all(|fault| fault.line <= lines), "a fault has a line that is not there: {faults}");
            assert!(faults.0.iter().all(|fault| !fault.what.is_empty() && !fault.advice.is_empty()), "{faults:?}");
            faults.0[0].to_string()
        }
    }
}
