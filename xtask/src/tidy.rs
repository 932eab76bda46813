//! `cargo xtask tidy`: the rules of the house that no compiler checks, one file a rule.

mod arrows;
mod defences;
mod files;
mod length;
mod links;
mod manifests;
mod unsafety;
mod words;

use std::fmt;

use anyhow::{Result, bail};

use crate::workspace;
use files::Files;

/// Check the rules of the house that no compiler checks
#[derive(clap::Args)]
pub(crate) struct Args {}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq)]
struct Finding {
    /// The file, and the line if one is to blame.
    place: String,
    /// What is wrong there.
    what: String,
    /// What to do about it.
    remedy: String,
}

impl Finding {
    fn new(place: impl Into<String>, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n  {}", self.place, self.what, self.remedy)
    }
}

impl Args {
    pub(crate) fn run(self) -> Result<()> {
        let (metadata, files) = (workspace::metadata()?, Files::read(workspace::root())?);
        let findings = [
            arrows::check(&metadata),
            manifests::check(&metadata),
            unsafety::check(&files),
            length::check(&files),
            words::check(&files),
            links::check(&files),
            defences::check(&files),
        ]
        .concat();
        for finding in &findings {
            println!("{finding}");
        }
        match findings.len() {
            0 => println!("tidy: {} files, nothing to mend", files.count()),
            found => bail!("tidy: {found} to mend"),
        }
        Ok(())
    }
}
