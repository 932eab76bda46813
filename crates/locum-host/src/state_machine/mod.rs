//! The state machine of a node, run as a component. It takes and gives the core's own types.

mod convert;

use locum_core::{Core, Deadline, Effect, Input, Settings, Start, View};

use crate::bindings::state_machine::StateMachine as StateMachineWorld;
use crate::bindings::state_machine::exports::locum::plugin::machine as wit;
use crate::error::{Fault, HostError};
use crate::guest::Guest;
use crate::{Limits, Loaded, World};

/// A state machine at work. After a [`Fault`] the next call goes on in a fresh instance from where the machine was
/// before the call that failed: one input is lost, and nothing else.
pub struct StateMachine {
    guest: Guest<StateMachineWorld>,
    deadline: Deadline,
    snapshot: Vec<u8>,
}

impl StateMachine {
    /// A daemon starts: the machine, and what is to be done first.
    ///
    /// # Errors
    /// As [`StateMachine::start_with_limits`].
    pub fn start(loaded: &Loaded, settings: Settings, start: Start) -> Result<(Self, Vec<Effect>), HostError> {
        Self::start_with_limits(loaded, settings, start, Limits::of(World::StateMachine))
    }

    /// As [`StateMachine::start`], within these limits.
    ///
    /// # Errors
    /// The component is of another world, lacks a function, or fails at this first call.
    pub fn start_with_limits(
        loaded: &Loaded,
        settings: Settings,
        start: Start,
        limits: Limits,
    ) -> Result<(Self, Vec<Effect>), HostError> {
        loaded.expect(World::StateMachine)?;
        let bind = |store: &mut _, instance: &_| StateMachineWorld::new(store, instance);
        let guest =
            Guest::new(&loaded.engine, &loaded.component, limits, bind).map_err(|error| loaded.rejected(&error))?;
        let mut machine = Self { guest, deadline: Deadline { at_ms: u64::MAX, token: 0 }, snapshot: Vec::new() };
        let (settings, start) = (settings.into(), start.into());
        let effects = machine
            .call(|store, guest| guest.call_start(store, &settings, &start))
            .and_then(|outcome| machine.take(outcome))
            .map_err(|fault| loaded.faulty(fault))?;
        Ok((machine, effects))
    }

    /// Takes in one input at this time and gives what is to be done, in order.
    ///
    /// # Errors
    /// The plugin failed, or answered what is no effect. The input has had no effect.
    pub fn handle(&mut self, now_ms: u64, input: Input) -> Result<Vec<Effect>, Fault> {
        self.revive()?;
        let input = input.into();
        let outcome = self.call(|store, guest| guest.call_handle(store, now_ms, &input))?;
        self.take(outcome)
    }

    /// Goes on from where this machine is.
    ///
    /// # Errors
    /// The plugin failed, or does not take the snapshot. The next call begins with it.
    pub fn resume(&mut self, core: &Core) -> Result<(), Fault> {
        (self.snapshot, self.deadline) = (core.snapshot(), core.next_deadline());
        self.restore()
    }

    /// When the machine wants to be called next, with [`Input::Timer`].
    pub fn next_deadline(&self) -> Deadline {
        self.deadline
    }

    /// What the node shows of itself.
    ///
    /// # Errors
    /// The plugin failed, or answered what is no view.
    pub fn view(&mut self) -> Result<View, Fault> {
        self.revive()?;
        let view = self.call(|store, guest| guest.call_view(store))?;
        postcard::from_bytes(&view).map_err(|error| self.guest.invalid(format!("a view that cannot be read: {error}")))
    }

    /// Everything, as bytes that [`locum_core::Core::restore`] takes.
    pub fn snapshot(&self) -> &[u8] {
        &self.snapshot
    }

    fn call<R>(
        &mut self,
        call: impl FnOnce(&mut wasmtime::Store<crate::limits::Meter>, &wit::Guest) -> wasmtime::Result<R>,
    ) -> Result<R, Fault> {
        self.guest.call(0, |store, world| call(store, world.locum_plugin_machine()))
    }

    /// Puts a fresh instance where the last one was before it failed.
    fn revive(&mut self) -> Result<(), Fault> {
        if self.guest.is_live() { Ok(()) } else { self.restore() }
    }

    fn restore(&mut self) -> Result<(), Fault> {
        let snapshot = std::mem::take(&mut self.snapshot);
        let restored = self.call(|store, guest| guest.call_restore(store, &snapshot));
        self.snapshot = snapshot;
        if restored? { Ok(()) } else { Err(self.guest.invalid("it does not take back its own snapshot".into())) }
    }

    /// Reads an outcome, and makes sure that the machine can go on from here.
    fn take(&mut self, outcome: wit::Outcome) -> Result<Vec<Effect>, Fault> {
        let effects = outcome.effects.into_iter().map(convert::effect).collect::<Option<Vec<_>>>();
        let Some(effects) = effects else {
            return Err(self.guest.invalid("an effect with a state, reason, heartbeat or memory that is none".into()));
        };
        self.snapshot = self.call(|store, guest| guest.call_snapshot(store))?;
        self.deadline = Deadline { at_ms: outcome.deadline.at_ms, token: outcome.deadline.token };
        Ok(effects)
    }
}
