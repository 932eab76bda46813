//! The command `locum`: it runs a node, and talks to one that runs.

mod cli;
mod client;
mod commands;
mod context;
mod failure;
mod progress;
mod render;
mod replay;
mod settle;
mod target;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match commands::dispatch(cli) {
        Ok(code) => code,
        Err(error) => failure::report(&error),
    }
}
