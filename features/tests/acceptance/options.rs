//! What may be asked of the run.

use clap::{Parser, ValueEnum};

use crate::stage::Kind;

/// Run the scenarios.
#[derive(Clone, Parser)]
pub(crate) struct Options {
    /// What the nodes are made of
    #[arg(long, value_enum, env = "LOCUM_BACKEND", default_value_t)]
    pub(crate) backend: Backends,
    /// Only the scenarios of this documented row
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=24))]
    row: Option<u8>,
    /// Only the scenarios whose name has this in it
    #[arg(long)]
    name: Option<String>,
    /// How to show what came of it
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: Output,

    // What cargo and test runners say to every test.
    #[arg(hide = true)]
    filter: Option<String>,
    #[arg(long, hide = true)]
    pub(crate) list: bool,
    #[arg(long, hide = true)]
    ignored: bool,
    #[arg(long, hide = true)]
    exact: bool,
    #[arg(long, hide = true)]
    nocapture: bool,
    #[arg(long, hide = true)]
    format: Option<String>,
}

/// The kinds of group to run on.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(crate) enum Backends {
    #[default]
    Native,
    Component,
    All,
}

/// How to show what came of a run.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(crate) enum Output {
    #[default]
    Matrix,
    /// One line of JSON a backend.
    Json,
}

/// Names the one test that this is.
const ITSELF: &str = "acceptance";

pub(crate) fn list() {
    println!("{ITSELF}: test");
}

impl Backends {
    pub(crate) fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Native => &[Kind::Native],
            Self::Component => &[Kind::Component],
            Self::All => &[Kind::Native, Kind::Component],
        }
    }
}

impl Options {
    /// Whether every scenario is to run, so that none may be missing.
    pub(crate) fn is_whole(&self) -> bool {
        self.row.is_none() && self.name.is_none() && self.filter().is_none() && !self.ignored
    }

    /// Whether scenarios were asked for that there ought to be.
    pub(crate) fn expects_some(&self) -> bool {
        self.row.is_some() || self.name.is_some()
    }

    /// Whether the scenario of this name is to run.
    pub(crate) fn wants(&self, scenario: &str) -> bool {
        !self.ignored
            && self.row.is_none_or(|row| row_of(scenario) == Some(row))
            && self.name.as_ref().is_none_or(|name| scenario.contains(name.as_str()))
            && self.filter().is_none_or(|filter| scenario.contains(filter))
    }

    fn filter(&self) -> Option<&str> {
        self.filter.as_deref().filter(|filter| *filter != ITSELF)
    }
}

/// The documented row that a scenario is about: the one that its name begins with.
pub(crate) fn row_of(scenario: &str) -> Option<u8> {
    let number = scenario.strip_prefix("Row ")?;
    number.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}
