//! A running plugin of a deterministic world: one store, dropped at its first fault.

use wasmtime::component::{Component, Instance, InstancePre, Linker};
use wasmtime::{Engine, Store};

use crate::Limits;
use crate::engine::ticks;
use crate::error::Fault;
use crate::limits::Meter;

/// Finds the functions of a world in an instance.
pub(crate) type Bind<B> = fn(&mut Store<Meter>, &Instance) -> wasmtime::Result<B>;

/// A component of a deterministic world with its limits, and its store while that lives.
pub(crate) struct Guest<B> {
    pre: InstancePre<Meter>,
    bind: Bind<B>,
    limits: Limits,
    live: Option<(Store<Meter>, B)>,
}

impl<B> Guest<B> {
    /// Links a component to nothing.
    pub(crate) fn new(engine: &Engine, component: &Component, limits: Limits, bind: Bind<B>) -> wasmtime::Result<Self> {
        let pre = Linker::new(engine).instantiate_pre(component)?;
        Ok(Self { pre, bind, limits, live: None })
    }

    pub(crate) fn is_live(&self) -> bool {
        self.live.is_some()
    }

    /// Calls the plugin, in a fresh store where there is none. `rows` is how many user rows it is given.
    pub(crate) fn call<R>(
        &mut self,
        rows: usize,
        call: impl FnOnce(&mut Store<Meter>, &B) -> wasmtime::Result<R>,
    ) -> Result<R, Fault> {
        let fuel = self.limits.fuel_per_call.saturating_add(self.limits.fuel_per_row.saturating_mul(rows as u64));
        self.try_call(fuel, call).map_err(|error| Fault::of(&error, &self.limits))
    }

    /// Drops the store: a plugin that answers nonsense is not to be trusted with its memory either.
    pub(crate) fn distrust(&mut self) {
        self.live = None;
    }

    /// Refuses the answer of the call just made.
    pub(crate) fn invalid(&mut self, why: String) -> Fault {
        self.distrust();
        Fault::Invalid(why)
    }

    fn try_call<R>(
        &mut self,
        fuel: u64,
        call: impl FnOnce(&mut Store<Meter>, &B) -> wasmtime::Result<R>,
    ) -> wasmtime::Result<R> {
        // Taken out for the call and put back only after success: a trap poisons the instance.
        let (mut store, world) = match self.live.take() {
            Some(live) => live,
            None => self.start(fuel)?,
        };
        store.set_fuel(fuel)?;
        store.set_epoch_deadline(ticks(self.limits.deadline_ms));
        let answer = call(&mut store, &world)?;
        self.live = Some((store, world));
        Ok(answer)
    }

    fn start(&self, fuel: u64) -> wasmtime::Result<(Store<Meter>, B)> {
        let mut store = Store::new(self.pre.engine(), Meter::new(self.limits));
        store.limiter(|meter| meter);
        store.set_hostcall_fuel(self.limits.returned_bytes_max);
        store.set_fuel(fuel)?;
        store.set_epoch_deadline(ticks(self.limits.deadline_ms));
        let instance = self.pre.instantiate(&mut store)?;
        let world = (self.bind)(&mut store, &instance)?;
        Ok((store, world))
    }
}
