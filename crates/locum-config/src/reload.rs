use std::fmt;

use serde::Serialize;
use serde_json::Value as Json;

use crate::{Config, reader::Section};

/// A key that has another value than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The key; a service or token is meant by its name, as in `service.web.probe.interval`.
    pub key: String,
    /// Whether a running node can take it.
    pub live: bool,
    /// The value before, as JSON; nothing where there was none.
    pub before: Json,
    /// The value now.
    pub after: Json,
}

impl Change {
    pub(crate) fn new(key: &str, live: bool, before: &Json, after: &Json) -> Self {
        Self { key: key.to_owned(), live, before: before.clone(), after: after.clone() }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |value: &Json| match value {
            Json::Null => "nothing".to_owned(),
            Json::Object(_) => "a section".to_owned(),
            value => value.to_string(),
        };
        write!(f, "{}: {} → {}", self.key, show(&self.before), show(&self.after))?;
        if self.live { Ok(()) } else { f.write_str("; restart the daemon to change it") }
    }
}

/// What becomes of a new configuration while the node runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reload {
    /// It is taken, with these changes.
    Accept(Vec<Change>),
    /// It is refused whole, because of these changes.
    Refuse(Vec<Change>),
}

impl Config {
    /// What differs between two configurations, and whether a running node can take it.
    pub fn changes(old: &Self, new: &Self) -> Reload {
        let mut changes = Vec::new();
        old.compare(new, "", &mut changes);
        let (live, fixed): (Vec<Change>, Vec<Change>) = changes.into_iter().partition(|change| change.live);
        if fixed.is_empty() { Reload::Accept(live) } else { Reload::Refuse(fixed) }
    }
}
