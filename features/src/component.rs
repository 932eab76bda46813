//! The state machine as a component, where a simulated node expects one.

use std::path::Path;

use anyhow::{Context, Result};
use locum_core::{Deadline, Effect, Input, Settings, Start, View};
use locum_host::{Engines, Loaded, Loader, state_machine::StateMachine};
use locum_sim::{Factory, Machine};

/// The state machine of a node, run as a component. A fault of the component fails the test that meets it.
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

    /// As [`locum_core::Core::snapshot`].
    pub fn snapshot(&self) -> &[u8] {
        self.0.snapshot()
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

/// Loads a component that `cargo xtask components` has built, by its name.
///
/// # Errors
/// It has not been built, or the host refuses it.
pub fn load(name: &str) -> Result<Loaded> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    let path = target.join("components").join(name).with_extension("wasm");
    // Compiled code is trusted only in a folder of our own.
    let cache = tempfile::tempdir()?;
    let loader = Loader::new(Engines::new()?, cache.path())?;
    loader.load(&path).with_context(|| format!("{name} cannot be loaded; `cargo xtask components` builds it"))
}

/// Starts components where a simulated node expects a state machine.
pub fn factory(loaded: Loaded) -> Factory {
    Box::new(move |settings, start| {
        let (machine, effects) = Component::start(&loaded, settings, start);
        (Box::new(machine), effects)
    })
}
