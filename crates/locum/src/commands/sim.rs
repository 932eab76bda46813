//! `locum sim`

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use locum_config::WhatIf;
use locum_sim::{
    native,
    whatif::{Answer, AnswerError, answer, assumptions, page},
};
use serde::Serialize;
use serde_json::Value;

use crate::{context::Context, failure::Failure, progress, render};

const ABOUT: &str = "\
The file says what happens to a pair, how often that is played, and with which timers; docs/what-if.md has every key, and
docs/examples/what-if whole files. Nothing is asked of a node that runs, and nothing changes there.

  locum sim silent-cut.toml                                  the figures of the file
  locum sim silent-cut.toml --set keep_alive_timeout=20s     and, beside them, those of another timeout
  locum sim silent-cut.toml --html answer.html               the same as a page with a picture

Exit codes: 0 played; 1 a run broke a rule of the pair, or the page cannot be written; 2 wrong usage; 5 the file or --set is wrong, and nothing was played.";

/// Play what happens to a pair, many times, and tell who was served
#[derive(Debug, Args)]
#[command(after_help = ABOUT)]
pub(crate) struct Sim {
    /// What happens: a TOML file
    file: PathBuf,
    /// Play it with another timer too, and lay both side by side; more of them go together. Also `profile=fast`
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Play it so often, whatever the file says
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    runs: Option<u32>,
    /// Let chance begin there, whatever the file says
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u32>,
    /// Write the answer as a page that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// What was asked, what was assumed, and what came of it.
#[derive(Serialize)]
struct Document<'a> {
    asked: Value,
    assumptions: Vec<String>,
    answers: &'a [Answer],
}

impl Sim {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let text = fs::read_to_string(&self.file)
            .map_err(|error| Failure::bad_input(format!("{}: {error}; give a what-if", self.file.display())))?;
        let read = |others: &[String]| {
            let what_if = WhatIf::parse_with(&text, &self.file, self.runs, others).map_err(Failure::from)?;
            Ok::<_, Failure>(WhatIf { seed: self.seed.unwrap_or(what_if.seed), ..what_if })
        };
        let mut asked = vec![("as the file says".to_owned(), read(&[])?)];
        if !self.set.is_empty() {
            asked.push((self.set.join(", "), read(&self.set)?));
        }
        let runs = asked.iter().map(|(_, what_if)| u64::from(what_if.runs)).sum();
        let bar = progress::runs(runs);
        let played = |_| bar.inc(1);
        let answers = asked.iter().map(|(label, what_if)| answer(what_if, label, &native, &played));
        let answers: Vec<Answer> = answers
            .collect::<Result<_, AnswerError>>()
            .map_err(|error| Failure::Failed(format!("{}: {error}", self.file.display())))?;
        bar.finish_and_clear();
        let what_if = &asked[0].1;
        let document = Document { asked: what_if.effective(), assumptions: assumptions(what_if), answers: &answers };
        context.show(&document, |paint| render::what_if(what_if, &answers, paint))?;
        let Some(file) = &self.html else { return Ok(()) };
        fs::write(file, page(what_if, &answers)).with_context(|| format!("{} cannot be written", file.display()))
    }
}
