//! `cargo xtask demo`: two daemons that really fail over, on this machine, watched by clients who notice everything.

mod acts;
mod clients;
mod config;
mod journal;
mod stage;
mod summary;
mod timeline;

use std::io::IsTerminal;

use anyhow::{Context, Result, anyhow, bail};
use clap::ValueEnum;

use crate::pair::{Props, node, told_to_stop, users};
use acts::Act;
use stage::Stage;
use summary::Ended;
use timeline::{Look, Timeline};

/// How many columns a text takes where it goes to no terminal.
const WIDTH: usize = 120;
/// Narrower than this, there is no room for both nodes and words.
const WIDTH_MIN: usize = 100;
/// Wider than this, lines are tiring to read.
const WIDTH_MAX: usize = 150;

/// Watch two nodes stand in for each other: daemons killed, services stopped, users counted
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How to tell what happens
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    /// How many users to import
    #[arg(long, default_value_t = 15_000, value_parser = clap::value_parser!(u32).range(2..))]
    users: u32,
    /// Decides the users' names, and with whom the clients begin
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Leave the folder with configurations, logs, stores and journals where it is
    #[arg(long)]
    keep: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    #[default]
    Table,
    Json,
}

impl Args {
    pub(crate) fn run(self) -> Result<()> {
        let props = Props::built()?;
        let look = self.look();
        let csv = users::csv(self.users as usize, self.seed);
        let mut stage = Stage::build(&props, csv, Timeline::new(look), self.keep)?;
        let runtime = tokio::runtime::Runtime::new()?;
        let mut acts = Vec::new();
        let played = runtime.block_on(async {
            tokio::select! {
                played = play(&mut stage, self.seed, &mut acts) => played,
                signal = told_to_stop() => Err(anyhow!("stopped by {}", signal?)),
            }
        });
        // Nothing is heard or asked any more, so that nothing is printed after the end.
        runtime.shutdown_timeout(std::time::Duration::from_secs(1));
        stage.timeline().print_all();
        if self.keep {
            let [a, b] = stage.keep_journals()?;
            eprintln!("everything is in {}", stage.folder().display());
            eprintln!("to step through it: locum replay {} {}", a.display(), b.display());
        }
        end(&stage, look, acts, played)
    }

    fn look(&self) -> Look {
        let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let width = rustix::termios::tcgetwinsize(std::io::stdout()).map_or(0, |size| usize::from(size.ws_col));
        let width = if width > 0 { width.clamp(WIDTH_MIN, WIDTH_MAX) } else { WIDTH };
        match self.output {
            Output::Json => Look::Json,
            Output::Table => Look::Text { colours, width },
        }
    }
}

async fn play(stage: &mut Stage, seed: u64, acts: &mut Vec<Ended>) -> Result<()> {
    stage.set(seed).await.context("setting the stage")?;
    for (number, act) in (1..).zip(Act::ALL) {
        let ended = play_act(act, number, stage).await;
        acts.push(ended.with_context(|| format!("act {number}, {}", act.title()))?);
    }
    Ok(())
}

/// Plays an act, once more where there is an excuse.
async fn play_act(act: Act, number: usize, stage: &mut Stage) -> Result<Ended> {
    let since_us = node::now_us();
    match act.play(number, stage).await {
        Err(error) => {
            // Whoever was served twice counts, whatever becomes of the act.
            stage.count_twice(since_us);
            stage.excuse(error, since_us).await?;
            stage.restore().await.context("bringing both nodes back to Normal")?;
            Ok(act.play(number, stage).await?.again())
        }
        ended => ended,
    }
}

/// Tells how it ended. What it began is ended when the stage goes.
fn end(stage: &Stage, look: Look, acts: Vec<Ended>, played: Result<()>) -> Result<()> {
    let fault = played.as_ref().err().map(|error| format!("{error:#}"));
    let summary = stage.summary(acts, fault);
    if !summary.is_well() {
        stage.last_words().iter().for_each(|line| eprintln!("{line}"));
    }
    match look {
        Look::Json => println!("{}", summary.json()),
        Look::Text { colours, width } => println!("\n{}", summary.table(colours, width)),
    }
    played?;
    if !summary.is_well() {
        bail!("the demo did not end as it should: see the table");
    }
    Ok(())
}
