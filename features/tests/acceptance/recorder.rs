//! Hears how each scenario goes.

use std::collections::{BTreeMap, BTreeSet};

use cucumber::event::{Cucumber, Event, Feature, Rule, Scenario, Step};
use cucumber::{Writer, cli, gherkin, parser, writer};
use locum_core::JOINT_ROWS;

use crate::options::row_of;
use crate::world::World;

/// What has come of the scenarios so far.
#[derive(Default)]
pub(crate) struct Recorder {
    /// What they run on at the moment, for people.
    pub(crate) label: String,
    /// By feature, and within it by documented row.
    pub(crate) tallies: BTreeMap<String, BTreeMap<Option<u8>, Tally>>,
    /// Every failure, in full.
    pub(crate) failures: Vec<String>,
    /// The failure of the scenario that runs.
    failure: Option<String>,
}

/// How many scenarios did what.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl Tally {
    pub(crate) fn count(self) -> usize {
        self.passed + self.failed
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }
}

impl Recorder {
    /// All scenarios together, and features that could not be read.
    pub(crate) fn total(&self) -> Tally {
        self.tallies.values().flat_map(BTreeMap::values).copied().fold(Tally::default(), Tally::and)
    }

    /// The scenarios of one documented row.
    pub(crate) fn of_row(&self, row: u8) -> Tally {
        let of_row = self.tallies.values().filter_map(|rows| rows.get(&Some(row)));
        of_row.copied().fold(Tally::default(), Tally::and)
    }

    /// The documented rows of which a scenario ran and none failed.
    pub(crate) fn rows_covered(&self) -> BTreeSet<u8> {
        let covered = |row: &u8| matches!(self.of_row(*row), Tally { passed: 1.., failed: 0 });
        JOINT_ROWS.iter().map(|row| row.number).filter(covered).collect()
    }

    /// Whether nothing failed and, where all was to run, no documented row was left out.
    pub(crate) fn is_good(&self, whole: bool) -> bool {
        let complete = !whole || self.rows_covered().len() == JOINT_ROWS.len();
        complete && self.failures.is_empty()
    }

    fn hear(&mut self, feature: &gherkin::Feature, scenario: &gherkin::Scenario, event: Scenario<World>) {
        match event {
            Scenario::Background(step, Step::Failed(.., error)) | Scenario::Step(step, Step::Failed(.., error)) => {
                self.fail(feature, scenario, &format!("{}{}", step.keyword, step.value), &error.to_string());
            }
            Scenario::Background(step, Step::Skipped) | Scenario::Step(step, Step::Skipped) => {
                self.fail(feature, scenario, &format!("{}{}", step.keyword, step.value), "nobody knows this step");
            }
            Scenario::Hook(_, cucumber::event::Hook::Failed(..)) => {
                self.fail(feature, scenario, "set the stage", "it fell")
            }
            Scenario::Finished => {
                let tallies = self.tallies.entry(feature.name.clone()).or_default();
                let tally = tallies.entry(row_of(&scenario.name)).or_default();
                match self.failure.take() {
                    Some(failure) => {
                        tally.failed += 1;
                        self.failures.push(failure);
                    }
                    None => tally.passed += 1,
                }
            }
            Scenario::Started
            | Scenario::Hook(..)
            | Scenario::Background(..)
            | Scenario::Step(..)
            | Scenario::Log(_) => {}
        }
    }

    fn fail(&mut self, feature: &gherkin::Feature, scenario: &gherkin::Scenario, step: &str, why: &str) {
        let file = feature.path.as_deref().and_then(|path| path.file_name()).unwrap_or_default().to_string_lossy();
        let (label, line, name) = (&self.label, scenario.position.line, &scenario.name);
        self.failure = Some(format!("features/{file}:{line} {name}\n  on {label}\n  {step}\n  {why}"));
    }
}

impl Writer<World> for Recorder {
    type Cli = cli::Empty;

    async fn handle_event(&mut self, event: parser::Result<Event<Cucumber<World>>>, _: &cli::Empty) {
        match event.map(Event::into_inner) {
            Ok(Cucumber::Feature(feature, Feature::Scenario(scenario, event)))
            | Ok(Cucumber::Feature(feature, Feature::Rule(_, Rule::Scenario(scenario, event)))) => {
                self.hear(&feature, &scenario, event.event);
            }
            Ok(_) => {}
            Err(error) => {
                self.tallies.entry(String::from("unreadable")).or_default().entry(None).or_default().failed += 1;
                self.failures.push(format!("a feature cannot be read: {error}"));
            }
        }
    }
}

/// One scenario runs at a time, so that events come in order.
impl writer::Normalized for Recorder {}
