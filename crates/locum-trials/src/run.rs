//! Runs a feature with cucumber, one scenario after the other, and hears how each goes.

use std::any::Any;
use std::collections::BTreeMap;
use std::vec;

use cucumber::event::{self, StepError};
use cucumber::gherkin::{self, Feature};
use cucumber::{Cucumber, Event, Parser, Writer, cli, parser, runner, step, writer};
use futures_util::stream;
use locum_host::Loaded;

use super::report::Failure;

/// What the steps of a plugin's world work on.
pub(super) trait Subject: cucumber::World {
    /// A scenario begins, with this component.
    fn begin(&mut self, loaded: Loaded);
    /// What the component was asked last.
    fn asked(&self) -> Option<String>;
    /// What it answered.
    fn answered(&self) -> Option<String>;
}

/// Runs every scenario of a feature. What came of each is noted by the line that it stands in.
pub(super) async fn run<W: Subject>(
    steps: step::Collection<W>,
    loaded: &Loaded,
    feature: Feature,
) -> BTreeMap<usize, Option<Failure>> {
    let loaded = loaded.clone();
    let runner = runner::Basic::default().steps(steps).max_concurrent_scenarios(1);
    let runner = runner.before(move |_, _, _, world: &mut W| {
        world.begin(loaded.clone());
        Box::pin(async {})
    });
    let cucumber: Cucumber<W, _, _, _, _> = Cucumber::custom(Embedded(feature), runner, Recorder::default());
    cucumber.with_default_cli().run(()).await.heard
}

/// Gives cucumber a feature that is no file.
struct Embedded(Feature);

impl Parser<()> for Embedded {
    type Cli = cli::Empty;
    type Output = stream::Iter<vec::IntoIter<parser::Result<Feature>>>;

    fn parse(self, (): (), _: cli::Empty) -> Self::Output {
        stream::iter(vec![Ok(self.0)])
    }
}

/// Hears how each scenario goes.
#[derive(Default)]
struct Recorder {
    heard: BTreeMap<usize, Option<Failure>>,
}

impl Recorder {
    fn hear<W: Subject>(&mut self, scenario: &gherkin::Scenario, event: event::Scenario<W>) {
        let line = scenario.position.line;
        match event {
            event::Scenario::Started => _ = self.heard.insert(line, None),
            event::Scenario::Step(step, event::Step::Failed(_, _, world, error)) => {
                let failure = Failure {
                    asked: world.as_ref().and_then(|world| world.asked()),
                    answered: world.as_ref().and_then(|world| world.answered()),
                    ..failed_at(scenario, &step, said(&error))
                };
                self.heard.insert(line, Some(failure));
            }
            event::Scenario::Step(step, event::Step::Skipped) => {
                self.heard.insert(line, Some(failed_at(scenario, &step, "nobody knows this step".to_owned())));
            }
            event::Scenario::Hook(..)
            | event::Scenario::Background(..)
            | event::Scenario::Step(..)
            | event::Scenario::Log(_)
            | event::Scenario::Finished => {}
        }
    }
}

fn failed_at(scenario: &gherkin::Scenario, failed: &gherkin::Step, why: String) -> Failure {
    let steps = scenario.steps.iter().map(|step| format!("{} {}", step.keyword.trim(), step.value)).collect();
    let failed_step = scenario.steps.iter().position(|step| step.position == failed.position).unwrap_or_default();
    Failure { steps, failed_step, why, ..Failure::default() }
}

/// The text of a step's own error, without the words that cucumber puts around it.
fn said(error: &StepError) -> String {
    let StepError::Panic(panic) = error else { return error.to_string() };
    let panic: &(dyn Any + Send) = &**panic;
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("the step ended without a word").to_owned()
}

impl<W: Subject> Writer<W> for Recorder {
    type Cli = cli::Empty;

    async fn handle_event(&mut self, event: parser::Result<Event<event::Cucumber<W>>>, _: &cli::Empty) {
        if let Ok(event::Cucumber::Feature(_, event::Feature::Rule(_, event::Rule::Scenario(scenario, event)))) =
            event.map(Event::into_inner)
        {
            self.hear(&scenario, event.event);
        }
    }
}

/// One scenario runs at a time, so that events come in order.
impl writer::Normalized for Recorder {}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use locum_host::{Engines, Loader};

    use super::*;
    use crate::book::Book;

    /// Why the one scenario with this step fails.
    async fn failure(step: &str) -> String {
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
        let cache = tempfile::tempdir().unwrap();
        let loader = Loader::new(Engines::new().unwrap(), cache.path().join("cache")).unwrap();
        let loaded = loader.load(target.join("components/policy-none.wasm")).unwrap();
        let text = format!("Feature: A\n  Rule: B\n    Scenario: C\n      When {step}\n");
        let feature = Book::read(&text, &[], None).applicable();
        let heard = run(crate::policy::steps(), &loaded, feature).await;
        heard.into_values().next().flatten().expect("the scenario fails").why
    }

    #[tokio::test]
    async fn a_step_or_a_word_that_nobody_knows_fails() {
        assert_eq!(failure("the policy is aksed to assign").await, "nobody knows this step");
        let why = failure("the policy is asked to assing").await;
        assert!(why.contains("no occasion is called `assing`"), "{why}");
    }
}
