//! The configuration file from outside: defaults, faults, schema and reload.

mod defaults;
mod faults;
mod reload;
mod schema;
mod what_if;
mod witness;

use std::path::Path;

use locum_config::{Config, Faults};

/// The least that a pair needs, on lines 1 to 14.
const PAIR: &str = r#"[group]
name = "pair"
[node]
name = "alpha"
[peer]
name = "beta"
links = ["10.0.0.2"]
[security]
ca = "ca.pem"
certificate = "alpha.pem"
key = "alpha.key"
group_key = "group.key"
[admin]
[users]
"#;

const FULL: &str = include_str!("full.toml");

fn parse(text: &str) -> Result<Config, Faults> {
    Config::parse(text, Path::new("/etc/locum/locum.toml"))
}

fn sound(text: &str) -> Config {
    parse(text).unwrap_or_else(|faults| panic!("{faults}"))
}

/// Replaces what must be there.
fn edit(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from:?}");
    text.replace(from, to)
}
