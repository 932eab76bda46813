use std::path::Path;

use locum_core::Parameters;
use toml_edit::{DocumentMut, Item, Table, value};

use super::{Happens, Timers, WhatIf, rules};
use crate::{
    Fault, Faults,
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
        let document = document(text, path)?;
        let mut reader = Reader::new(path, text, profile_of(&document));
        let root = Spot { what: What::Table(document.as_table()), place: String::new(), line: 1 };
        let what_if = WhatIf::read(&root, &mut reader);
        rules::check(&what_if, &mut reader);
        reader.finish()?;
        Ok(what_if)
    }

    /// Reads a text as [`WhatIf::parse`] does, with other timers: each is written `keep_alive_timeout=20s`, or
    /// `profile=fast` for all that the text does not set.
    ///
    /// # Errors
    /// Everything that is wrong with the text or, if nothing is, with the timers.
    pub fn parse_with(text: &str, path: &Path, others: &[String]) -> Result<WhatIf, Faults> {
        let what_if = WhatIf::parse(text, path)?;
        if others.is_empty() {
            return Ok(what_if);
        }
        let fault = |key: &str, what: String, advice: &str| Fault {
            file: "--set".into(),
            line: 0,
            key: key.into(),
            what,
            advice: advice.into(),
        };
        let mut changed: DocumentMut = text.parse().expect("it has been read before");
        let mut faults = Vec::new();
        for other in others {
            let Some((name, word)) = other.split_once('=').map(|(name, word)| (name.trim(), word.trim())) else {
                faults.push(fault("", format!("{other:?} sets nothing"), "write `keep_alive_timeout=20s`"));
                continue;
            };
            let new = match word.parse::<bool>() {
                Ok(truth) => value(truth),
                Err(_) => value(word.trim_matches('"')),
            };
            if name == "profile" {
                changed["profile"] = new;
            } else {
                let set = changed.entry("set").or_insert_with(|| Item::Table(Table::new()));
                set.as_table_like_mut().expect("it has been read before").insert(name, new);
            }
        }
        if !faults.is_empty() {
            return Err(Faults(faults));
        }
        // The text alone has no fault, so that whatever is found now comes from what was set.
        WhatIf::parse(&changed.to_string(), path).map_err(|found| {
            let found =
                found.0.into_iter().map(|found| fault(found.key.trim_start_matches("set."), found.what, &found.advice));
            Faults(found.collect())
        })
    }

    /// Every key with the value that holds, as JSON in the shape of the file.
    pub fn effective(&self) -> serde_json::Value {
        self.json()
    }
}

impl Timers {
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
    pub fn named(&self) -> Vec<(String, String)> {
        let serde_json::Value::Object(keys) = self.json() else { return Vec::new() };
        let plain = |value: serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        keys.into_iter().map(|(name, value)| (name, plain(value))).collect()
    }
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
