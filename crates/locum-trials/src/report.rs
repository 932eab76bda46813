//! What came of the scenarios.

use std::path::PathBuf;

use locum_host::World;
use serde::Serialize;

/// What came of a component's scenarios.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The component.
    pub file: PathBuf,
    /// What kind of plugin it is.
    pub world: World,
    /// What the component says or shows of itself: the tags of the scenarios that apply to it alone.
    pub claims: Vec<String>,
    /// Each scenario, in the order of the feature.
    pub scenarios: Vec<Scenario>,
}

/// What came of one scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scenario {
    /// The rule that it belongs to.
    pub rule: String,
    /// Its name.
    pub name: String,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What can come of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// The component did what it should.
    Passed,
    /// It did not.
    Failed {
        /// How.
        failure: Failure,
    },
    /// It is for plugins that claim something else.
    NotApplicable {
        /// The tags, one of which a plugin must claim.
        only_for: Vec<String>,
    },
}

/// How a scenario failed, in the words of who wrote the component.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Failure {
    /// The steps of the scenario, with their keywords.
    pub steps: Vec<String>,
    /// Which of them failed, counted from 0.
    pub failed_step: usize,
    /// What the component was asked last.
    pub asked: Option<String>,
    /// What it answered.
    pub answered: Option<String>,
    /// What is wrong.
    pub why: String,
    /// Where the rule stands.
    pub see: Option<String>,
}

impl Report {
    /// How many scenarios passed.
    pub fn passed(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Passed))
    }

    /// How many failed.
    pub fn failed(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Failed { .. }))
    }

    /// How many are for other plugins.
    pub fn not_applicable(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::NotApplicable { .. }))
    }

    fn count(&self, is: impl Fn(&Outcome) -> bool) -> usize {
        self.scenarios.iter().filter(|scenario| is(&scenario.outcome)).count()
    }
}
