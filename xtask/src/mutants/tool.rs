//! cargo-mutants: found, or installed.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::{test::cargo, workspace};

/// The version that is installed where there is none.
const VERSION: &str = "27.1.0";

/// A command that runs it.
///
/// # Errors
/// If it is neither on the path nor in `target/tools`, and cannot be installed there.
pub(super) fn find_or_install() -> Result<Command> {
    if runs(&mut workspace::command("cargo-mutants")) {
        return Ok(workspace::command("cargo-mutants"));
    }
    let tools = workspace::metadata()?.target_directory.join("tools");
    let ours = tools.join("bin/cargo-mutants");
    if !runs(&mut workspace::command(&ours)) {
        eprintln!("installing cargo-mutants {VERSION} into {tools}: this takes a few minutes");
        let package = format!("cargo-mutants@{VERSION}");
        // Unoptimised, it is built sooner and good enough.
        let status = cargo(&["install", "--quiet", "--locked", "--debug", "--root", tools.as_str(), &package]).status();
        let advice = || format!("cargo-mutants cannot be installed; try `cargo install --locked {package}` by hand");
        ensure!(status.with_context(advice)?.success(), advice());
    }
    Ok(workspace::command(&ours))
}

fn runs(command: &mut Command) -> bool {
    let quiet = command.args(["mutants", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}
