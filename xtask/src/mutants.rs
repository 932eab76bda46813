//! `cargo xtask mutants`: the core is broken in one small place after the other, and each time a test should notice.
//!
//! Its own tests are asked: those of the proof and of the simulated pair, which would notice too, take longer than a
//! moment each time. cargo-mutants does the breaking, in a copy of the workspace, so that whoever builds meanwhile is not
//! disturbed.

mod outcomes;
mod survivors;
mod tool;

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;

use crate::workspace;
use outcomes::Outcomes;
use survivors::Survivors;

/// The package that is broken, and whose tests should notice.
const BROKEN: &str = "locum-core";
/// How the package is built, each time anew.
const PROFILE: &str = "mutants";
/// Longer than the tests take on a busy machine, in seconds: what takes longer hangs.
const HANGS_AFTER_S: &str = "30";

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

    fn break_the_core(&self, output: &str) -> Result<Outcomes> {
        let mut mutants = tool::find_or_install()?;
        mutants.args(["mutants", "--package", BROKEN, "--output", output, "--profile", PROFILE]);
        mutants.args(["--minimum-test-timeout", HANGS_AFTER_S, "--jobs", &self.jobs.to_string()]);
        mutants.args(self.file.iter().flat_map(|glob| ["--file", glob]));
        mutants.args(self.shard.iter().flat_map(|shard| ["--shard", shard]));
        mutants.args(["--", "--tests"]);
        // The copy has a target directory of its own.
        mutants.env_remove("CARGO_TARGET_DIR");
        mutants.stdout(std::io::stderr());
        match mutants.status().context("cargo-mutants cannot be run")?.code() {
            // All caught; some missed; some timed out.
            Some(0 | 2 | 3) => Outcomes::read(output.as_ref(), workspace::root()),
            // It has said more.
            _ => bail!("cargo-mutants has failed: do the tests of {BROKEN} pass?"),
        }
    }
}
