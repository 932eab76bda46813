//! What others may see of a service.

use locum_core::Health;

use super::phase::Phase;
use crate::api::ServiceStatus;
use crate::clock::now_ms;

/// What is known of a service now.
#[derive(Default)]
pub(super) struct Seen {
    process: &'static str,
    pid: Option<u32>,
    health: Option<Health>,
    message: String,
    probed_at_ms: Option<u64>,
    down_since_ms: Option<u64>,
    restarts: u64,
}

impl Seen {
    /// Before anything happened.
    pub(super) fn new() -> Seen {
        Seen { process: Phase::Stopped.name(), ..Seen::default() }
    }

    /// Shows what there is of its process.
    pub(super) fn publish(&mut self, phase: &Phase) {
        self.process = phase.name();
        self.pid = phase.pid();
    }

    /// Shows what was found.
    pub(super) fn take_in(&mut self, health: Health, message: &str) {
        let now_ms = now_ms();
        self.health = Some(health);
        message.clone_into(&mut self.message);
        self.probed_at_ms = Some(now_ms);
        self.down_since_ms = match health {
            Health::Up => None,
            Health::Down => self.down_since_ms.or(Some(now_ms)),
            Health::Unknown => self.down_since_ms,
        };
    }

    /// Shows one more restart.
    pub(super) fn count_restart(&mut self) {
        self.restarts += 1;
    }

    /// What was found last, in words.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// Forgets what was found: the service is stopped, and nobody looks at it.
    pub(super) fn forget(&mut self) {
        *self = Seen { restarts: self.restarts, ..Seen::new() };
    }

    /// The same for people and programs.
    pub(super) fn status(&self, name: &str, critical: bool, database: bool) -> ServiceStatus {
        let ago = |at_ms: u64| now_ms().saturating_sub(at_ms);
        let health = match self.health {
            None => "",
            Some(Health::Up) => "up",
            Some(Health::Down) => "down",
            Some(Health::Unknown) => "unknown",
        };
        ServiceStatus {
            name: name.into(),
            critical,
            database,
            process: self.process.into(),
            pid: self.pid,
            health: health.into(),
            message: self.message.clone(),
            probed_ms_ago: self.probed_at_ms.map(ago),
            down_ms: self.down_since_ms.map(ago),
            restarts: self.restarts,
        }
    }
}
