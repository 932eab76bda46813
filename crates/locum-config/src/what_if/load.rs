use std::{collections::BTreeMap, path::Path};

use locum_core::Parameters;
use toml_edit::{DocumentMut, Item, Table, value};

use super::{Happens, Timers, WhatIf, rules};
use crate::{
    Fault, Faults, Profile,
    load::{document, profile_of, text_of},
    reader::{Reader, Section, Spot, What},
};

impl WhatIf {
    /// Reads a file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(path: &Path) -> Result<WhatIf, Faults> {
        WhatIf::parse(&text_of(path)?, path)
    }

    /// Reads a text that stands, or might stand, in the file `path`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(text: &str, path: &Path) -> Result<WhatIf, Faults> {
        WhatIf::parse_runs(text, path, None)
    }

    fn parse_runs(text: &str, path: &Path, runs: Option<u32>) -> Result<WhatIf, Faults> {
        let document = document(text, path)?;
        let mut reader = Reader::new(path, text, profile_of(&document));
        let root = Spot { what: What::Table(document.as_table()), place: String::new(), line: 1 };
        let what_if = WhatIf::read(&root, &mut reader);
        let what_if = WhatIf { runs: runs.unwrap_or(what_if.runs), ..what_if };
        rules::check(&what_if, &mut reader);
        reader.finish()?;
        Ok(what_if)
    }

    /// Reads a text as [`WhatIf::parse`] does, with another number of runs, and other timers: each is written
    /// `keep_alive_timeout=20s`, or `profile=fast` for all that the text does not set.
    ///
    /// # Errors
    /// Everything that is wrong with the text or, if nothing is, with the timers.
    pub fn parse_with(text: &str, path: &Path, runs: Option<u32>, others: &[String]) -> Result<WhatIf, Faults> {
        let what_if = WhatIf::parse_runs(text, path, runs)?;
        if others.is_empty() {
            return Ok(what_if);
        }
        lay(text.parse().expect("it has been read before"), runs, &settings(others)?)
    }

    /// Every key with the value that holds, as JSON in the shape of the file.
    pub fn effective(&self) -> serde_json::Value {
        self.json()
    }
}

impl Timers {
    /// The timers of this profile, with others set to these values, written as in the file.
    ///
    /// # Errors
    /// Everything that is wrong with the values.
    pub fn with(profile: Profile, others: &BTreeMap<String, String>) -> Result<Timers, Faults> {
        let mut bare = DocumentMut::new();
        bare["profile"] = value(profile.name());
        bare["lasts"] = value("1s");
        Ok(lay(bare, None, others)?.set)
    }

    /// As the state machine takes them; what is no timer is that of the profile.
    pub fn parameters(&self) -> Parameters {
        let ms = |duration: std::time::Duration| duration.as_millis() as u64;
        Parameters {
            keep_alive_interval_ms: ms(self.keep_alive_interval),
            keep_alive_timeout_ms: ms(self.keep_alive_timeout),
            initialization_keep_alive_timeout_ms: ms(self.initialization_keep_alive_timeout),
            critical_service_delay_ms: ms(self.critical_service_delay),
            automatic_fallback: self.automatic_fallback,
            automatic_fallback_delay_ms: ms(self.automatic_fallback_delay),
            fast_peer_loss: self.fast_peer_loss,
            ..Parameters::classic()
        }
    }

    /// Every timer with the value that holds, as the file would give it, by its name.
    pub fn named(&self) -> BTreeMap<String, String> {
        let serde_json::Value::Object(keys) = self.json() else { return BTreeMap::new() };
        let plain = |value: serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        keys.into_iter().map(|(name, value)| (name, plain(value))).collect()
    }
}

/// What `keep_alive_timeout=20s` and the like set, by name.
///
/// # Errors
/// Every word that sets nothing.
pub fn settings(words: &[String]) -> Result<BTreeMap<String, String>, Faults> {
    let mut set = BTreeMap::new();
    let mut faults = Vec::new();
    for word in words {
        let Some((name, value)) = word.split_once('=').filter(|(name, _)| !name.trim().is_empty()) else {
            faults.push(fault("", format!("{word:?} sets nothing"), "write `keep_alive_timeout=20s`"));
            continue;
        };
        let (name, value) = (name.trim().to_owned(), value.trim().trim_matches('"').to_owned());
        if set.insert(name.clone(), value).is_some() {
            faults.push(fault(&name, "it is set twice".into(), "leave one out"));
        }
    }
    if faults.is_empty() { Ok(set) } else { Err(Faults(faults)) }
}

/// A document that has no fault, with other timers. Whatever is found comes from these.
fn lay(mut document: DocumentMut, runs: Option<u32>, others: &BTreeMap<String, String>) -> Result<WhatIf, Faults> {
    for (name, word) in others {
        let new = word.parse::<bool>().map_or_else(|_| value(word), value);
        if name == "profile" {
            document["profile"] = new;
        } else {
            let set = document.entry("set").or_insert_with(|| Item::Table(Table::new()));
            set.as_table_like_mut().expect("it has been read before").insert(name, new);
        }
    }
    WhatIf::parse_runs(&document.to_string(), Path::new(SET), runs).map_err(|found| {
        let found = found.0.into_iter();
        Faults(found.map(|found| fault(found.key.trim_start_matches("set."), found.what, &found.advice)).collect())
    })
}

/// Where other timers come from.
const SET: &str = "--set";

fn fault(key: &str, what: String, advice: &str) -> Fault {
    Fault { file: SET.into(), line: 0, key: key.into(), what, advice: advice.into() }
}

impl Happens {
    /// What ends it, where something does.
    pub const fn end(self) -> Option<Happens> {
        match self {
            Happens::Kill | Happens::Crash | Happens::Reboot => Some(Happens::Start),
            Happens::ServiceFails => Some(Happens::ServiceMends),
            Happens::Cut | Happens::CutOneWay => Some(Happens::Heal),
            Happens::Freeze => Some(Happens::Thaw),
            Happens::MovesFail => Some(Happens::MovesSucceed),
            _ => None,
        }
    }

    /// Whether it must be said where it happens.
    pub(super) const fn needs_node(self) -> bool {
        use Happens::{Cut, HaOff, HaOn, Heal, Recover};
        !matches!(self, Cut | Heal | Recover | HaOn | HaOff)
    }
}
