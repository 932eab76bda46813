//! The scenarios of a folder, read: an outline is one scenario for each line of its examples.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use cucumber::feature::Ext as _;
use cucumber::gherkin::{Feature, GherkinEnv, Rule, Scenario};

/// The one tag that there is, before its reason.
const SIMULATED: &str = "simulated:";

/// A scenario as it is played: no outline, and alone in its feature.
#[derive(Clone, Debug)]
pub struct Scene {
    feature: Feature,
    /// The name of the feature's file.
    pub file: String,
    /// The same with the folder, as people know it.
    pub path: String,
    /// The line of the scenario, or of its example.
    pub line: usize,
    /// The name of the feature.
    pub title: String,
    /// The rule that it belongs to, if any.
    pub rule: Option<String>,
    /// The name of the scenario.
    pub name: String,
    /// Its steps with their keywords, what comes first in the feature and in the rule included.
    pub steps: Vec<String>,
    /// Why only a simulated group can play it, if that is so.
    pub simulated: Option<String>,
}

impl Scene {
    /// A feature that has this scenario alone.
    pub fn feature(&self) -> Feature {
        self.feature.clone()
    }

    /// The documented row that it is about: the one that its name begins with.
    pub fn row(&self) -> Option<u8> {
        let number = self.name.strip_prefix("Row ")?;
        number.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
    }

    /// Where it stands, for people.
    pub fn place(&self) -> String {
        format!("{}:{}", self.path, self.line)
    }
}

/// Reads a file, or every `*.feature` of a folder in the order of their names.
///
/// # Errors
/// What cannot be read, every scenario that shows nothing, and every tag that is not `@simulated:` with a reason: all
/// of them at once.
pub fn read(place: &Path) -> Result<Vec<Arc<Scene>>> {
    let mut script = Script::default();
    if place.is_file() {
        script.read(place, &place.display().to_string());
    } else {
        for path in features(place)? {
            script.read(&path, &format!("features/{}", name(&path)));
        }
    }
    ensure!(script.faults.is_empty(), "the features cannot be played\n  {}", script.faults.join("\n  "));
    Ok(script.scenes)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn features(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    let mut paths: Vec<_> = paths.into_iter().filter(|path| path.extension().is_some_and(|e| e == "feature")).collect();
    paths.sort();
    Ok(paths)
}

/// What has been read so far.
#[derive(Default)]
struct Script {
    scenes: Vec<Arc<Scene>>,
    faults: Vec<String>,
}

impl Script {
    fn read(&mut self, path: &Path, shown: &str) {
        let feature = match Feature::parse_path(path, GherkinEnv::default()) {
            Ok(feature) => feature,
            Err(error) => return self.faults.push(format!("{shown}: {error}")),
        };
        self.look_for_gaps(shown, &feature);
        let feature = match feature.expand_examples() {
            Ok(feature) => feature,
            Err(error) => return self.faults.push(error.to_string()),
        };
        for scenario in &feature.scenarios {
            self.add(path, shown, &feature, None, scenario);
        }
        for rule in &feature.rules {
            for scenario in &rule.scenarios {
                self.add(path, shown, &feature, Some(rule), scenario);
            }
        }
    }

    /// An outline without examples, or a scenario without steps, passes by showing nothing.
    fn look_for_gaps(&mut self, shown: &str, feature: &Feature) {
        for scenario in feature.scenarios.iter().chain(feature.rules.iter().flat_map(|rule| &rule.scenarios)) {
            let place = format!("{shown}:{} `{}`", scenario.position.line, scenario.name);
            if scenario.steps.is_empty() {
                self.faults.push(format!("{place} has no steps"));
            }
            let lines = |examples: &cucumber::gherkin::Examples| examples.table.as_ref().map_or(0, |t| t.rows.len());
            // The first line is the head.
            if scenario.examples.iter().any(|examples| lines(examples) < 2) {
                self.faults.push(format!("{place} has a table of examples without an example"));
            }
        }
    }

    fn add(&mut self, path: &Path, shown: &str, feature: &Feature, rule: Option<&Rule>, scenario: &Scenario) {
        let tags = feature.tags.iter().chain(rule.iter().flat_map(|rule| &rule.tags)).chain(&scenario.tags);
        let (reasons, unknown): (Vec<_>, Vec<_>) = tags.map(|tag| reason(tag).ok_or(tag)).partition(Result::is_ok);
        for tag in unknown.into_iter().filter_map(Result::err) {
            let (line, name) = (scenario.position.line, &scenario.name);
            self.faults.push(format!(
                "{shown}:{line} `{name}`: there is no tag `@{tag}`, only `@{SIMULATED}` and why no daemon can \
                 show it, in words that hyphens join"
            ));
        }
        let before = feature.background.iter().chain(rule.and_then(|rule| rule.background.as_ref()));
        let steps = before.flat_map(|background| &background.steps).chain(&scenario.steps);
        self.scenes.push(Arc::new(Scene {
            feature: alone(feature, rule, scenario),
            file: name(path),
            path: shown.to_owned(),
            line: scenario.position.line,
            title: feature.name.clone(),
            rule: rule.map(|rule| rule.name.clone()),
            name: scenario.name.clone(),
            steps: steps.map(|step| format!("{} {}", step.keyword.trim(), step.value)).collect(),
            simulated: reasons.into_iter().find_map(Result::ok),
        }));
    }
}

/// What a tag says, if it is one that there is.
fn reason(tag: &str) -> Option<String> {
    let reason = tag.strip_prefix(SIMULATED)?.replace('-', " ");
    (!reason.trim().is_empty()).then_some(reason)
}

/// The feature with this scenario alone, and without tags, which cucumber may read in its own way.
fn alone(feature: &Feature, rule: Option<&Rule>, scenario: &Scenario) -> Feature {
    let scenario = Scenario { tags: Vec::new(), ..scenario.clone() };
    let (scenarios, rules) = match rule {
        None => (vec![scenario], Vec::new()),
        Some(rule) => (
            Vec::new(),
            vec![Rule {
                scenarios: vec![scenario],
                tags: Vec::new(),
                background: rule.background.clone(),
                ..rule.clone()
            }],
        ),
    };
    Feature { scenarios, rules, tags: Vec::new(), ..feature.clone() }
}
