//! `cargo xtask chaos`: two real daemons, and whatever can go wrong; then what everybody saw is read.

mod check;
mod clients;
mod conditions;
mod config;
mod crew;
mod history;
mod network;
mod plan;
mod relay;
mod report;
mod run;
mod stage;
mod storm;
mod watch;
mod witness;

use std::{io::IsTerminal, sync::Arc, time::Duration};

use anyhow::{Result, anyhow, ensure};
use clap::{ValueEnum, builder::PossibleValue};

use crate::pair::{Props, told_to_stop};
use plan::Plan;
use report::Report;
use stage::{Setup, Stage, abilities};
use witness::{Partition, Witness};

/// Do to two real daemons whatever can go wrong, and check what everybody saw
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Decides what goes wrong, and when
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// For how long; the storm that is going on then is the last
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    minutes: u64,
    /// Who decides between nodes that do not hear each other
    #[arg(long, value_enum, default_value_t)]
    witness: Witness,
    /// Without a witness: what nodes do that do not hear each other
    #[arg(long, value_enum, default_value_t)]
    partition: Partition,
    /// Instead of storms, cut a healthy pair in two so many times
    #[arg(long, conflicts_with = "minutes", value_name = "CUTS", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    silent_cuts: Option<u64>,
    /// Run on loopback addresses although there may be namespaces
    #[arg(long)]
    loopback: bool,
    /// How to tell what came of it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    /// Leave the folder with configurations, logs, stores, journals and history where it is, as after a failure
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
        ensure!(
            !self.loopback || self.witness == Witness::None,
            "a witness cannot be cut off on loopback addresses: leave out --loopback or --witness etcd"
        );
        let props = Props::built()?;
        let (abilities, missing) = abilities(self.witness);
        let plan = match self.silent_cuts {
            Some(cuts) => Plan::silent_cuts(self.seed, cuts),
            None => Plan::draw(self.seed, self.minutes, abilities),
        };
        let report = Report::new(self.output == Output::Json, self.again());
        missing.iter().for_each(|missing| report.say(missing));
        let setup = Setup { witness: self.witness, partition: self.partition, loopback: self.loopback };
        let runtime = tokio::runtime::Runtime::new()?;
        // Sockets belong to a runtime, so the stage is built in it; and it goes after all tasks have ended.
        let built = runtime.block_on(async { Stage::build(&props, plan.clone(), abilities, setup) });
        let (stage, loopback) = built?;
        loopback.iter().for_each(|why| report.say(why));
        let stage = Arc::new(stage);
        let within = self.silent_cuts.is_none().then(|| Duration::from_secs(self.minutes * 60));
        let played = runtime.block_on(async {
            tokio::select! {
                played = run::play(&stage, &plan, within, &report) => Ok(played),
                signal = told_to_stop() => Err(anyhow!("stopped by {}", signal?)),
            }
        });
        runtime.shutdown_timeout(Duration::from_secs(5));
        // Who stops it wants to know nothing more.
        let played = played?;
        let mut stage = Arc::into_inner(stage).ok_or_else(|| anyhow!("something still uses the stage"))?;
        let mut verdict = check::check(&stage.history.records(), self.witness == Witness::Etcd);
        verdict.violations.extend(played.err().map(|error| format!("{error:#}")));
        let well = verdict.violations.is_empty();
        if !well || self.keep {
            stage.history.write(&stage.path("history.jsonl"))?;
            report.kept(&stage.keep(), well);
        }
        report.end(&verdict, self.silent_cuts.is_some());
        ensure!(well, "what must hold did not: see above");
        Ok(())
    }

    /// The command that does the same again.
    fn again(&self) -> String {
        let name = |value: Option<PossibleValue>| value.map_or(String::new(), |value| value.get_name().to_owned());
        let length = match self.silent_cuts {
            Some(cuts) => format!("--silent-cuts {cuts}"),
            None => format!("--minutes {}", self.minutes),
        };
        let witness = name(self.witness.to_possible_value());
        let partition = name(self.partition.to_possible_value());
        let loopback = if self.loopback { " --loopback" } else { "" };
        let seed = self.seed;
        format!("cargo xtask chaos --seed {seed} {length} --witness {witness} --partition {partition}{loopback}")
    }
}

/// Whether colours are wanted.
fn colours() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}
