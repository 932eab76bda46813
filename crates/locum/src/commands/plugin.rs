//! `locum plugin`

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Subcommand;
use locum_host::inspect;
use locum_trials::{Refusal, Report, check};
use tokio::runtime::Builder;

use crate::{context::Context, failure::Failure, render};

/// Look at plugins, and test them.
#[derive(Debug, Subcommand)]
pub(crate) enum Plugin {
    /// Show what a plugin is, and which grants it asks for; nothing of it is run
    Inspect {
        /// The component
        file: PathBuf,
    },
    /// Run the scenarios of a plugin's world against it, and tell what it does wrong
    Test {
        /// The component: a policy, a transport or a probe
        file: PathBuf,
        /// Only the scenarios with this text in their names
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
    },
}

impl Plugin {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        match self {
            Plugin::Inspect { file } => {
                let inspection = inspect(&file).map_err(|error| Failure::bad_input(error.to_string()))?;
                context.show(&inspection, |paint| render::plugin(&inspection, paint))
            }
            Plugin::Test { file, name } => test(&file, name.as_deref(), context),
        }
    }
}

fn test(file: &Path, name: Option<&str>, context: &Context) -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(check(file, name)).map_err(refused)?;
    context.show(&report, |paint| render::trial(&report, paint))?;
    judge(&report).map_err(Into::into)
}

/// A plugin that fails a scenario is bad input, as a configuration with a fault is.
fn judge(report: &Report) -> Result<(), Failure> {
    match report.failed() {
        0 => Ok(()),
        1 => Err(Failure::bad_input(format!("{} fails 1 scenario", report.file.display()))),
        failed => Err(Failure::bad_input(format!("{} fails {failed} scenarios", report.file.display()))),
    }
}

fn refused(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Host(_) | Refusal::StateMachine(_) => Failure::bad_input(refusal.to_string()),
        Refusal::NoSuchScenario { .. } => Failure::Usage(refusal.to_string()),
        Refusal::Folder(_) => Failure::Failed(refusal.to_string()),
    }
}
