//! `cargo xtask components`: every guest of the workspace as a component in `target/components/`.

mod build;
mod fingerprint;
mod inspect;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::ValueEnum;

pub(crate) use inspect::Component;

use crate::{
    etcd,
    toolchain::Toolchain,
    workspace::{self, Metadata},
};

/// Build the state machine and the plugins as WebAssembly components
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Build only these guests, whether their sources have changed or not
    #[arg(conflicts_with = "check")]
    guests: Vec<String>,
    /// Build nothing: fail if a component is missing or older than its sources
    #[arg(long)]
    check: bool,
    /// How to print the components
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Output {
    #[default]
    Table,
    Json,
}

impl Args {
    pub(crate) fn run(self) -> Result<()> {
        let components = match (self.check, self.guests.as_slice()) {
            (true, _) => up_to_date()?,
            (false, []) => ensure()?,
            (false, some) => build::build(&workspace::metadata()?, &Toolchain::find_or_install()?, some)?,
        };
        match self.output {
            Output::Table => print_table(&components),
            Output::Json => println!("{}", serde_json::to_string_pretty(&components)?),
        }
        Ok(())
    }
}

/// Where the components lie: `NAME.wasm`, one a guest.
pub(crate) fn folder(metadata: &Metadata) -> PathBuf {
    metadata.target_directory.join("components").into()
}

/// Builds the components if their sources or the toolchain have changed; costs next to nothing if not.
///
/// # Errors
/// If there is no toolchain for guests, a guest does not compile, or a component asks for more than its world allows.
pub(crate) fn ensure() -> Result<Vec<Component>> {
    let (metadata, toolchain) = (workspace::metadata()?, Toolchain::find_or_install()?);
    // Whoever wants the components builds what runs them next.
    etcd::compiler_or_install()?;
    let sources = fingerprint::of_sources(&metadata, &toolchain)?;
    if let Some(components) = fingerprint::recall(&folder(&metadata), &sources) {
        return Ok(components);
    }
    let components = build::build(&metadata, &toolchain, &workspace::guests(&metadata))?;
    fingerprint::record(&folder(&metadata), &sources, &components)?;
    Ok(components)
}

fn up_to_date() -> Result<Vec<Component>> {
    let metadata = workspace::metadata()?;
    let sources = fingerprint::of_sources(&metadata, &Toolchain::find()?)?;
    match fingerprint::recall(&folder(&metadata), &sources) {
        Some(components) => Ok(components),
        None => bail!("the components are missing or older than their sources; run `cargo xtask components`"),
    }
}

fn print_table(components: &[Component]) {
    let head = format!("{:24} {:14} {:10} {:>9}  {}", "component", "world", "imports", "size", "sha-256");
    println!("{head}");
    for Component { name, world, imports, size_bytes, sha256 } in components {
        let imports = if imports.is_empty() { "nothing".to_owned() } else { imports.join(" ") };
        let size_kb = size_bytes.div_ceil(1000);
        println!("{name:24} {world:14} {imports:10} {size_kb:>6} kB  {}", &sha256[..16]);
    }
}
