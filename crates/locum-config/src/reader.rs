//! Walks a TOML document, remembers where each key stands, and gathers faults.

mod document;
mod field;
#[macro_use]
mod section;
mod suggest;

pub(crate) use document::{Spot, What};
pub(crate) use field::{ByProfile, Field, Optional, Or, Required};
pub(crate) use section::{Section, documented, join, schema_of};

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::{Path, PathBuf},
};

use crate::{Fault, Faults, Profile};

/// One reading of one file.
pub(crate) struct Reader<'a> {
    file: &'a Path,
    text: &'a str,
    /// Whose defaults hold.
    pub(crate) profile: Profile,
    /// The line of every key that the file gives, by its place: `service[1].probe.interval`.
    lines: BTreeMap<String, usize>,
    /// The places of faults.
    faulty: BTreeSet<String>,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a Path, text: &'a str, profile: Profile) -> Self {
        Self { file, text, profile, lines: BTreeMap::new(), faulty: BTreeSet::new(), faults: Vec::new() }
    }

    /// The line of a byte.
    pub(crate) fn line_at(&self, offset: usize) -> usize {
        1 + self.text.as_bytes()[..offset.min(self.text.len())].iter().filter(|&&byte| byte == b'\n').count()
    }

    /// Paths in the file are relative to where it is.
    pub(crate) fn resolve(&self, path: &str) -> PathBuf {
        self.file.parent().unwrap_or(Path::new("")).join(path)
    }

    pub(crate) fn remember(&mut self, place: &str, line: usize) {
        self.lines.insert(place.to_owned(), line);
    }

    /// Whether the file gives this key.
    pub(crate) fn gives(&self, place: &str) -> bool {
        self.lines.contains_key(place)
    }

    /// Whether a key can be relied on: neither it, nor what it is in, nor anything in it has a fault so far.
    pub(crate) fn sound(&self, place: &str) -> bool {
        let within = |inner: &str, outer: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        !self.faulty.iter().any(|faulty| within(faulty, place) || within(place, faulty))
    }

    /// The line of a key, or of the section it would be in.
    pub(crate) fn line_of(&self, place: &str) -> usize {
        match (self.lines.get(place), place.rfind(['.', '['])) {
            (Some(&line), _) => line,
            (None, Some(end)) => self.line_of(&place[..end]),
            (None, None) => 1,
        }
    }

    /// A fault of the key at this place, told at its line, or at that of the section it is missing from.
    pub(crate) fn fault(&mut self, place: &str, what: impl fmt::Display, advice: impl fmt::Display) {
        self.fault_at(self.line_of(place), place, what, advice);
    }

    pub(crate) fn fault_at(&mut self, line: usize, place: &str, what: impl fmt::Display, advice: impl fmt::Display) {
        self.faulty.insert(place.to_owned());
        self.faults.push(Fault {
            file: self.file.to_owned(),
            line,
            key: without_places(place),
            what: what.to_string(),
            advice: advice.to_string(),
        });
    }

    /// The faults in the order of lines, if any.
    pub(crate) fn finish(mut self) -> Result<(), Faults> {
        self.faults.sort_by_key(|fault| fault.line);
        if self.faults.is_empty() { Ok(()) } else { Err(Faults(self.faults)) }
    }
}

/// The key as a person writes it: the line says which of several sections is meant.
fn without_places(place: &str) -> String {
    place.split('.').map(|part| part.split('[').next().unwrap_or(part)).collect::<Vec<_>>().join(".")
}
