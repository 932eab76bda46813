//! The workspace as `cargo metadata` sees it.

use std::path::Path;

use anyhow::{Context, Result};
use cargo_metadata::{CrateType, MetadataCommand, camino::Utf8Path};
pub(crate) use cargo_metadata::{Metadata, Package};

/// The root folder of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace")
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
