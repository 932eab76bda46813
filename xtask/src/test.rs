//! `cargo xtask test`: everything that must hold, and one line at the end that says whether it does.

mod binaries;
mod progress;
mod tally;

use std::{
    env,
    path::PathBuf,
    process::{Command, ExitStatus},
};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

pub(crate) use binaries::{ACCEPTANCE, Binary};
use progress::Progress;
use tally::Tally;

use crate::workspace;

/// Check format, lints, rules and pages, build the components, and run every test and every scenario
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How to print the last line
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Output {
    #[default]
    Text,
    Json,
}

impl Args {
    pub(crate) fn run(self) -> Result<()> {
        let mut run = Run { xtask: env::current_exe()?, progress: Progress::default(), total: Tally::default() };
        run.lints()?;
        run.tests()?;
        let Tally { passed, failed } = run.total;
        match self.output {
            Output::Text => println!("{passed} passed, {failed} failed"),
            Output::Json => println!("{}", serde_json::json!({ "passed": passed, "failed": failed })),
        }
        // The last line has said it.
        if failed > 0 {
            std::process::exit(1);
        }
        Ok(())
    }
}

/// A run so far.
struct Run {
    /// This program; its path is kept, since a build may put a new one in its place.
    xtask: PathBuf,
    progress: Progress,
    total: Tally,
}

/// What a command said, and how it ended.
struct Outcome {
    status: ExitStatus,
    /// Standard output, then standard error.
    words: String,
}

impl Run {
    /// What is right or wrong as a whole: each counts as one.
    fn lints(&mut self) -> Result<()> {
        self.check("format", cargo(&["fmt", "--all", "--check"]))?;
        self.check(
            "clippy",
            cargo(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "--deny", "warnings"]),
        )?;
        self.check("tidy", self.chore(&["tidy"]))?;
        self.check("docs", self.chore(&["docs", "--check"]))?;
        self.check("components", self.chore(&["components"]))
    }

    fn tests(&mut self) -> Result<()> {
        self.progress.begin("build of the tests");
        let binaries = match binaries::build(&[]) {
            Ok(binaries) => binaries,
            Err(error) => {
                self.fail(&format!("{error:#}"));
                return Ok(());
            }
        };
        self.progress.end(&format!("{} programs", binaries.len()));
        let (acceptance, tests): (Vec<_>, Vec<_>) = binaries.into_iter().partition(Binary::is_acceptance);
        for test in tests {
            self.count(&test.title, test.command())?;
        }
        self.count("examples in the documentation", cargo(&["test", "--workspace", "--doc"]))?;
        for scenarios in acceptance {
            self.progress.begin("scenarios");
            let outcome = outcome(scenarios.command().args(["--backend", "simulated"]))?;
            let tally = Tally::read(&outcome.words).or_failed(outcome.status);
            self.total = self.total.and(tally);
            self.progress.end(&tally.to_string());
            println!("{}", outcome.words.trim_end());
        }
        Ok(())
    }

    /// Runs a command that is right or wrong as a whole.
    fn check(&mut self, title: &str, mut command: Command) -> Result<()> {
        self.progress.begin(title);
        let outcome = outcome(&mut command)?;
        if outcome.status.success() {
            self.total.passed += 1;
            self.progress.end("ok");
        } else {
            self.fail(&outcome.words);
        }
        Ok(())
    }

    /// Runs tests that say how many they are.
    fn count(&mut self, title: &str, mut command: Command) -> Result<()> {
        self.progress.begin(title);
        let outcome = outcome(&mut command)?;
        let tally = Tally::read(&outcome.words).or_failed(outcome.status);
        self.total = self.total.and(tally);
        self.progress.end(&tally.to_string());
        if tally.failed > 0 {
            println!("{}", outcome.words.trim_end());
        }
        Ok(())
    }

    fn fail(&mut self, words: &str) {
        self.total.failed += 1;
        self.progress.end("FAILED");
        println!("{}", words.trim_end());
    }

    /// Another chore of this program.
    fn chore(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.xtask);
        command.current_dir(workspace::root()).args(args);
        command
    }
}

/// Builds the scenarios, for who runs them alone.
pub(crate) fn acceptance() -> Result<Binary> {
    match binaries::build(&["--test", ACCEPTANCE])?.into_iter().find(Binary::is_acceptance) {
        Some(scenarios) => Ok(scenarios),
        None => bail!("no package of the workspace has a test called {ACCEPTANCE}"),
    }
}

/// The cargo that runs this program.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = workspace::cargo();
    command.args(args);
    command
}

fn outcome(command: &mut Command) -> Result<Outcome> {
    let output = command.output().with_context(|| format!("{command:?} cannot be run"))?;
    let words = [output.stdout, output.stderr].concat();
    Ok(Outcome { status: output.status, words: String::from_utf8_lossy(&words).into_owned() })
}
