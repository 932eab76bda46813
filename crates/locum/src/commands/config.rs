//! `locum config`

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Subcommand;
use locum_config::{Fault, Faults};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    context::{self, Context},
    failure::Failure,
};

/// Check and describe configuration files.
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Tell everything that is wrong with files: file, line, key, and what to do
    Check {
        /// The files; else the one of --config
        files: Vec<PathBuf>,
    },
    /// Print the JSON Schema of the file, for editors
    Schema,
    /// Print every key with the value that holds, defaults included
    Show {
        /// The file; else the one of --config
        file: Option<PathBuf>,
    },
}

/// Reads a file.
///
/// # Errors
/// Bad input, with every fault.
pub(crate) fn load(file: &Path) -> Result<locum_config::Config, Failure> {
    locum_config::Config::load(file).map_err(|faults| {
        let count = faults.0.len();
        let text = format!("{} has {count} {}:", file.display(), if count == 1 { "fault" } else { "faults" });
        Failure::BadInput { text, details: faults.0.iter().map(ToString::to_string).collect() }
    })
}

impl Config {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let named = |file: Option<PathBuf>| {
            let file = file.or_else(|| context.globals.config.clone());
            file.ok_or_else(|| Failure::Usage("which file? Name it, or give --config".into()))
        };
        match self {
            Config::Check { files } if files.is_empty() => check(&[named(None)?], context),
            Config::Check { files } => check(&files, context),
            Config::Schema => context::print(&serde_json::to_string_pretty(&locum_config::Config::schema())?),
            Config::Show { file } => show(&load(&named(file)?)?.effective(), context),
        }
    }
}

/// What a check has found, for programs.
#[derive(Serialize)]
struct Checked {
    faults: Vec<Fault>,
    risks: Vec<Risk>,
}

/// What a group risks in a partition, by its file.
#[derive(Serialize)]
struct Risk {
    file: PathBuf,
    risk: String,
}

fn check(files: &[PathBuf], context: &Context) -> Result<()> {
    let mut checked = Checked { faults: Vec::new(), risks: Vec::new() };
    for file in files {
        match locum_config::Config::load(file) {
            Ok(config) => checked.risks.extend(config.risk().map(|risk| Risk { file: file.clone(), risk })),
            Err(faults) => checked.faults.extend(faults.0),
        }
    }
    match checked.faults.len() {
        0 => context.show(&checked, |_| no_faults(&checked.risks)),
        count if context.json() => {
            context.show(&checked, |_| String::new())?;
            Err(Failure::bad_input(format!("{count} faults")).into())
        }
        _ => Err(Failure::from(Faults(checked.faults)).into()),
    }
}

/// Good news, and what every choice costs.
fn no_faults(risks: &[Risk]) -> String {
    let risks = risks.iter().map(|Risk { file, risk }| format!("\n{}: {risk}", file.display()));
    std::iter::once("No faults.".to_owned()).chain(risks).collect()
}

fn show(effective: &Value, context: &Context) -> Result<()> {
    if context.json() {
        return context::print(&serde_json::to_string_pretty(effective)?);
    }
    let text = toml::to_string(&without_nothing(effective)).context("the configuration cannot be shown as TOML")?;
    context::print(&text)
}

/// TOML has no word for nothing: a key without a value is left out.
fn without_nothing(value: &Value) -> Value {
    match value {
        Value::Object(keys) => keys
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), without_nothing(value)))
            .collect(),
        Value::Array(values) => values.iter().map(without_nothing).collect(),
        value => json!(value),
    }
}
