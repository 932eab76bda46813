//! What a component is, read from its imports and exports without compiling it.

use std::fmt;
use std::path::Path;

use serde::Serialize;
use sha2::{Digest, Sha256};
use wasmparser::{Encoding, Parser, Payload};

use crate::error::HostError;
use crate::grants::Power;

/// The package whose worlds this host knows.
const PACKAGE: &str = "locum:plugin/";

/// The kinds of plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum World {
    /// Says at which node each user belongs. Imports nothing.
    Policy,
    /// Turns frames into packets on links, and back. Imports nothing.
    Transport,
    /// Looks at a service. Imports the powers that it needs.
    Probe,
    /// The state machine of a node. Imports nothing.
    StateMachine,
}

impl World {
    const ALL: [Self; 4] = [Self::Policy, Self::Transport, Self::Probe, Self::StateMachine];

    /// The interface that makes a component one of this world.
    const fn interface(self) -> &'static str {
        match self {
            Self::Policy => "assignment",
            Self::Transport => "framing",
            Self::Probe => "check",
            Self::StateMachine => "machine",
        }
    }

    /// For error messages: every interface that a plugin may export.
    pub(crate) fn offered() -> String {
        Self::ALL.map(|world| format!("{PACKAGE}{}@1.x", world.interface())).join(", ")
    }

    /// For error messages: what a plugin of this world may import.
    pub(crate) const fn importable(self) -> &'static str {
        match self {
            Self::Probe => "locum:plugin/tcp, http, exec and process",
            _ => "nothing",
        }
    }
}

impl fmt::Display for World {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Policy => "policy",
            Self::Transport => "transport",
            Self::Probe => "probe",
            Self::StateMachine => "state-machine",
        })
    }
}

/// What `locum plugin inspect` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// What kind of plugin it is.
    pub world: World,
    /// The version of the WIT package that it was built against.
    pub package_version: String,
    /// Everything it imports, by full name.
    pub imports: Vec<String>,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: String,
    /// Length of the file.
    pub size_bytes: u64,
    /// One grant of the form it needs for each power that it imports.
    pub grants_wanted: Vec<String>,
}

/// Reads a component's nature from its file. Nothing of it is compiled or run.
///
/// # Errors
/// The file cannot be read, is no component, or is not a plugin that [`crate::Loader::load`] would take.
pub fn inspect(path: impl AsRef<Path>) -> Result<Inspection, HostError> {
    let path = path.as_ref();
    inspect_bytes(path, &read(path)?)
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, HostError> {
    std::fs::read(path).map_err(|source| HostError::Io { path: path.to_owned(), source })
}

pub(crate) fn inspect_bytes(path: &Path, wasm: &[u8]) -> Result<Inspection, HostError> {
    let (imports, exports) =
        names(wasm).map_err(|reason| HostError::NotAComponent { path: path.to_owned(), reason })?;
    let (world, package_version) = world_of(&exports).ok_or_else(|| HostError::NoWorld {
        path: path.to_owned(),
        found: if exports.is_empty() { "nothing".into() } else { exports.join(", ") },
    })?;
    let powers = powers_of(path, world, &imports)?;
    Ok(Inspection {
        world,
        package_version,
        digest: hex(&Sha256::digest(wasm)),
        size_bytes: wasm.len() as u64,
        grants_wanted: powers.iter().map(|power| power.example().to_owned()).collect(),
        imports,
    })
}

/// The powers that a component's imports stand for.
pub(crate) fn powers_of(path: &Path, world: World, imports: &[String]) -> Result<Vec<Power>, HostError> {
    let foreign = |import: &String| HostError::ForeignImport { path: path.to_owned(), world, import: import.clone() };
    let power = |import: &String| match interface(import) {
        Some((name, _)) if world == World::Probe => Power::named(name).ok_or_else(|| foreign(import)),
        _ => Err(foreign(import)),
    };
    imports.iter().map(power).collect()
}

/// The one world whose interface is among these exports, and the version of its package.
fn world_of(exports: &[String]) -> Option<(World, String)> {
    let mut found = exports.iter().filter_map(|export| {
        let (name, version) = interface(export)?;
        let world = World::ALL.into_iter().find(|world| world.interface() == name)?;
        Some((world, version.to_owned()))
    });
    found.next().filter(|_| found.next().is_none())
}

/// Splits `locum:plugin/NAME@1.VERSION`.
fn interface(name: &str) -> Option<(&str, &str)> {
    let (name, version) = name.strip_prefix(PACKAGE)?.split_once('@')?;
    version.starts_with("1.").then_some((name, version))
}

/// The names of what a component imports and exports.
fn names(wasm: &[u8]) -> Result<(Vec<String>, Vec<String>), String> {
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    // Modules and components lie nested in a component, and their payloads come in the same stream.
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.map_err(|error| error.to_string())? {
            Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                return Err("it is a core module; make a component of it (`cargo xtask components` does)".into());
            }
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    imports.push(import.map_err(|error| error.to_string())?.name.full_name().into_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    exports.push(export.map_err(|error| error.to_string())?.name.full_name().into_owned());
                }
            }
            _ => {}
        }
    }
    Ok((imports, exports))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
