//! What may be asked of the run.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread;

use clap::{Parser, ValueEnum};
use features::run::Scene;

use crate::stage::Kind;

/// How many pairs of daemons run at a time, unless asked otherwise: they mostly wait.
const DAEMON_JOBS: NonZeroUsize = NonZeroUsize::new(10).expect("ten are some");

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
    /// Only the scenarios of this file, which may be one that `locum prove --save` has written
    #[arg(long)]
    pub(crate) file: Option<PathBuf>,
    /// How many scenarios to play at a time [default: one a processor; 10 on daemons]
    #[arg(long)]
    jobs: Option<NonZeroUsize>,
    /// How to show what came of it
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: Output,
    /// Write what came of it to this file, as JUnit's XML
    #[arg(long)]
    pub(crate) junit: Option<PathBuf>,
    /// Write what came of it to this file, as a page to read
    #[arg(long)]
    pub(crate) html: Option<PathBuf>,

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
    Daemon,
    /// Those on a virtual clock.
    Simulated,
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
            Self::Daemon => &[Kind::Daemon],
            Self::Simulated => &[Kind::Native, Kind::Component],
            Self::All => &[Kind::Native, Kind::Component, Kind::Daemon],
        }
    }
}

impl Options {
    /// Whether every scenario is to run, so that none may be missing.
    pub(crate) fn is_whole(&self) -> bool {
        self.row.is_none() && self.name.is_none() && self.file.is_none() && self.filter().is_none() && !self.ignored
    }

    /// Whether scenarios were asked for that there ought to be.
    pub(crate) fn expects_some(&self) -> bool {
        self.row.is_some() || self.name.is_some() || self.file.is_some()
    }

    /// Whether this scenario is to run.
    pub(crate) fn wants(&self, scene: &Scene) -> bool {
        !self.ignored
            && self.row.is_none_or(|row| scene.row() == Some(row))
            && self.name.as_ref().is_none_or(|name| scene.name.contains(name.as_str()))
            && self.filter().is_none_or(|filter| scene.name.contains(filter))
    }

    /// How many scenarios to play at a time.
    pub(crate) fn jobs(&self, kind: Kind) -> NonZeroUsize {
        self.jobs.unwrap_or_else(|| match kind {
            Kind::Native | Kind::Component => thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            Kind::Daemon => DAEMON_JOBS,
        })
    }

    fn filter(&self) -> Option<&str> {
        self.filter.as_deref().filter(|filter| *filter != ITSELF)
    }
}
