//! Components that `cargo xtask components` has built.

use std::path::Path;

use anyhow::{Context, Result};
use locum_core::{Deadline, Effect, Input, Settings, Start, View};
use locum_host::{Engines, Loaded, Loader, state_machine::StateMachine};
use locum_sim::Machine;

/// Loads a component by its name.
///
/// # Errors
/// It has not been built, or the host refuses it.
pub fn load(name: &str) -> Result<Loaded> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    let path = target.join("components").join(name).with_extension("wasm");
    let cache = tempfile::tempdir()?;
    let loader = Loader::new(Engines::new()?, cache.path())?;
    loader.load(&path).with_context(|| format!("{name} cannot be loaded; `cargo xtask components` builds it"))
}

/// The state machine as a component, where a simulated node expects one.
pub struct Component(StateMachine);

impl Component {
    /// As [`locum_core::Core::start`].
    ///
    /// # Panics
    /// If the component does not start.
    pub fn start(loaded: &Loaded, settings: Settings, start: Start) -> (Self, Vec<Effect>) {
        let (machine, effects) = StateMachine::start(loaded, settings, start).unwrap_or_else(|error| panic!("{error}"));
        (Self(machine), effects)
    }
}

impl Machine for Component {
    fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        self.0.handle(now_ms, input).unwrap_or_else(|fault| panic!("the component failed: {fault}"))
    }

    fn next_deadline(&self) -> Deadline {
        self.0.next_deadline()
    }

    fn view(&mut self) -> View {
        self.0.view().unwrap_or_else(|fault| panic!("the component failed: {fault}"))
    }
}
