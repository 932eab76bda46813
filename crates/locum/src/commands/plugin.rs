//! `locum plugin`

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;
use locum_host::inspect;

use crate::{context::Context, failure::Failure, render};

/// Look at plugins.
#[derive(Debug, Subcommand)]
pub(crate) enum Plugin {
    /// Show what a plugin is, and which grants it asks for; nothing of it is run
    Inspect {
        /// The component
        file: PathBuf,
    },
}

impl Plugin {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let Plugin::Inspect { file } = self;
        let inspection = inspect(&file).map_err(|error| Failure::bad_input(error.to_string()))?;
        context.show(&inspection, |paint| render::plugin(&inspection, paint))
    }
}
