//! `locum man`

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result};
use clap::{Args, CommandFactory};

use crate::cli::Cli;

/// Write the manual pages.
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The folder
    folder: PathBuf,
}

impl Man {
    pub(crate) fn run(self) -> Result<()> {
        let written =
            fs::create_dir_all(&self.folder).and_then(|()| clap_mangen::generate_to(Cli::command(), &self.folder));
        written.with_context(|| format!("cannot write the manual pages to {}", self.folder.display()))
    }
}
