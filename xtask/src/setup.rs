//! `cargo xtask setup`: everything that the other chores need and cargo does not bring along.

use anyhow::Result;

use crate::{etcd, toolchain::Toolchain};

/// Find what the other chores need, or install it: the toolchain that builds components, what builds the client of etcd, etcd
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
        let compiler = if self.check { etcd::find_compiler()? } else { etcd::compiler_or_install()? };
        println!("interface compiler: {}", compiler.display());
        etcd::find_server(self.check);
        Ok(())
    }
}
