//! A feature, read: which scenarios there are, and which of them apply.

use std::collections::BTreeMap;

use cucumber::feature::Ext as _;
use cucumber::gherkin::{self, Feature, GherkinEnv};

use super::report::{Failure, Outcome, Scenario};

/// The scenarios of one feature, those that were not asked for left out.
pub(super) struct Book {
    feature: Feature,
    claims: Vec<String>,
}

impl Book {
    /// Reads a feature of this program.
    ///
    /// # Panics
    /// If the text is no feature, which a test of this package finds out.
    pub(super) fn read(text: &str, claims: &[String], name: Option<&str>) -> Self {
        let feature = Feature::parse(text, GherkinEnv::default()).expect("the feature can be read");
        let mut feature = feature.expand_examples().expect("the examples fill every gap");
        for rule in &mut feature.rules {
            rule.scenarios.retain(|scenario| name.is_none_or(|name| scenario.name.contains(name)));
            // A rule's tags and place are those of all its scenarios.
            rule.scenarios.iter_mut().for_each(|scenario| scenario.tags.extend(rule.tags.clone()));
        }
        Self { feature, claims: claims.to_vec() }
    }

    /// Whether no scenario is left.
    pub(super) fn is_empty(&self) -> bool {
        self.feature.rules.iter().all(|rule| rule.scenarios.is_empty())
    }

    /// The feature without the scenarios that are for other plugins.
    pub(super) fn applicable(&self) -> Feature {
        let mut feature = self.feature.clone();
        for rule in &mut feature.rules {
            rule.scenarios.retain(|scenario| self.applies(scenario));
        }
        feature.rules.retain(|rule| !rule.scenarios.is_empty());
        feature
    }

    /// Every scenario with what came of it, which is noted by its line.
    pub(super) fn close(self, mut heard: BTreeMap<usize, Option<Failure>>) -> Vec<Scenario> {
        let mut scenarios = Vec::new();
        for rule in &self.feature.rules {
            for scenario in &rule.scenarios {
                let outcome = match heard.remove(&scenario.position.line) {
                    Some(None) => Outcome::Passed,
                    Some(Some(failure)) => Outcome::Failed { failure: Failure { see: see(rule), ..failure } },
                    None => Outcome::NotApplicable { only_for: scenario.tags.clone() },
                };
                scenarios.push(Scenario { rule: rule.name.clone(), name: scenario.name.clone(), outcome });
            }
        }
        scenarios
    }

    fn applies(&self, scenario: &gherkin::Scenario) -> bool {
        scenario.tags.is_empty() || scenario.tags.iter().any(|tag| self.claims.contains(tag))
    }
}

/// Below its name, a rule says where it stands.
fn see(rule: &gherkin::Rule) -> Option<String> {
    let lines = rule.description.as_deref()?.lines().map(str::trim).filter(|line| !line.is_empty());
    Some(lines.collect::<Vec<_>>().join(" "))
}
