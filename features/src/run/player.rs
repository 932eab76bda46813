//! Plays one scenario with cucumber, and hears how it goes.

use std::any::Any;
use std::time::{Duration, SystemTime};

use cucumber::event::{Cucumber, Feature, Hook, HookType, Rule, Scenario, Step, StepError};
use cucumber::{Runner, World, gherkin, runner};
use futures_util::{StreamExt as _, stream};

use super::{Failure, Outcome, Scene};

/// What was heard of one scenario.
#[derive(Debug)]
pub struct Heard {
    /// How long each step took, up to the one that failed.
    pub steps: Vec<Duration>,
    /// What came of it: passed or failed.
    pub outcome: Outcome,
}

/// Plays a scenario. A step that nobody knows, that fits two functions or that panics fails it, and so does a hook that
/// panics.
pub async fn play<W: World>(scene: &Scene, runner: impl Runner<W, Cli = runner::basic::Cli>) -> Heard {
    let mut recorder = Recorder { began: SystemTime::now(), steps: Vec::new(), failure: None, finished: false };
    let events = runner.run(stream::iter([Ok(scene.feature())]), runner::basic::Cli::default());
    let mut events = std::pin::pin!(events);
    while let Some(event) = events.next().await {
        let Ok(event) = event else { continue };
        let at = event.at;
        match event.into_inner() {
            Cucumber::Feature(_, Feature::Scenario(_, event))
            | Cucumber::Feature(_, Feature::Rule(_, Rule::Scenario(_, event))) => recorder.hear(at, event.event),
            Cucumber::Feature(_, _) | Cucumber::Started | Cucumber::ParsingFinished { .. } | Cucumber::Finished => {}
        }
    }
    recorder.close()
}

/// What has been heard so far.
struct Recorder {
    /// When the step began that is under way.
    began: SystemTime,
    steps: Vec<Duration>,
    failure: Option<Failure>,
    finished: bool,
}

impl Recorder {
    fn hear<W>(&mut self, at: SystemTime, event: Scenario<W>) {
        match event {
            Scenario::Background(step, event) | Scenario::Step(step, event) => self.hear_step(at, &step, event),
            Scenario::Hook(HookType::Before, Hook::Failed(_, panic)) => {
                self.fail("before the first step", said(&*panic))
            }
            Scenario::Hook(HookType::After, Hook::Failed(_, panic)) => self.fail("after the last step", said(&*panic)),
            Scenario::Finished => self.finished = true,
            Scenario::Started | Scenario::Hook(..) | Scenario::Log(_) => {}
        }
    }

    fn hear_step<W>(&mut self, at: SystemTime, step: &gherkin::Step, event: Step<W>) {
        let text = format!("{} {}", step.keyword.trim(), step.value);
        match event {
            Step::Started => self.began = at,
            Step::Passed(..) => {
                // The clock of a host may be set back.
                self.steps.push(at.duration_since(self.began).unwrap_or_default());
            }
            Step::Skipped => self.fail(&text, String::from("nobody knows this step")),
            Step::Failed(.., error) => self.fail(&text, wrong(&error)),
        }
    }

    /// The first failure is the one that tells.
    fn fail(&mut self, step: &str, why: String) {
        self.failure.get_or_insert_with(|| Failure { step: step.to_owned(), why });
    }

    /// A scenario of which nobody has heard the end has shown nothing.
    fn close(mut self) -> Heard {
        if !self.finished {
            self.fail("after the last step", String::from("the scenario has no end"));
        }
        Heard { steps: self.steps, outcome: self.failure.map_or(Outcome::Passed, Outcome::Failed) }
    }
}

/// What a step said of itself, without the words that cucumber puts around it.
fn wrong(error: &StepError) -> String {
    match error {
        StepError::Panic(panic) => said(&**panic),
        StepError::NotFound | StepError::AmbiguousMatch(_) => error.to_string(),
    }
}

/// What was said in a panic.
pub(super) fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it ended without a word").to_owned()
}
