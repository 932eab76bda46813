//! `cargo xtask fuzz` runs this.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, Result};
use clap::Parser;
use locum_fuzz::{Campaign, Report, Target, play};

/// Spoil what comes from outside, and see who notices.
#[derive(Parser)]
#[command(name = "locum-fuzz", disable_version_flag = true)]
struct Arguments {
    /// Only this target
    #[arg(long, value_parser = target)]
    target: Option<Target>,
    /// For so many seconds, all targets together
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// What chance begins with: the same seed makes the same inputs
    #[arg(long)]
    seed: Option<u64>,
    /// Where the saved inputs are
    #[arg(long, value_name = "FOLDER", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus"))]
    corpus: PathBuf,
}

fn target(name: &str) -> Result<Target, String> {
    let names = || Target::ALL.map(Target::name).join(", ");
    Target::ALL.into_iter().find(|target| target.name() == name).ok_or_else(|| format!("the targets are {}", names()))
}

fn main() -> Result<ExitCode> {
    let Arguments { target, seconds, seed, corpus } = Arguments::parse();
    let targets = target.map_or_else(|| Target::ALL.to_vec(), |target| vec![target]);
    let seed = seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    let time = Duration::from_secs(seconds) / u32::try_from(targets.len()).unwrap_or(u32::MAX);
    // What panics is told in one line, with the input.
    std::panic::set_hook(Box::new(|_| ()));
    let mut well = true;
    for target in targets {
        well &= tried(&corpus, Campaign { target, time, seed })?;
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether nothing went wrong.
fn tried(corpus: &Path, campaign: Campaign) -> Result<bool> {
    let name = campaign.target.name();
    let Report { executions, answers, fault } =
        play(corpus, campaign).with_context(|| format!("the corpus in {}", corpus.display()))?;
    println!("{name:<10} {executions:>9} executions, {answers:>5} answers, seed {}", campaign.seed);
    if let Some((fault, file)) = &fault {
        println!("{name}: {fault}\n  {} keeps the input, and `cargo test` plays it from now on", file.display());
    }
    Ok(fault.is_none())
}
