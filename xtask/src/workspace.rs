//! The workspace as `cargo metadata` sees it.

use std::{env, ffi::OsStr, path::Path, process::Command};

use anyhow::{Context, Result};
use cargo_metadata::{CrateType, MetadataCommand, camino::Utf8Path};
pub(crate) use cargo_metadata::{Metadata, Package};

/// The root folder of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace")
}

/// A program that runs in the workspace, free of what the cargo that runs us has set for us: build scripts look at
/// such variables, and would run again whenever cargo is called now from here and now by hand.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    let ours = |name: &str| name == "CARGO" || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_some_and(ours)) {
        command.env_remove(name);
    }
    command.current_dir(root());
    command
}

/// The cargo that runs this program.
pub(crate) fn cargo() -> Command {
    command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The packages of the workspace and the dependencies that they declare; dependencies are not resolved.
pub(crate) fn metadata() -> Result<Metadata> {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cargo metadata does not understand this workspace")
}

/// Guests are what is built as a C dynamic library: the components, and nothing else here.
pub(crate) fn is_guest(package: &Package) -> bool {
    package.targets.iter().any(|target| target.crate_types.contains(&CrateType::CDyLib))
}

/// The names of the guests.
pub(crate) fn guests(metadata: &Metadata) -> Vec<String> {
    let guests = metadata.workspace_packages().into_iter().filter(|package| is_guest(package));
    guests.map(|package| package.name.to_string()).collect()
}

/// The folder of a package.
pub(crate) fn folder(package: &Package) -> &Utf8Path {
    package.manifest_path.parent().expect("a manifest lies in a folder")
}

/// The folder of a package, from the root of the workspace.
pub(crate) fn folder_name(package: &Package) -> String {
    folder(package).strip_prefix(root().to_str().unwrap_or_default()).unwrap_or(folder(package)).to_string()
}
