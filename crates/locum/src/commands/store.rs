//! `locum store`

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use locum_store::{FILE_NAME, StoreError, check, renew};
use serde_json::json;

use super::config;
use crate::{context::Context, failure::Failure, render};

/// Look at what a node keeps on its disk.
#[derive(Debug, Subcommand)]
pub(crate) enum Store {
    /// Read every page of the store of a node that is stopped, and prove what it holds
    Check {
        /// Where the store is.
        #[command(flatten)]
        place: Place,
    },
    /// Let a node start with an empty store, and catch up from its peer; the old one is set aside
    Renew {
        /// Where the store is.
        #[command(flatten)]
        place: Place,
        /// Do it: the node forgets its state, its epoch and its journal, and its users until its peer has sent them
        #[arg(long)]
        yes: bool,
    },
}

/// Where a store is.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The state directory; else that of --config
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
}

impl Place {
    fn directory(self, context: &Context) -> Result<PathBuf, Failure> {
        match (self.directory, &context.globals.config) {
            (Some(directory), _) => Ok(directory),
            (None, Some(file)) => Ok(config::load(file)?.node.state_directory),
            (None, None) => Err(Failure::Usage("which store? Name its directory, or give --config".into())),
        }
    }
}

impl Store {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        match self {
            Store::Check { place } => {
                let directory = place.directory(context)?;
                let report = check(&directory).map_err(failure)?;
                context.show(&report, |paint| render::store(&directory.join(FILE_NAME), &report, paint))
            }
            Store::Renew { place, yes } => {
                let directory = place.directory(context)?;
                if !yes {
                    return Err(refused(&directory.join(FILE_NAME)).into());
                }
                let old = renew(&directory).map_err(failure)?;
                context.show(&json!({ "set_aside": old }), |_| match &old {
                    Some(old) => format!("The node starts with an empty store. The old one is {}.", old.display()),
                    None => "The node starts with an empty store. There was none to set aside.".to_owned(),
                })
            }
        }
    }
}

fn refused(store: &std::path::Path) -> Failure {
    Failure::Refused(format!(
        "{}: the node would forget its state, its epoch, its journal and its users. Its peer must run, and sends it the \
         users; a node without a peer has lost them. If that is meant, say so with --yes. Nothing has changed.",
        store.display()
    ))
}

/// A store that a daemon has open is refused; one that proves wrong is bad input, as a configuration with a fault is.
fn failure(error: StoreError) -> Failure {
    match error {
        StoreError::InUse { .. } => Failure::Refused(error.to_string()),
        StoreError::Damaged { .. } | StoreError::Lost { .. } | StoreError::Schema { .. } => {
            Failure::bad_input(error.to_string())
        }
        _ => Failure::Failed(error.to_string()),
    }
}
