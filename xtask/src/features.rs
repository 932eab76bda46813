//! `cargo xtask features`: the scenarios of `features/*.feature`, on what is asked for.

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::{components, test};

/// Run the scenarios
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
    /// How to print what came of it; JSON is one line a backend
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Backend {
    Native,
    Component,
    #[default]
    All,
}

#[derive(Clone, Copy, Default, ValueEnum)]
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
        let mut scenarios = test::acceptance()?.command();
        scenarios.args(["--backend", &word(self.backend), "--output", &word(self.output)]);
        if let Some(row) = self.row {
            scenarios.args(["--row", &row.to_string()]);
        }
        if let Some(name) = &self.name {
            scenarios.args(["--name", name]);
        }
        let status = scenarios.status().context("the scenarios cannot be run")?;
        // They have said what failed.
        std::process::exit(status.code().unwrap_or(1));
    }
}

/// The word for a value on the command line.
fn word(value: impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}
