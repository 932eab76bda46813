//! What came of the scenarios.

use std::collections::BTreeSet;
use std::ops::Add;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use locum_core::JOINT_ROWS;

use super::Scene;

/// Every scenario on one backend.
#[derive(Clone, Debug)]
pub struct Run {
    /// What they were played on.
    pub backend: String,
    /// In the order of the features.
    pub records: Vec<Record>,
    /// When the first began.
    pub began: SystemTime,
    /// From the first to the last.
    pub took: Duration,
}

/// One scenario, played or not.
#[derive(Clone, Debug)]
pub struct Record {
    /// Which.
    pub scene: Arc<Scene>,
    /// Which node came first by name.
    pub order: String,
    /// What came of it.
    pub outcome: Outcome,
    /// How long each step took, up to the one that failed.
    pub steps: Vec<Duration>,
    /// The rows of the transition table that applied.
    pub applied: BTreeSet<String>,
}

/// What can come of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All is as it says.
    Passed,
    /// Something is not.
    Failed(Failure),
    /// It was not played, for this reason.
    Skipped(String),
}

/// How a scenario failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// At which step, with its keyword, or when else.
    pub step: String,
    /// What was wrong.
    pub why: String,
}

/// How many scenarios did what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All was as they say.
    pub passed: usize,
    /// Something was not.
    pub failed: usize,
    /// They were not played.
    pub skipped: usize,
}

impl Tally {
    /// All of them.
    pub fn count(self) -> usize {
        self.passed + self.failed + self.skipped
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl Run {
    /// How the scenarios went that this is true of.
    pub fn tally(&self, of: impl Fn(&Scene) -> bool) -> Tally {
        self.records.iter().filter(|record| of(&record.scene)).map(Record::tally).fold(Tally::default(), Tally::add)
    }

    /// How all of them went.
    pub fn total(&self) -> Tally {
        self.tally(|_| true)
    }

    /// The documented rows of which a scenario was played and none failed.
    pub fn rows_covered(&self) -> BTreeSet<u8> {
        let of_row = |row: u8| self.tally(|scene| scene.row() == Some(row));
        let covered = |row: &u8| matches!(of_row(*row), Tally { passed: 1.., failed: 0, .. });
        JOINT_ROWS.iter().map(|row| row.number).filter(covered).collect()
    }

    /// Those that failed, with how.
    pub fn failures(&self) -> impl Iterator<Item = (&Record, &Failure)> {
        self.records.iter().filter_map(|record| match &record.outcome {
            Outcome::Failed(failure) => Some((record, failure)),
            Outcome::Passed | Outcome::Skipped(_) => None,
        })
    }
}

impl Record {
    /// It alone.
    pub fn tally(&self) -> Tally {
        let none = Tally::default();
        match self.outcome {
            Outcome::Passed => Tally { passed: 1, ..none },
            Outcome::Failed(_) => Tally { failed: 1, ..none },
            Outcome::Skipped(_) => Tally { skipped: 1, ..none },
        }
    }

    /// How long all its steps took.
    pub fn took(&self) -> Duration {
        self.steps.iter().sum()
    }
}

impl Failure {
    /// Which scenario failed, at which step, and what was wrong.
    pub fn told(&self, record: &Record) -> String {
        let scene = &record.scene;
        let why = self.why.replace('\n', "\n    ");
        format!("{} {}\n  {}\n    {why}", scene.place(), scene.name, self.step)
    }
}
