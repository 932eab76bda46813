//! `cargo xtask fuzz`: what comes from outside, spoilt in every way, for a fixed time.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{test, workspace};

/// Spoil what comes from outside for a while, and see that it is refused; what is not is kept as a test
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only this target
    #[arg(long)]
    target: Option<String>,
    /// For so many seconds, all targets together
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// What chance begins with: the same seed makes the same inputs
    #[arg(long)]
    seed: Option<u64>,
}

impl Args {
    pub(crate) fn run(self) -> Result<()> {
        let mut build = test::cargo(&["build", "--quiet", "--workspace", "--bin", "locum-fuzz"]);
        ensure!(build.status().context("cargo cannot be run")?.success(), "the fuzzer cannot be built");
        let program = workspace::metadata()?.target_directory.join("debug/locum-fuzz");
        let mut fuzz = Command::new(program);
        fuzz.arg("--seconds").arg(self.seconds.to_string());
        fuzz.args(self.target.iter().flat_map(|target| ["--target", target]));
        fuzz.args(self.seed.iter().flat_map(|seed| ["--seed".to_owned(), seed.to_string()]));
        let status = fuzz.status().context("the fuzzer cannot be run")?;
        // It has said what went wrong.
        std::process::exit(status.code().unwrap_or(1));
    }
}
