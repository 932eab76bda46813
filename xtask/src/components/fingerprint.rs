//! Remembers from which sources the components were built, so that cargo need not be asked again.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use cargo_metadata::DependencyKind;
use serde::{Deserialize, Serialize};

use super::inspect::{Component, sha256, sha256_of};
use crate::{
    toolchain::Toolchain,
    workspace::{self, Metadata},
};

#[derive(Serialize, Deserialize)]
struct Fingerprint {
    sources: String,
    components: Vec<Component>,
}

/// The digest of everything that goes into the guests: their own files and those of the packages of the workspace that
/// they depend on, `wit/`, this chore, the manifest and lock file of the workspace, and the toolchain.
pub(super) fn of_sources(metadata: &Metadata, toolchain: &Toolchain) -> Result<String> {
    let root = workspace::root();
    let mut files = BTreeSet::from([root.join("Cargo.toml"), root.join("Cargo.lock")]);
    let mut folders = guest_folders(metadata);
    folders.extend([root.join("wit"), root.join("xtask/src/components")]);
    for folder in folders {
        list(&folder, &mut files).with_context(|| folder.display().to_string())?;
    }
    let mut manifest = format!("{toolchain}\n");
    for file in files {
        let digest = sha256_of(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        manifest += &format!("{digest} {}\n", file.display());
    }
    Ok(sha256(manifest.as_bytes()))
}

/// The components built from these sources, if they still lie in this folder, byte for byte.
pub(super) fn recall(folder: &Path, sources: &str) -> Option<Vec<Component>> {
    let fingerprint: Fingerprint = serde_json::from_slice(&fs::read(file(folder)).ok()?).ok()?;
    let intact = |built: &Component| {
        sha256_of(&folder.join(format!("{}.wasm", built.name))).is_some_and(|digest| digest == built.sha256)
    };
    let unchanged = fingerprint.sources == sources && fingerprint.components.iter().all(intact);
    unchanged.then_some(fingerprint.components)
}

/// Notes that these components were built from these sources.
pub(super) fn record(folder: &Path, sources: &str, components: &[Component]) -> Result<()> {
    let note = serde_json::json!({ "sources": sources, "components": components });
    fs::write(file(folder), note.to_string()).with_context(|| file(folder).display().to_string())
}

fn file(folder: &Path) -> PathBuf {
    folder.join(".fingerprint")
}

/// The folders of the guests and of all that they depend on in the workspace.
fn guest_folders(metadata: &Metadata) -> BTreeSet<PathBuf> {
    let packages = metadata.workspace_packages();
    let mut open: Vec<PathBuf> = packages
        .iter()
        .filter(|package| workspace::is_guest(package))
        .map(|package| workspace::folder(package).into())
        .collect();
    let mut found = BTreeSet::new();
    while let Some(folder) = open.pop() {
        let package = packages.iter().find(|package| workspace::folder(package) == folder);
        let needed = package.iter().flat_map(|package| &package.dependencies);
        let needed = needed.filter(|dependency| dependency.kind != DependencyKind::Development);
        open.extend(needed.filter_map(|dependency| dependency.path.clone()).map(PathBuf::from));
        found.insert(folder);
    }
    found
}

fn list(folder: &Path, files: &mut BTreeSet<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => list(&path, files)?,
            false => _ = files.insert(path),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_sources_and_untouched_files_are_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let wasm = folder.path().join("policy-x.wasm");
        fs::write(&wasm, b"component").unwrap();
        let built = Component {
            name: "policy-x".to_owned(),
            world: "policy".to_owned(),
            imports: Vec::new(),
            size_bytes: 9,
            sha256: sha256(b"component"),
        };
        assert!(recall(folder.path(), "sources").is_none(), "nothing has been built");
        record(folder.path(), "sources", &[built]).unwrap();
        assert_eq!(recall(folder.path(), "sources").unwrap()[0].name, "policy-x");
        assert!(recall(folder.path(), "other sources").is_none());
        fs::write(&wasm, b"another").unwrap();
        assert!(recall(folder.path(), "sources").is_none(), "somebody has touched the component");
    }

    #[test]
    fn what_a_guest_is_made_of_is_known() {
        let folders = guest_folders(&workspace::metadata().unwrap());
        let has = |folder: &str| folders.contains(&workspace::root().join(folder));
        assert!(has("plugins/probe-exec") && has("crates/locum-sdk") && has("crates/locum-core"));
        assert!(!has("crates/locum-host") && !has("xtask"));
    }
}
