//! `cargo xtask sim`: lives of a pair, drawn from seeds and checked.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use crate::{components, features, test, workspace};

/// Play lives of a simulated pair, drawn from fresh seeds; the last line is JSON
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only this seed: it gives the same trace on every run
    #[arg(long, conflicts_with_all = ["seeds", "seconds"])]
    seed: Option<u64>,
    /// How many seeds
    #[arg(long)]
    seeds: Option<u64>,
    /// End after so many seconds, if not before
    #[arg(long)]
    seconds: Option<u64>,
    /// What the nodes are made of
    #[arg(long, value_enum, default_value_t)]
    backend: Backend,
    /// How many to play at a time [default: one a processor]
    #[arg(long)]
    jobs: Option<u64>,
    /// Build with the profile `release`: for figures
    #[arg(long)]
    release: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Backend {
    /// The state machine itself, and what belongs to it
    #[default]
    Native,
    /// Components in the host
    Component,
    /// Both: every seed must give the same trace
    Both,
}

impl Args {
    pub(crate) fn run(self) -> Result<()> {
        if self.backend != Backend::Native {
            components::ensure()?;
        }
        let target = workspace::metadata()?.target_directory.clone();
        let program = if self.release {
            let built = test::cargo(&["build", "--quiet", "--release", "--package", "locum"]).status();
            ensure!(built.context("cargo cannot be run")?.success(), "the program cannot be built");
            target.join("release/locum")
        } else {
            features::build_the_daemon()?;
            target.join("debug/locum")
        };
        let mut sim = Command::new(program);
        sim.args(["--output", "json", "soak", "--backend", &features::word(self.backend)]);
        sim.args(["--directory", target.join("sim").as_str()]);
        let numbers =
            [("--seed", self.seed), ("--seeds", self.seeds), ("--seconds", self.seconds), ("--jobs", self.jobs)];
        for (flag, number) in numbers {
            sim.args(number.iter().flat_map(|number| [flag.to_owned(), number.to_string()]));
        }
        let status = sim.status().context("the simulation cannot be run")?;
        // It has said what failed.
        std::process::exit(status.code().unwrap_or(1));
    }
}
