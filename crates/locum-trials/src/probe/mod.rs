//! Probes: a look at nothing.

mod steps;

use std::fmt;
use std::time::Duration;

use cucumber::{World as _, step};
use locum_host::probe::{CheckFault, Probe, Report, Status};
use locum_host::{Grants, HostError, Loaded};

use crate::run::Subject;

/// One thing of each power, none of which exists. A component that imports a power is loaded only with a grant of it.
const GRANTS: [&str; 4] =
    ["tcp:nowhere.invalid:9", "http:nowhere.invalid:9", "exec:/nowhere/check", "process:/nowhere/service.pid"];

/// The state of a probe's scenario.
#[derive(Default, cucumber::World)]
struct ProbeWorld {
    loaded: Option<Loaded>,
    probe: Option<Probe>,
    settings: Vec<(String, String)>,
    asked: Option<String>,
    seen: Option<Result<Report, CheckFault>>,
}

impl ProbeWorld {
    /// The probe looks once. That it is refused what it asks for is no fault of its own.
    async fn look(&mut self, timeout: Duration) -> Result<(), String> {
        let keys: Vec<_> = self.settings.iter().take(3).map(|(key, _)| format!("`{key}`")).collect();
        let keys = if keys.is_empty() { "no settings".to_owned() } else { format!("settings {}", keys.join(", ")) };
        let more = if self.settings.len() > 3 { " and more" } else { "" };
        self.asked = Some(format!("probe, with {keys}{more}, for at most {} ms", timeout.as_millis()));
        self.seen = None;
        let loaded = self.loaded.as_ref().expect("the run hands the component over");
        let probe = match &mut self.probe {
            Some(probe) => probe,
            none => none.insert(start(loaded).await.map_err(|error| error.to_string())?),
        };
        let seen = probe.try_check(&self.settings, timeout).await;
        if let Err(fault @ (CheckFault::Failed(_) | CheckFault::Overran { .. })) = &seen {
            return Err(fault.to_string());
        }
        self.seen = Some(seen);
        Ok(())
    }

    fn seen(&self) -> Result<(Status, &str), String> {
        match &self.seen {
            Some(Ok(report)) => Ok((report.status, &report.message)),
            Some(Err(CheckFault::Hindered(why))) => Ok((Status::Unknown, why)),
            Some(Err(fault)) => Err(fault.to_string()),
            None => Err("the probe has not looked yet".to_owned()),
        }
    }
}

impl Subject for ProbeWorld {
    fn begin(&mut self, loaded: Loaded) {
        self.loaded = Some(loaded);
    }

    fn asked(&self) -> Option<String> {
        self.asked.clone()
    }

    fn answered(&self) -> Option<String> {
        let (status, message) = self.seen().ok()?;
        Some(format!("{}, with the message `{message}`", name(status)))
    }
}

impl fmt::Debug for ProbeWorld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProbeWorld").field("asked", &self.asked).finish_non_exhaustive()
    }
}

fn name(status: Status) -> &'static str {
    match status {
        Status::Up => "up",
        Status::Down => "down",
        Status::Unknown => "unknown",
    }
}

async fn start(loaded: &Loaded) -> Result<Probe, HostError> {
    let grants = Grants::parse(GRANTS).expect("these are grants");
    Probe::new(loaded, grants).await
}

pub(super) fn steps() -> step::Collection<impl Subject> {
    ProbeWorld::collection()
}

/// Every scenario is for every probe.
///
/// # Errors
/// The component does not fit its world.
pub(super) async fn claims(loaded: &Loaded) -> Result<Vec<String>, HostError> {
    match start(loaded).await {
        Ok(_) | Err(HostError::Faulty { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
