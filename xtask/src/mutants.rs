//! `cargo xtask mutants`: the core is broken in one small place after the other, and each time a test should notice.
//!
//! First the tests of the state machine are asked, since they are built and over in a moment; what they miss is for the
//! tests of the proof and of the simulated pair. cargo-mutants does the breaking, in a copy of the workspace, so that
//! whoever builds meanwhile is not disturbed.

mod outcomes;
mod survivors;
mod tool;

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;

use crate::workspace;
use outcomes::Outcomes;
use survivors::Survivors;

/// The package that is broken.
const BROKEN: &str = "locum-core";

/// Whose tests should notice, one round after the other: the packages, the profile they are built with, and the time after
/// which a test hangs, in seconds. That is longer than all of them take on a busy machine.
const ROUNDS: [Round; 2] = [
    Round { packages: &[BROKEN], profile: "mutants", hangs_after_s: 30 },
    Round { packages: &["locum-prove", "locum-sim"], profile: "dev", hangs_after_s: 240 },
];

struct Round {
    packages: &'static [&'static str],
    profile: &'static str,
    hangs_after_s: u32,
}

/// So many random lives take a second or two, and find most of what thousands find.
const RANDOM_LIVES: &str = "300";

/// Break the core, one small change after the other, and list what no test notices
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only the mutants of the files that this glob names; may be repeated
    #[arg(long, value_name = "GLOB")]
    file: Vec<String>,
    /// Only one of several parts, the first being 0: `--shard 0/4`
    #[arg(long, value_name = "PART/PARTS")]
    shard: Option<String>,
    /// How many mutants are tested at a time
    #[arg(long, default_value_t = 2)]
    jobs: u8,
    /// How to print the last line
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    #[default]
    Text,
    Json,
}

impl Args {
    pub(crate) fn run(self) -> Result<()> {
        let explained = Survivors::read(workspace::root())?;
        let target = workspace::metadata()?.target_directory;
        let outcomes = self.break_the_core(target.as_str())?;
        let (known, unknown): (Vec<_>, Vec<_>) =
            outcomes.missed().into_iter().partition(|missed| explained.why(missed).is_some());
        for missed in known.iter().chain(&unknown) {
            let why = explained.why(missed).unwrap_or("NOT EXPLAINED: add a test that fails, or say why none can");
            eprintln!("{}\n  {}\n  {why}", missed.name, missed.source);
        }
        if self.is_whole() {
            for gone in explained.without(&known) {
                eprintln!("{} explains what no longer survives: {gone}", survivors::FILE);
            }
        }
        let summary = outcomes.summary();
        match self.output {
            Output::Text => println!("{summary}"),
            Output::Json => println!("{}", serde_json::to_string(&summary)?),
        }
        ensure!(unknown.is_empty(), "{} of {} survivors are not explained", unknown.len(), summary.missed);
        Ok(())
    }

    fn is_whole(&self) -> bool {
        self.file.is_empty() && self.shard.is_none()
    }

    /// Each round is asked about what the one before it has missed.
    fn break_the_core(&self, output: &str) -> Result<Outcomes> {
        let mut outcomes = None;
        for round in &ROUNDS {
            self.break_for(round, output, outcomes.is_some())?;
            let found = Outcomes::read(output.as_ref(), workspace::root())?;
            outcomes = Some(match outcomes {
                None => found,
                Some(before) => found.after(before),
            });
        }
        outcomes.context("no round was asked")
    }

    fn break_for(&self, round: &Round, output: &str, iterate: bool) -> Result<()> {
        let mut mutants = tool::find_or_install()?;
        mutants.args(["mutants", "--package", BROKEN, "--output", output, "--profile", round.profile]);
        mutants.args(["--minimum-test-timeout", &round.hangs_after_s.to_string()]);
        mutants.args(round.packages.iter().flat_map(|package| ["--test-package", package]));
        mutants.args(["--jobs", &self.jobs.to_string()]);
        mutants.args(self.file.iter().flat_map(|glob| ["--file", glob]));
        mutants.args(self.shard.iter().flat_map(|shard| ["--shard", shard]));
        mutants.args(iterate.then_some("--iterate"));
        mutants.args(["--", "--tests"]);
        // The copy has a target directory of its own.
        mutants.env_remove("CARGO_TARGET_DIR").env("PROPTEST_CASES", RANDOM_LIVES);
        mutants.stdout(std::io::stderr());
        match mutants.status().context("cargo-mutants cannot be run")?.code() {
            // All caught; some missed; some timed out.
            Some(0 | 2 | 3) => Ok(()),
            // It has said more.
            _ => bail!("cargo-mutants has failed: do the tests of {} pass?", round.packages.join(" and ")),
        }
    }
}
