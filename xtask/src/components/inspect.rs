//! What a component is, by its own bytes, and whether that is what its world allows.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use wit_parser::{Resolve, WorldId, WorldItem, WorldKey, decoding};

/// One built component.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Component {
    /// The guest's package, and the name of its file without `.wasm`.
    pub(crate) name: String,
    /// The world of `wit/` that it is made for.
    pub(crate) world: String,
    /// The interfaces whose functions it calls, without package and version.
    pub(crate) imports: Vec<String>,
    /// The length of the file.
    pub(crate) size_bytes: u64,
    /// The digest of the file, in hexadecimal.
    pub(crate) sha256: String,
}

/// The worlds that `wit/` defines.
pub(super) struct Worlds(Vec<(String, Faces)>);

/// The interfaces on either side of a component that have functions.
#[derive(Debug)]
struct Faces {
    imports: BTreeSet<String>,
    exports: BTreeSet<String>,
}

impl Worlds {
    /// Reads the worlds of this folder.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(folder).with_context(|| folder.display().to_string())?;
        let worlds = resolve.packages[package].worlds.iter();
        Ok(Self(worlds.map(|(name, world)| (name.clone(), Faces::of(&resolve, *world))).collect()))
    }

    /// Says what a component is.
    ///
    /// # Errors
    /// If it is made for no world, or imports functions that its world does not offer.
    pub(super) fn inspect(&self, name: &str, bytes: &[u8]) -> Result<Component> {
        let decoding::DecodedWasm::Component(resolve, root) = decoding::decode(bytes)? else {
            bail!("{name} is not a component but a WIT package");
        };
        let faces = Faces::of(&resolve, root);
        Ok(Component {
            name: name.to_owned(),
            world: self.world_of(&faces).with_context(|| format!("{name} is refused"))?.to_owned(),
            imports: faces.imports.iter().map(|interface| short(interface).to_owned()).collect(),
            size_bytes: bytes.len() as u64,
            sha256: sha256(bytes),
        })
    }

    /// The world that a component is made for, by what it exports.
    fn world_of(&self, faces: &Faces) -> Result<&str> {
        let Some((world, allowed)) = self.0.iter().find(|(_, world)| world.exports == faces.exports) else {
            bail!("it exports {:?}, and no world in wit/ asks for exactly that", faces.exports);
        };
        let stray: Vec<_> = faces.imports.difference(&allowed.imports).collect();
        ensure!(
            stray.is_empty(),
            "it imports functions of {stray:?}, which the world {world} does not offer; look for a dependency that \
             wants a clock, randomness or the operating system"
        );
        Ok(world)
    }
}

impl Faces {
    fn of(resolve: &Resolve, world: WorldId) -> Self {
        let world = &resolve.worlds[world];
        let with_functions = |(key, item): (&WorldKey, &WorldItem)| match item {
            WorldItem::Interface { id, .. } if resolve.interfaces[*id].functions.is_empty() => None,
            WorldItem::Type { .. } => None,
            _ => Some(resolve.name_world_key(key)),
        };
        Self {
            imports: world.imports.iter().filter_map(with_functions).collect(),
            exports: world.exports.iter().filter_map(with_functions).collect(),
        }
    }
}

/// `tcp` of `locum:plugin/tcp@1.0.0`.
fn short(interface: &str) -> &str {
    let name = interface.rsplit('/').next().unwrap_or(interface);
    name.split('@').next().unwrap_or(name)
}

/// The SHA-256 of these bytes, in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of a file, if it can be read.
pub(super) fn sha256_of(file: &Path) -> Option<String> {
    Some(sha256(&fs::read(file).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faces(imports: &[&str], exports: &[&str]) -> Faces {
        let names = |names: &[&str]| names.iter().map(|name| format!("locum:plugin/{name}@1.0.0")).collect();
        Faces { imports: names(imports), exports: names(exports) }
    }

    fn worlds() -> Worlds {
        Worlds::read(&crate::workspace::root().join("wit")).unwrap()
    }

    #[test]
    fn a_component_is_known_by_what_it_exports() {
        let worlds = worlds();
        assert_eq!(worlds.world_of(&faces(&[], &["assignment"])).unwrap(), "policy");
        assert_eq!(worlds.world_of(&faces(&["exec"], &["check"])).unwrap(), "probe");
        assert!(worlds.world_of(&faces(&[], &["assignment", "check"])).is_err());
        assert!(worlds.world_of(&faces(&[], &[])).is_err());
    }

    #[test]
    fn a_pure_component_imports_no_function() {
        let error = worlds().world_of(&faces(&["tcp"], &["assignment"])).unwrap_err().to_string();
        assert!(error.contains("locum:plugin/tcp@1.0.0"), "{error}");
        assert!(error.contains("the world policy does not offer"), "{error}");
        assert!(worlds().world_of(&faces(&["sockets"], &["check"])).is_err(), "nor one that no tier offers");
    }

    #[test]
    fn interfaces_go_by_their_names() {
        assert_eq!(short("locum:plugin/tcp@1.0.0"), "tcp");
    }
}
