//! `locum replay`

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal},
    path::PathBuf,
};

use anyhow::Result;
use clap::Args;
use locum_prove::counterexample::StepsFile;
use locum_sim::{
    history::{History, HistoryError, Trace, play},
    native,
};
use serde::Serialize;

use crate::{
    context::{self, Context},
    failure::Failure,
    render,
    replay::{Mark, NAMES, Outcome, Source, Step, Story, departs, leave_caught_panics, outcome, proved, steps, walk},
};

const CODES: &str = "\
Exit codes: 0 replayed; 1 a rule of the pair was broken on the way; 2 wrong usage; 5 a file or --set is wrong.";

/// Step through what happened to a pair, or would have with other parameters.
#[derive(Debug, Args)]
#[command(after_help = CODES)]
pub(crate) struct Replay {
    /// A history (of `locum soak`), the journals of one node or of both (of `locum events --output json`), or a way to
    /// break a rule (of `locum prove --save`)
    #[arg(required = true, num_args = 1..=2, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What if this timer were different? Replays it both ways
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Only this step
    #[arg(long, value_name = "NUMBER", conflicts_with = "set")]
    step: Option<usize>,
}

/// What was replayed, for programs.
#[derive(Debug, Serialize)]
pub(crate) struct Document {
    /// What the nodes are called.
    pub(crate) names: [String; 2],
    /// What is no more than a conclusion.
    pub(crate) inferred: Vec<String>,
    /// Where the replay leaves what the nodes wrote down, if it does.
    pub(crate) departs: Option<String>,
    /// The parameters that are not those of the profile.
    pub(crate) parameters: BTreeMap<String, String>,
    /// Every step.
    pub(crate) steps: Vec<Step>,
    /// What it came to, where there is a clock.
    pub(crate) outcome: Option<Outcome>,
    /// The same with other parameters.
    pub(crate) other: Option<Other>,
}

/// What would have been.
#[derive(Debug, Serialize)]
pub(crate) struct Other {
    /// What is different.
    pub(crate) set: BTreeMap<String, String>,
    /// Every step.
    pub(crate) steps: Vec<Step>,
    /// What it came to.
    pub(crate) outcome: Outcome,
}

impl Document {
    /// What happened that must never happen, one way or the other; a proof tells of nothing else.
    fn broken(&self) -> Option<&str> {
        self.outcome.as_ref()?;
        let others = self.other.iter().flat_map(|other| &other.steps);
        let fault = self.steps.iter().chain(others).find(|step| step.mark == Mark::Fault);
        fault.map(|step| &*step.text)
    }
}

impl Replay {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        leave_caught_panics();
        let document = self.document()?;
        self.show(&document, context)?;
        match document.broken() {
            Some(fault) => Err(Failure::Failed(fault.to_owned()).into()),
            None => Ok(()),
        }
    }

    fn show(&self, document: &Document, context: &Context) -> Result<()> {
        if let Some(number) = self.step {
            let last = document.steps.len();
            let step = number.checked_sub(1).and_then(|place| document.steps.get(place));
            let step = step.ok_or_else(|| Failure::Usage(format!("there is no step {number}: there are {last}")))?;
            return context.show(step, |paint| render::step(step, document, paint));
        }
        let watched = io::stdin().is_terminal() && io::stdout().is_terminal();
        if !watched || context.json() || document.other.is_some() {
            return context.show(document, |paint| render::replay(document, paint));
        }
        context::print(&render::replay_head(document, context.paint))?;
        let mut shown = Ok(());
        walk(document.steps.len(), io::stdin().lock(), |place| {
            shown = context::print(&render::step(&document.steps[place], document, context.paint));
        });
        shown?;
        context::print(&render::replay_outcome(document, context.paint))
    }

    fn document(&self) -> Result<Document> {
        match Source::read(&self.files)? {
            Source::History(history) => self.played(Story::of_history(*history)),
            Source::Journals(journals) => self.played(Story::of_journals(journals)?),
            Source::Steps(file) => self.proved(&file),
        }
    }

    fn played(&self, story: Story) -> Result<Document> {
        let trace = play_native(&story.history)?;
        let other = if self.set.is_empty() { None } else { Some(self.other(&story)?) };
        Ok(Document {
            departs: departs(&story, &trace),
            parameters: story.history.set.clone(),
            steps: steps(&trace, &story),
            outcome: Some(outcome(&trace, &story.names)),
            names: story.names.clone(),
            inferred: story.inferred,
            other,
        })
    }

    /// A proof has no clock, and no parameters with a length.
    fn proved(&self, file: &StepsFile) -> Result<Document> {
        let shown = self.files[0].display();
        if !self.set.is_empty() {
            let text = format!(
                "--set changes nothing in {shown}: a proof knows of a timer only whether it has run out, whatever its \
                 length; replay a history with it, or `locum prove` another configuration"
            );
            return Err(Failure::Usage(text).into());
        }
        Ok(Document {
            names: NAMES.map(str::to_owned),
            inferred: Vec::new(),
            departs: None,
            parameters: BTreeMap::new(),
            steps: proved(file).map_err(|error| Failure::bad_input(format!("{shown}: {error}")))?,
            outcome: None,
            other: None,
        })
    }

    fn other(&self, story: &Story) -> Result<Other> {
        let set = locum_config::settings(&self.set).map_err(Failure::from)?;
        let mut history = story.history.clone();
        history.set.extend(set.clone());
        history.check_size().map_err(|error| match error {
            HistoryError::Timers(faults) => faults.into(),
            error => Failure::bad_input(format!("with --set, {error}")),
        })?;
        let trace = play_native(&history)?;
        Ok(Other { steps: steps(&trace, story), outcome: outcome(&trace, &story.names), set })
    }
}

fn play_native(history: &History) -> Result<Trace, Failure> {
    play(history, native()).map_err(Failure::from)
}

#[cfg(test)]
mod tests {
    use locum_sim::{Entry, Logged};

    use super::*;

    #[test]
    fn a_rule_that_is_broken_is_found_on_either_way() {
        let replay = Replay { files: Vec::new(), set: vec!["keep_alive_interval=500ms".into()], step: None };
        let story = || Story::of_history(History::default());
        let mut trace = play_native(&story().history).unwrap();
        trace.entries.push(Entry { at_ms: 0, what: Logged::Broken { what: "two serve".into() } });
        let broken = || steps(&trace, &story());
        let sound = || replay.played(story()).unwrap();
        let other = sound().other.map(|other| Other { steps: broken(), ..other });
        assert_eq!(sound().broken(), None);
        assert_eq!(Document { steps: broken(), ..sound() }.broken(), Some("This must never happen: two serve"));
        assert_eq!(Document { other, ..sound() }.broken(), Some("This must never happen: two serve"));
    }
}
