//! The state machine twice: itself and its component, side by side.

use locum_core::{Core, Effect, Input, Settings, Start};
use locum_host::{Loaded, state_machine::StateMachine};
use locum_prove::{Machine, Native};

use crate::{LoadError, expect, load};

/// What the proof runs, twice: every step is done by the state machine and by its component, and what comes of it (the
/// effects, and every bit of the state that follows) must be the same. A difference, or a fault of the component, is a panic.
pub struct Twin {
    native: Native,
    loaded: Loaded,
    component: Option<StateMachine>,
}

impl Twin {
    /// This state machine, and the component that comes with Locum.
    ///
    /// # Errors
    /// The component has not been built, or the host refuses it.
    pub fn load(native: Native) -> Result<Self, LoadError> {
        Ok(Self { native, loaded: load("locum-core-component")?, component: None })
    }
}

impl Machine for Twin {
    fn start(&mut self, settings: Settings, start: Start) -> (Core, Vec<Effect>) {
        let (component, twin_effects) = expect(StateMachine::start(&self.loaded, settings.clone(), start.clone()));
        let (core, effects) = self.native.start(settings, start);
        agree(&core, &effects, &component, &twin_effects);
        self.component = Some(component);
        (core, effects)
    }

    fn handle(&mut self, core: Core, input: Input) -> (Core, Vec<Effect>, Vec<&'static str>) {
        let component = self.component.as_mut().expect("a node starts before it goes on");
        expect(component.resume(&core));
        let twin_effects = expect(component.handle(Core::TIMELESS_MS, input.clone()));
        let (core, effects, rows) = self.native.handle(core, input);
        agree(&core, &effects, component, &twin_effects);
        (core, effects, rows)
    }
}

#[track_caller]
fn agree(core: &Core, effects: &[Effect], component: &StateMachine, twin_effects: &[Effect]) {
    assert_eq!(effects, twin_effects, "the component does something else");
    assert!(core.snapshot() == component.snapshot(), "the component goes on from somewhere else: {core:?}");
}
