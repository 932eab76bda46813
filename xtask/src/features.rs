//! `cargo xtask features`: the scenarios of `features/*.feature`, on what is asked for.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use crate::{components, test, workspace};

/// Play the scenarios; write target/features/junit.xml and target/features/index.html besides
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What the nodes are made of
    #[arg(long, value_enum, default_value_t)]
    backend: Backend,
    /// Only the scenarios of this documented row
    #[arg(long)]
    row: Option<u8>,
    /// Only the scenarios whose name has this in it
    #[arg(long)]
    name: Option<String>,
    /// Only the scenarios of this file, which may be one that `locum prove --save` has written
    #[arg(long)]
    file: Option<PathBuf>,
    /// How many scenarios to play at a time [default: one a processor; 10 on daemons, which mostly wait]
    #[arg(long)]
    jobs: Option<NonZeroUsize>,
    /// How to print what came of it; JSON is one line a backend
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Backend {
    /// The state machine itself, on a virtual clock
    Native,
    /// The state machine as a component in the host, on a virtual clock
    Component,
    /// Two real processes, in a fiftieth of the time
    Daemon,
    /// Both that have a virtual clock
    Simulated,
    /// One after the other
    #[default]
    All,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    #[default]
    Matrix,
    Json,
}

impl Args {
    pub(crate) fn run(self) -> Result<()> {
        if self.backend != Backend::Native {
            components::ensure()?;
        }
        if matches!(self.backend, Backend::Daemon | Backend::All) {
            build_the_daemon()?;
        }
        let folder = workspace::metadata()?.target_directory.join("features");
        let (junit, page) = (folder.join("junit.xml"), folder.join("index.html"));
        let mut scenarios = test::acceptance()?.command();
        scenarios.args(["--backend", &word(self.backend), "--output", &word(self.output)]);
        scenarios.args(["--junit", junit.as_str(), "--html", page.as_str()]);
        scenarios.args(self.row.iter().flat_map(|row| ["--row".into(), row.to_string()]));
        scenarios.args(self.name.iter().flat_map(|name| ["--name", name]));
        if let Some(file) = &self.file {
            let file = file.canonicalize().with_context(|| format!("{} cannot be read", file.display()))?;
            scenarios.arg("--file").arg(file);
        }
        scenarios.args(self.jobs.iter().flat_map(|jobs| ["--jobs".into(), jobs.to_string()]));
        let status = scenarios.status().context("the scenarios cannot be run")?;
        // What failed before anything was played has written no page.
        if self.output == Output::Matrix && page.exists() {
            println!("to read on: {page}");
        }
        // They have said what failed.
        std::process::exit(status.code().unwrap_or(1));
    }
}

/// As `cargo test` would: with the same features of what the program depends on, so that nothing is built twice.
pub(crate) fn build_the_daemon() -> Result<()> {
    let mut build = test::cargo(&["build", "--quiet", "--workspace", "--bin", "locum"]);
    let status = build.status().context("cargo cannot be run")?;
    ensure!(status.success(), "the daemon cannot be built");
    Ok(())
}

/// The word for a value on the command line.
pub(crate) fn word(value: impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}
