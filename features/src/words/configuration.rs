use std::fmt;
use std::str::FromStr;

use cucumber::Parameter;

/// A key of a configuration file, with its section: `group.name`.
#[derive(Clone, Debug, PartialEq, Eq, Parameter)]
#[param(name = "key", regex = "[a-z_]+(?:\\.[a-z_]+)*")]
pub struct Key(String);

impl Key {
    /// The names on the way to it, and its own.
    pub fn sections(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Key {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        Ok(Self(said.to_owned()))
    }
}

/// A value as it stands in the file, or `128 letters`.
#[derive(Clone, Debug, Parameter)]
#[param(name = "value", regex = "[0-9]+ letters|[^ ].*")]
pub struct Value(pub toml_edit::Value);

impl FromStr for Value {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        if let Some(count) = said.strip_suffix(" letters") {
            let count: usize = count.parse().map_err(|error| format!("`{said}`: {error}"))?;
            return Ok(Self("a".repeat(count).into()));
        }
        said.parse().map(Self).map_err(|error: toml_edit::TomlError| format!("`{said}` is no TOML value: {error}"))
    }
}
