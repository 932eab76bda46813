//! `locum run`

use std::{
    io::{IsTerminal, stderr},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Result;
use clap::Args;
use locum_node::Stopped;
use tokio::runtime::Builder;
use tracing_subscriber::EnvFilter;

use super::config;
use crate::{context::Context, failure::Failure};

/// The exit code of a daemon that is to be started again; a systemd unit names it as `RestartForceExitStatus`.
const START_AGAIN: u8 = 75;

/// Run a node, in the foreground.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Rehearse: user moves wait, or fail, while this folder holds user-moves-wait, or user-moves-fail
    #[arg(long, value_name = "DIR")]
    drill: Option<PathBuf>,
}

impl Run {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        let file = context.globals.config.as_deref();
        let file = file.ok_or_else(|| Failure::Usage("which node? Give its configuration with --config".into()))?;
        let config = config::load(file)?;
        let filter = EnvFilter::try_from_env("LOCUM_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(stderr().is_terminal()).with_writer(stderr).init();
        let runtime = Builder::new_multi_thread().enable_all().build()?;
        Ok(match runtime.block_on(locum_node::run(file, config, self.drill))? {
            Stopped::Left => ExitCode::SUCCESS,
            Stopped::ForRestart => ExitCode::from(START_AGAIN),
        })
    }
}
