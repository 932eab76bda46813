//! The file that a history is kept in: JSON, with words that a person can write.

use locum_config::Faults;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{History, What};
use crate::network::{LINKS, Rough};

/// How the name of such a file ends.
pub const EXTENSION: &str = "history.json";
/// The one version of the format so far.
const FORMAT: u64 = 1;
/// The most users of a history, with all that are added.
pub const USERS_MAX: u32 = 1_000_000;
/// The longest time in a history, in milliseconds: 366 days, as in what-ifs.
pub const SPAN_MAX_MS: u64 = 366 * 86_400_000;
/// The most services of a node.
const SERVICES_MAX: usize = 100;
/// How many heartbeats a history may have: more take too long to play.
const HEARTBEATS_MAX: u64 = 100_000_000;

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
    #[error("{}", words(.0))]
    Timers(#[from] Faults),
    /// The profile stands where single timers do.
    #[error("`set`: `profile` is no timer; write it beside `set`, as `\"profile\": \"fast\"`")]
    Profile,
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
    /// More than a simulation is for.
    #[error("{place} is {value}, and may be {most} at most")]
    TooMuch {
        /// What, and where.
        place: String,
        /// How much it is.
        value: u64,
        /// How much it may be.
        most: u64,
    },
    /// It would take too long to play.
    #[error(
        "it lasts {ends_ms} ms and has {heartbeats} heartbeats, of which {HEARTBEATS_MAX} may be played: let it end \
         earlier, or set a longer `keep_alive_interval`"
    )]
    TooLong {
        /// How long it lasts.
        ends_ms: u64,
        /// How many heartbeats both nodes send.
        heartbeats: u64,
    },
}

/// What is wrong with timers, which stand in `set`.
fn words(faults: &Faults) -> String {
    let words = faults.0.iter().map(|fault| format!("`set`: `{}`: {}; {}", fault.key, fault.what, fault.advice));
    words.collect::<Vec<_>>().join("\n")
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
        if self.set.contains_key("profile") {
            return Err(HistoryError::Profile);
        }
        self.parameters()?;
        let count = self.services.len();
        most("the number of `services`", count as u64, SERVICES_MAX as u64)?;
        for (number, service) in self.services.iter().enumerate() {
            for (key, ms) in [
                ("start_timeout_ms", service.start_timeout_ms),
                ("start_ms", service.start_ms),
                ("probe_ms", service.probe_ms),
            ] {
                most(&format!("`{key}` of service {number}"), ms, SPAN_MAX_MS)?;
            }
        }
        most("`users`", self.users.into(), USERS_MAX.into())?;
        let mut users = u64::from(self.users);
        for happening in &self.happenings {
            let at_ms = happening.at_ms;
            most("`at_ms`", at_ms, SPAN_MAX_MS)?;
            if let Some(service) = happening.what.service().filter(|service| usize::from(*service) >= count) {
                return Err(HistoryError::Service { at_ms, service, count });
            }
            if let Some(link) = happening.what.link().filter(|link| *link >= LINKS) {
                return Err(HistoryError::Link { at_ms, link });
            }
            for (key, value, bound) in amounts(&happening.what) {
                most(&format!("at {at_ms} ms, `{key}`"), value, bound)?;
            }
            if let What::AddUsers { count, .. } = happening.what {
                users += u64::from(count);
                most(&format!("at {at_ms} ms, the number of users with all that are added"), users, USERS_MAX.into())?;
            }
        }
        most("`lasts_ms`", self.lasts_ms, SPAN_MAX_MS)?;
        self.check_size()
    }

    /// Whether it can be played in a reasonable time: its times are not too long.
    ///
    /// # Errors
    /// Its parameters are none, or make for too many heartbeats.
    pub fn check_size(&self) -> Result<(), HistoryError> {
        let ends_ms = self.ends_ms();
        let heartbeats = 2 * ends_ms / self.parameters()?.keep_alive_interval_ms;
        if heartbeats > HEARTBEATS_MAX { Err(HistoryError::TooLong { ends_ms, heartbeats }) } else { Ok(()) }
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

fn most(place: &str, value: u64, most: u64) -> Result<(), HistoryError> {
    if value > most { Err(HistoryError::TooMuch { place: place.into(), value, most }) } else { Ok(()) }
}

/// How much of what a happening brings, and the most that it may.
fn amounts(what: &What) -> Vec<(&'static str, u64, u64)> {
    match *what {
        What::ServicePace { start_ms, probe_ms, .. } => {
            vec![("start_ms", start_ms, SPAN_MAX_MS), ("probe_ms", probe_ms, SPAN_MAX_MS)]
        }
        What::ClockJump { by_ms, .. } => vec![("by_ms", by_ms, SPAN_MAX_MS)],
        What::AddUsers { count, .. } => vec![("count", count.into(), USERS_MAX.into())],
        What::Weather { rough: Rough { lost_percent, delay_ms, spread_ms, twice_percent }, .. } => vec![
            ("lost_percent", lost_percent.into(), 100),
            ("delay_ms", delay_ms, SPAN_MAX_MS),
            ("spread_ms", spread_ms, SPAN_MAX_MS),
            ("twice_percent", twice_percent.into(), 100),
        ],
        _ => Vec::new(),
    }
}
