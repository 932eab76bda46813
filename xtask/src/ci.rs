//! `cargo xtask ci`: what runs on every change, here as there.

use std::process::Command;

use anyhow::{Context, Result};

use crate::workspace;

/// Run what runs on every change: `.ci/run`
#[derive(clap::Args)]
pub(crate) struct Args {}

impl Args {
    pub(crate) fn run(self) -> Result<()> {
        let status = Command::new(workspace::root().join(".ci/run")).status().context(".ci/run cannot be run")?;
        // It has said what failed.
        std::process::exit(status.code().unwrap_or(1));
    }
}
