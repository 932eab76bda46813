//! What can go wrong: with a component that is being loaded, and with one that runs.

use std::path::PathBuf;

use crate::World;
use crate::limits::{MemoryCap, TableCap};

/// Why a component was not loaded. Nothing is left half done.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The engines could not be made.
    #[error("the WebAssembly engine does not start: {0}")]
    Engine(String),
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Others could put code into the cache.
    #[error("the folder for compiled components, {}, is not safe: {reason}; remove it, or name another", path.display())]
    UnsafeCache {
        /// The folder, or the file in it.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Not WebAssembly, a core module, or damaged.
    #[error("{}: not a WebAssembly component: {reason}", path.display())]
    NotAComponent {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        reason: String,
    },
    /// It exports none of the interfaces, or more than one.
    #[error("{}: not a plugin of this host: it exports {found}; a plugin exports one of {}", path.display(), World::offered())]
    NoWorld {
        /// The file.
        path: PathBuf,
        /// What it exports.
        found: String,
    },
    /// A plugin, but of another kind.
    #[error("{}: this is a {found} plugin, but a {wanted} plugin is wanted here", path.display())]
    WrongWorld {
        /// The file.
        path: PathBuf,
        /// Its world.
        found: World,
        /// The world that was asked for.
        wanted: World,
    },
    /// It asks for something that nobody can grant.
    #[error("{}: a {world} plugin may import {}, but this component imports {import}", path.display(), world.importable())]
    ForeignImport {
        /// The file.
        path: PathBuf,
        /// Its world.
        world: World,
        /// The import.
        import: String,
    },
    /// A probe asks for a power of which the operator has granted nothing.
    #[error("{}: the component imports locum:plugin/{power}, but nothing is granted; add grants = [\"{}\"] to this probe", path.display(), power.example())]
    NotGranted {
        /// The file.
        path: PathBuf,
        /// The power.
        power: crate::Power,
    },
    /// Compiling failed, or the functions are not those of the world.
    #[error("{}: {reason}", path.display())]
    Rejected {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// It failed at its first call.
    #[error("{}: the plugin does not start: {fault}", path.display())]
    Faulty {
        /// The file.
        path: PathBuf,
        /// How it failed.
        fault: Fault,
    },
}

/// How a running plugin failed. Its store has been dropped; the next call starts a fresh one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It trapped, or a host function ended it.
    #[error("it trapped: {0}")]
    Trapped(String),
    /// It used up the fuel of the call: the deadline that is the same on every machine.
    #[error("it used up its fuel")]
    OutOfFuel,
    /// It ran past the deadline by the clock.
    #[error("it ran for longer than {deadline_ms} ms")]
    Overran {
        /// The deadline of the call.
        deadline_ms: u64,
    },
    /// It asked for more memory than it may have.
    #[error("it asked for more than {bytes_max} bytes of memory")]
    TooMuchMemory {
        /// The cap.
        bytes_max: usize,
    },
    /// It asked for larger tables than it may have.
    #[error("it asked for tables of more than {elements_max} elements")]
    TooLargeTable {
        /// The cap.
        elements_max: usize,
    },
    /// It handed over more than it may in one call.
    #[error("it handed over more than {bytes_max} bytes")]
    TooMuchReturned {
        /// The cap.
        bytes_max: usize,
    },
    /// It answered, but not as its world promises.
    #[error("its answer is invalid: {0}")]
    Invalid(String),
}

impl Fault {
    /// Sorts what wasmtime reports.
    pub(crate) fn of(error: &wasmtime::Error, limits: &crate::Limits) -> Self {
        if let Some(MemoryCap { bytes_max }) = error.downcast_ref() {
            return Self::TooMuchMemory { bytes_max: *bytes_max };
        }
        if let Some(TableCap { elements_max }) = error.downcast_ref() {
            return Self::TooLargeTable { elements_max: *elements_max };
        }
        match error.downcast_ref::<wasmtime::Trap>() {
            Some(wasmtime::Trap::OutOfFuel) => Self::OutOfFuel,
            Some(wasmtime::Trap::Interrupt) => Self::Overran { deadline_ms: limits.deadline_ms },
            Some(trap) => Self::Trapped(trap.to_string().trim_start_matches("wasm trap: ").to_owned()),
            None => {
                let cause = error.root_cause().to_string();
                // wasmtime keeps the type of this error to itself.
                if cause.contains("fuel allocated for hostcalls") {
                    return Self::TooMuchReturned { bytes_max: limits.returned_bytes_max };
                }
                Self::Trapped(cause)
            }
        }
    }
}
