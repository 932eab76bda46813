//! `cargo xtask fix`: mends what machines can mend.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::test::cargo;

/// Apply the compiler's suggestions, format, and print the generated pages anew
#[derive(clap::Args)]
pub(crate) struct Args {}

impl Args {
    pub(crate) fn run(self) -> Result<()> {
        run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--fix", "--allow-dirty", "--allow-staged"]))?;
        run(&mut cargo(&["fmt", "--all"]))?;
        // A new program: what it prints may have been changed a moment ago.
        run(&mut cargo(&["xtask", "docs"]))
    }
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?} cannot be run"))?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}
