//! Compiles guests, makes components of them and puts them where they belong.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use wit_component::ComponentEncoder;

use super::inspect::{Component, Worlds};
use crate::{
    toolchain::{TARGET, Toolchain},
    workspace::{self, Metadata},
};

const PROFILE: &str = "plugin";

/// Builds these guests in one cargo call and writes the components that have changed; removes those whose guest is gone.
pub(super) fn build(metadata: &Metadata, toolchain: &Toolchain, guests: &[String]) -> Result<Vec<Component>> {
    compile(guests, toolchain)?;
    let worlds = Worlds::read(&workspace::root().join("wit"))?;
    let compiled = metadata.target_directory.join(TARGET).join(PROFILE);
    let folder = super::folder(metadata);
    fs::create_dir_all(&folder)?;
    remove_strangers(&folder, &workspace::guests(metadata))?;
    let mut components = Vec::new();
    for guest in guests {
        let module = compiled.join(format!("{}.wasm", guest.replace('-', "_")));
        let bytes = encode(module.as_std_path()).with_context(|| format!("{guest} makes no component"))?;
        components.push(worlds.inspect(guest, &bytes)?);
        write_if_changed(&folder.join(format!("{guest}.wasm")), &bytes)?;
    }
    components.sort_by(|a, b| (&a.world, &a.name).cmp(&(&b.world, &b.name)));
    Ok(components)
}

fn compile(guests: &[String], toolchain: &Toolchain) -> Result<()> {
    let mut cargo = toolchain.cargo_build();
    cargo.args(["--profile", PROFILE]);
    cargo.args(guests.iter().flat_map(|guest| ["--package", guest.as_str()]));
    let status = cargo.status().with_context(|| format!("{cargo:?} cannot be run"))?;
    ensure!(status.success(), "the guests do not compile; the compiler's words are above");
    Ok(())
}

fn encode(module: &Path) -> Result<Vec<u8>> {
    let module = fs::read(module).with_context(|| module.display().to_string())?;
    ComponentEncoder::default().validate(true).module(&module)?.encode()
}

/// Replaced by renaming, so that whoever reads it sees the old one or the new one, and untouched if they are the same.
fn write_if_changed(file: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(file).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let new = file.with_extension(format!("new-{}", std::process::id()));
    fs::write(&new, bytes)?;
    fs::rename(&new, file).with_context(|| file.display().to_string())
}

fn remove_strangers(folder: &Path, guests: &[String]) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if file.extension().is_some_and(|extension| extension == "wasm") && !guests.iter().any(|guest| guest == stem) {
            fs::remove_file(file)?;
        }
    }
    Ok(())
}
