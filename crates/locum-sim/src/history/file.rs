//! The file that a history is kept in: JSON, with words that a person can write.

use locum_config::Faults;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::History;
use crate::network::LINKS;

/// How the name of such a file ends.
pub const EXTENSION: &str = "history.json";
/// The one version of the format so far.
const FORMAT: u64 = 1;
/// The most users of a history.
const USERS_MAX: u32 = 1_000_000;

/// The version of the format that a history is written in: there is one, and another one is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Format;

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(FORMAT)
    }
}

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Format, D::Error> {
        match u64::deserialize(deserializer)? {
            FORMAT => Ok(Format),
            other => Err(D::Error::custom(format!("this history has format {other}, and only {FORMAT} is known"))),
        }
    }
}

/// Why a text is no history.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// It is not JSON, or not of this kind.
    #[error(transparent)]
    Words(#[from] serde_json::Error),
    /// A parameter is wrong.
    #[error("`set`: {0}")]
    Timers(#[from] Faults),
    /// A service that there is not.
    #[error("at {at_ms} ms something happens to service {service}, and there are {count}: count from 0")]
    Service {
        /// When.
        at_ms: u64,
        /// The service.
        service: u16,
        /// How many there are.
        count: usize,
    },
    /// A link that there is not.
    #[error("at {at_ms} ms something happens to link {link}, and there are {LINKS}: count from 0")]
    Link {
        /// When.
        at_ms: u64,
        /// The link.
        link: u32,
    },
    /// More users than a simulation is for.
    #[error("{0} users are more than {USERS_MAX}")]
    Users(u32),
}

impl History {
    /// The history in a text. What happens is put in order of time.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read(text: &str) -> Result<History, HistoryError> {
        let mut history: History = serde_json::from_str(text)?;
        history.happenings.sort_by_key(|happening| happening.at_ms);
        history.check()?;
        Ok(history)
    }

    /// Whether it can be played.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn check(&self) -> Result<(), HistoryError> {
        self.parameters()?;
        let count = self.services.len();
        for happening in &self.happenings {
            let at_ms = happening.at_ms;
            if let Some(service) = happening.what.service().filter(|service| usize::from(*service) >= count) {
                return Err(HistoryError::Service { at_ms, service, count });
            }
            if let Some(link) = happening.what.link().filter(|link| *link >= LINKS) {
                return Err(HistoryError::Link { at_ms, link });
            }
        }
        if self.users > USERS_MAX {
            return Err(HistoryError::Users(self.users));
        }
        Ok(())
    }

    /// The text that [`History::read`] takes: one line for each happening.
    pub fn write(&self) -> String {
        let bare = History { happenings: Vec::new(), ..self.clone() };
        let frame = serde_json::to_string_pretty(&bare).unwrap_or_default();
        let line = |happening| format!("    {}", serde_json::to_string(happening).unwrap_or_default());
        let lines: Vec<String> = self.happenings.iter().map(line).collect();
        let happenings = if lines.is_empty() { "[]".into() } else { format!("[\n{}\n  ]", lines.join(",\n")) };
        frame.replace("\"happenings\": []", &format!("\"happenings\": {happenings}")) + "\n"
    }
}
