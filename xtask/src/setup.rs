//! `cargo xtask setup`: everything that the other chores need and cargo does not bring along.

use anyhow::Result;

use crate::toolchain::Toolchain;

/// Find the toolchain that builds components, or install it
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only say what is there; install nothing
    #[arg(long)]
    check: bool,
}

impl Args {
    pub(crate) fn run(self) -> Result<()> {
        let toolchain = if self.check { Toolchain::find()? } else { Toolchain::find_or_install()? };
        println!("guest toolchain: {toolchain}");
        Ok(())
    }
}
