//! `locum shepherd`

use std::{ffi::OsString, process::ExitCode, time::Duration};

use clap::Args;
use locum_node::supervise;

/// Keeps a service's processes together; the daemon starts it.
#[derive(Debug, Args)]
pub(crate) struct Shepherd {
    /// How long the service may take to stop, in milliseconds
    #[arg(long)]
    stop_timeout_ms: u64,
    /// The service
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

impl Shepherd {
    pub(crate) fn run(self) -> ExitCode {
        supervise::shepherd(Duration::from_millis(self.stop_timeout_ms), &self.command)
    }
}
