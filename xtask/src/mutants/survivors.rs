//! The list of the mutants that may live, each with the reason.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::outcomes::Mutant;

/// Where the list is, from the root of the workspace.
pub(super) const FILE: &str = "crates/locum-core/survivors.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Survivors {
    survivor: Vec<Survivor>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Survivor {
    /// The file, and what is changed there.
    mutant: String,
    /// The line that is changed, without the space around it: the same change may be possible elsewhere.
    source: String,
    why: String,
}

impl Survivors {
    pub(super) fn read(root: &Path) -> Result<Self> {
        let text = fs::read_to_string(root.join(FILE)).with_context(|| format!("{FILE} cannot be read"))?;
        toml::from_str(&text).with_context(|| format!("{FILE} is not a list of survivors"))
    }

    /// Why this mutant may live; `None` where nobody has said so.
    pub(super) fn why(&self, mutant: &Mutant) -> Option<&str> {
        self.survivor.iter().find(|survivor| survivor.is(mutant)).map(|survivor| survivor.why.trim())
    }

    /// Those that are none of these.
    pub(super) fn without<'a>(&'a self, mutants: &'a [&Mutant]) -> impl Iterator<Item = &'a str> {
        let gone = self.survivor.iter().filter(|survivor| !mutants.iter().any(|mutant| survivor.is(mutant)));
        gone.map(|survivor| survivor.mutant.as_str())
    }
}

impl Survivor {
    fn is(&self, mutant: &Mutant) -> bool {
        (self.mutant.as_str(), self.source.as_str()) == (&mutant.change, &mutant.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant(change: &str, source: &str) -> Mutant {
        Mutant { name: String::new(), change: change.to_owned(), source: source.to_owned() }
    }

    #[test]
    fn an_explanation_is_for_one_change_of_one_line() {
        let list = "[[survivor]]\nmutant = 'a.rs: delete ! in b'\nsource = 'if !c {'\nwhy = '''\nNobody asks.\n'''";
        let survivors: Survivors = toml::from_str(list).expect("a list");
        let known = mutant("a.rs: delete ! in b", "if !c {");
        assert_eq!(survivors.why(&known), Some("Nobody asks."));
        assert_eq!(survivors.why(&mutant("a.rs: delete ! in b", "if !d {")), None);
        assert_eq!(survivors.without(&[&known]).count(), 0);
        assert_eq!(survivors.without(&[]).collect::<Vec<_>>(), ["a.rs: delete ! in b"]);
    }

    #[test]
    fn the_list_of_this_project_can_be_read() {
        let survivors = Survivors::read(crate::workspace::root()).expect("the list");
        assert!(survivors.survivor.iter().all(|survivor| survivor.why.trim().ends_with('.')));
    }
}
