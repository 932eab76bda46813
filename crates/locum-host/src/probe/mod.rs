//! Probes: whether a service works.
//!
//! A probe may wait for the host, so it runs on the probing engine. Two clocks end it: the time it computes, counted
//! in epoch ticks that pass while guest code runs, and the time of the whole check, waiting included.

mod exec;
mod http;
mod process;
mod state;
mod tcp;

use std::time::Duration;

use wasmtime::component::{HasSelf, InstancePre, Linker};
use wasmtime::{Store, UpdateDeadline};

use crate::bindings::probe::Probe as ProbeWorld;
use crate::bindings::probe::exports::locum::plugin::check as wit;
use crate::bindings::probe::locum::plugin as wit_powers;
use crate::engine::ticks;
use crate::error::{Fault, HostError};
use crate::inspect::powers_of;
use crate::{Grants, Limits, Loaded, Power, World};

use state::State;

/// The longest message of a report, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 512;
/// The most measured values of a report.
pub const MEASURES_MAX: usize = 32;

/// What a probe makes of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It works.
    Up,
    /// It does not.
    Down,
    /// The probe cannot tell. Never to be taken for down.
    Unknown,
}

/// One measured value.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// Its name.
    pub name: String,
    /// Its value, a finite number.
    pub value: f64,
    /// Its unit (`s`, `%`, `B`, `c`), or nothing.
    pub unit: String,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The verdict.
    pub status: Status,
    /// One line for people, of at most [`MESSAGE_BYTES_MAX`] bytes.
    pub message: String,
    /// At most [`MEASURES_MAX`] values.
    pub measures: Vec<Measure>,
}

/// Why a check found nothing out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckFault {
    /// The plugin failed.
    #[error("the probe failed: {0}")]
    Failed(#[from] Fault),
    /// It took too long, waiting included.
    #[error("the probe gave no verdict within {timeout_ms} ms")]
    Overran {
        /// What it was given.
        timeout_ms: u32,
    },
    /// It asked for what is not granted, or the host itself was short of something.
    #[error("{0}")]
    Hindered(String),
}

/// A probe plugin at work, with what the operator granted to it.
pub struct Probe {
    pre: InstancePre<State>,
    grants: Grants,
    limits: Limits,
    live: Option<(Store<State>, ProbeWorld)>,
}

impl Probe {
    /// Starts a probe with the default limits.
    ///
    /// # Errors
    /// As [`Probe::with_limits`].
    pub async fn new(loaded: &Loaded, grants: Grants) -> Result<Self, HostError> {
        Self::with_limits(loaded, grants, Limits::of(World::Probe)).await
    }

    /// Links a component to the powers that it imports, and starts it.
    ///
    /// # Errors
    /// The component is of another world, imports a power of which nothing is granted, lacks a function, or fails
    /// while it starts.
    pub async fn with_limits(loaded: &Loaded, grants: Grants, limits: Limits) -> Result<Self, HostError> {
        loaded.expect(World::Probe)?;
        let pre = link(loaded, &grants)?.map_err(|error| loaded.rejected(&error))?;
        let mut probe = Self { pre, grants, limits, live: None };
        let live = probe.start().await.map_err(|error| loaded.faulty(Fault::of(&error, &limits)))?;
        probe.live = Some(live);
        Ok(probe)
    }

    /// Looks at the service once, within `timeout`. `settings` go to the plugin in this order.
    ///
    /// There is always a report. Where the plugin fails, takes too long, or asks for what is not granted, it is
    /// [`Status::Unknown`] and the message says why.
    pub async fn check(&mut self, settings: &[(String, String)], timeout: Duration) -> Report {
        self.try_check(settings, timeout).await.unwrap_or_else(|fault| unknown(&fault.to_string()))
    }

    /// As [`Probe::check`], for callers who tell a probe that says unknown from one that cannot be asked.
    ///
    /// # Errors
    /// The plugin failed, took too long, or was hindered.
    pub async fn try_check(&mut self, settings: &[(String, String)], timeout: Duration) -> Result<Report, CheckFault> {
        let timeout_ms = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
        let asked = tokio::time::timeout(timeout, self.ask(settings, timeout_ms)).await;
        let answer = asked.map_err(|_| CheckFault::Overran { timeout_ms })?;
        let (report, trouble) = answer.map_err(|error| Fault::of(&error, &self.limits))?;
        trouble.map_or_else(|| Ok(tidied(report)), |trouble| Err(CheckFault::Hindered(trouble)))
    }

    /// The plugin's answer, and what hindered it.
    async fn ask(
        &mut self,
        settings: &[(String, String)],
        timeout_ms: u32,
    ) -> wasmtime::Result<(wit::Report, Option<String>)> {
        // Taken out for the call and put back only after success: a trap, or a check given up, poisons the instance.
        let (mut store, world) = match self.live.take() {
            Some(live) => live,
            None => self.start().await?,
        };
        store.data_mut().begin(ticks(self.limits.deadline_ms));
        store.set_epoch_deadline(1);
        let report = world.locum_plugin_check().call_probe(&mut store, settings, timeout_ms).await?;
        let trouble = store.data_mut().take_trouble();
        self.live = Some((store, world));
        Ok((report, trouble))
    }

    async fn start(&self) -> wasmtime::Result<(Store<State>, ProbeWorld)> {
        let mut store = Store::new(self.pre.engine(), State::new(self.grants.clone(), self.limits));
        store.limiter(|state| &mut state.meter);
        store.set_hostcall_fuel(self.limits.returned_bytes_max);
        store.data_mut().begin(ticks(self.limits.deadline_ms));
        store.set_epoch_deadline(1);
        // Called only when a tick has passed and guest code runs, so a long wait in the host costs one tick.
        store.epoch_deadline_callback(|mut store| {
            Ok(if store.data_mut().spend_tick() { UpdateDeadline::Yield(1) } else { UpdateDeadline::Interrupt })
        });
        let instance = self.pre.instantiate_async(&mut store).await?;
        let world = ProbeWorld::new(&mut store, &instance)?;
        Ok((store, world))
    }
}

/// The outer error is the operator's to mend, the inner one the plugin author's.
fn link(loaded: &Loaded, grants: &Grants) -> Result<wasmtime::Result<InstancePre<State>>, HostError> {
    let powers = powers_of(loaded.path(), World::Probe, &loaded.inspection().imports)?;
    if let Some(power) = powers.iter().copied().find(|power| !grants.any_of(*power)) {
        return Err(HostError::NotGranted { path: loaded.path().to_owned(), power });
    }
    let mut linker = Linker::<State>::new(&loaded.engine);
    let mut add = |power| match power {
        Power::Tcp => wit_powers::tcp::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state),
        Power::Http => wit_powers::http::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state),
        Power::Exec => wit_powers::exec::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state),
        Power::Process => wit_powers::process::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state),
    };
    let linked = powers.into_iter().try_for_each(&mut add);
    Ok(linked.and_then(|()| linker.instantiate_pre(&loaded.component)))
}

fn unknown(message: &str) -> Report {
    Report { status: Status::Unknown, message: one_line(message), measures: Vec::new() }
}

/// A plugin's report, cut to the sizes that the rest of the node counts on.
fn tidied(report: wit::Report) -> Report {
    let status = match report.status {
        wit::Status::Up => Status::Up,
        wit::Status::Down => Status::Down,
        wit::Status::Unknown => Status::Unknown,
    };
    let measures = report.measures.into_iter().filter(|measure| measure.value.is_finite()).take(MEASURES_MAX);
    let measures = measures
        .map(|measure| Measure { name: one_line(&measure.name), value: measure.value, unit: one_line(&measure.unit) })
        .collect();
    Report { status, message: one_line(&report.message), measures }
}

/// The first line, without control characters, of at most [`MESSAGE_BYTES_MAX`] bytes.
fn one_line(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let end = line.floor_char_boundary(MESSAGE_BYTES_MAX);
    line[..end].chars().filter(|c| !c.is_control()).collect()
}
