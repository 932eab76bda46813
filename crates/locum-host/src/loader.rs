//! From a file to a compiled component.

use std::path::{Path, PathBuf};

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::cache::Cache;
use crate::engine::Engines;
use crate::error::HostError;
use crate::inspect::{self, Inspection, World};

/// Loads components, and keeps what it compiled.
pub struct Loader {
    engines: Engines,
    cache: Cache,
}

/// A component that has been checked and compiled. Handles are made from it; it can serve several.
#[derive(Clone)]
pub struct Loaded {
    path: PathBuf,
    inspection: Inspection,
    pub(crate) engine: Engine,
    pub(crate) component: Component,
}

impl Loader {
    /// A loader that keeps compiled components in `cache_dir`, which it makes where it is missing.
    ///
    /// # Errors
    /// The folder cannot be made, belongs to somebody else, or others may write to it.
    pub fn new(engines: Engines, cache_dir: impl AsRef<Path>) -> Result<Self, HostError> {
        Ok(Self { engines, cache: Cache::open(cache_dir.as_ref())? })
    }

    /// Loads a component: from the cache if it was compiled before, else by compiling it (tens of milliseconds).
    ///
    /// # Errors
    /// Everything of [`HostError`] but [`HostError::WrongWorld`], [`HostError::NotGranted`] and
    /// [`HostError::Faulty`], which come from the handles.
    pub fn load(&self, path: impl AsRef<Path>) -> Result<Loaded, HostError> {
        let path = path.as_ref();
        let wasm = inspect::read(path)?;
        let inspection = inspect::inspect_bytes(path, &wasm)?;
        let engine = match inspection.world {
            World::Policy | World::Transport | World::StateMachine => &self.engines.deterministic,
            World::Probe => &self.engines.probing,
        };
        let component = match self.cache.get(engine, &inspection.digest) {
            Some(component) => component,
            None => self.compile(engine, path, &wasm, &inspection.digest)?,
        };
        Ok(Loaded { path: path.to_owned(), inspection, engine: engine.clone(), component })
    }

    fn compile(&self, engine: &Engine, path: &Path, wasm: &[u8], digest: &str) -> Result<Component, HostError> {
        let component = Component::from_binary(engine, wasm).map_err(|error| rejected(path, &error))?;
        let compiled = component.serialize().map_err(|error| rejected(path, &error))?;
        // A full disk costs the next start some milliseconds, no more.
        if let Err(error) = self.cache.put(engine, digest, &compiled) {
            tracing::warn!("{}: compiled, but not kept: {error}", path.display());
        }
        Ok(component)
    }
}

impl Loaded {
    /// What the component is.
    pub fn inspection(&self) -> &Inspection {
        &self.inspection
    }

    /// Where it was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Refuses a component of another world.
    pub(crate) fn expect(&self, wanted: World) -> Result<(), HostError> {
        let found = self.inspection.world;
        if found == wanted { Ok(()) } else { Err(HostError::WrongWorld { path: self.path.clone(), found, wanted }) }
    }

    pub(crate) fn rejected(&self, error: &wasmtime::Error) -> HostError {
        rejected(&self.path, error)
    }

    pub(crate) fn faulty(&self, fault: crate::Fault) -> HostError {
        HostError::Faulty { path: self.path.clone(), fault }
    }
}

fn rejected(path: &Path, error: &wasmtime::Error) -> HostError {
    HostError::Rejected { path: path.to_owned(), reason: format!("{error:#}") }
}
