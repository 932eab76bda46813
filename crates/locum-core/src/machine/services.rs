//! The health of the guarded services, and how long it has been so.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::input::Health;
use crate::parameters::Service;
use crate::state::Reason;

/// The guarded services.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Services {
    services: Vec<Service>,
    seen: Vec<Seen>,
    phase: Phase,
    /// Counts the starts: a probe that began before the last one says nothing.
    pub(super) run: u64,
}

/// Whether the services are meant to run, and do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    Stopped,
    Starting {
        since_ms: u64,
    },
    Started,
    /// The start timeout passed and a critical service was down.
    StartFailed,
}

/// What probes saw of one service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    health: Option<Health>,
    /// Since when it has not been up, from the first time that it was down.
    down_since_ms: Option<u64>,
    unknown_since_ms: Option<u64>,
    /// Down for the critical service delay; only being up ends that.
    past_delay: bool,
}

impl Services {
    pub(super) fn new(services: Vec<Service>) -> Services {
        let seen = services.iter().map(|_| Seen::default()).collect();
        Services { services, seen, phase: Phase::Stopped, run: 0 }
    }

    /// The services are to run; `again` where they are stopped first. Returns whether anything is to be done. What
    /// has been down past its delay stays so until it is up: to be told to start is not to be healthy.
    pub(super) fn start(&mut self, now_ms: u64, again: bool) -> bool {
        let runs = self.phase == Phase::Started && (!self.any_down() || self.unhealthy());
        let under_way = matches!(self.phase, Phase::Starting { .. } | Phase::StartFailed);
        if (runs || under_way) && !again {
            return false;
        }
        self.run += 1;
        self.seen.fill(Seen::default());
        self.phase = Phase::Starting { since_ms: now_ms };
        true
    }

    pub(super) fn stop(&mut self) {
        self.seen.fill(Seen::default());
        self.phase = Phase::Stopped;
    }

    /// Takes in what a probe saw. Returns whether that differs from before.
    pub(super) fn observe(&mut self, now_ms: u64, service: u16, run: u64, health: Health) -> bool {
        let Some(seen) = self.seen.get_mut(usize::from(service)) else { return false };
        if run != self.run || self.phase == Phase::Stopped {
            return false;
        }
        // A service that is starting is down until it is up: that is no news.
        let starting = matches!(self.phase, Phase::Starting { .. });
        let changed = seen.health != Some(health) && !(starting && health == Health::Down);
        seen.health = Some(health);
        if health == Health::Unknown {
            seen.unknown_since_ms.get_or_insert(now_ms);
        } else {
            seen.unknown_since_ms = None;
        }
        match health {
            Health::Up => (seen.down_since_ms, seen.past_delay) = (None, false),
            Health::Down => _ = seen.down_since_ms.get_or_insert(now_ms),
            Health::Unknown => {}
        }
        changed
    }

    /// Lets time pass: starts end, delays run out.
    pub(super) fn advance(&mut self, now_ms: u64, delay_ms: u64) {
        match self.phase {
            Phase::Starting { .. } | Phase::StartFailed if self.all_critical(|s| s.health == Some(Health::Up)) => {
                self.phase = Phase::Started;
            }
            Phase::Starting { since_ms } if now_ms >= since_ms.saturating_add(self.start_timeout_ms()) => {
                let down = !self.all_critical(|s| s.health != Some(Health::Down));
                self.phase = if down { Phase::StartFailed } else { Phase::Started };
            }
            _ => {}
        }
        if self.phase == Phase::Started {
            for seen in &mut self.seen {
                let down = seen.health == Some(Health::Down);
                seen.past_delay |= down && seen.due_ms(delay_ms).is_some_and(|due_ms| now_ms >= due_ms);
            }
        }
    }

    /// After a stall: what was down or unknown is so from now on (`docs/behaviour.md` §9.2).
    pub(super) fn listen_again(&mut self, now_ms: u64) {
        for seen in self.seen.iter_mut().filter(|seen| !seen.past_delay) {
            seen.down_since_ms = seen.down_since_ms.map(|_| now_ms);
            seen.unknown_since_ms = seen.unknown_since_ms.map(|_| now_ms);
        }
        if let Phase::Starting { since_ms } = &mut self.phase {
            *since_ms = now_ms;
        }
    }

    /// Forgets since when anything is as it is; see [`super::timeless`].
    pub(super) fn timeless(&mut self, now_ms: u64) {
        for seen in &mut self.seen {
            seen.down_since_ms = seen.down_since_ms.map(|_| now_ms);
            seen.unknown_since_ms = seen.unknown_since_ms.map(|_| now_ms);
        }
        if let Phase::Starting { since_ms } = &mut self.phase {
            *since_ms = now_ms;
        }
    }

    /// Lets the delay of a service that is down run out. Returns whether it was running.
    pub(super) fn run_out(&mut self, now_ms: u64, service: u16, delay_ms: u64) -> bool {
        let place = usize::from(service);
        let critical = self.services.get(place).is_some_and(|service| service.critical);
        let Some(seen) = self.seen.get_mut(place).filter(|_| critical && self.phase == Phase::Started) else {
            return false;
        };
        let runs = seen.health == Some(Health::Down) && !seen.past_delay;
        if runs {
            seen.down_since_ms = Some(now_ms - delay_ms);
        }
        runs
    }

    /// Lets the time run out in which services are to start. Returns whether it was running.
    pub(super) fn start_runs_out(&mut self, now_ms: u64) -> bool {
        let timeout_ms = self.start_timeout_ms();
        let Phase::Starting { since_ms } = &mut self.phase else { return false };
        *since_ms = now_ms - timeout_ms;
        true
    }

    pub(super) fn started(&self) -> bool {
        self.phase == Phase::Started
    }

    pub(super) fn starting(&self) -> bool {
        matches!(self.phase, Phase::Starting { .. })
    }

    /// A critical service is down past its delay, or the services did not start.
    pub(super) fn unhealthy(&self) -> bool {
        self.phase == Phase::StartFailed || !self.all_critical(|seen| !seen.past_delay)
    }

    /// A critical service is down, be it for ever so short a time.
    pub(super) fn any_down(&self) -> bool {
        !self.all_critical(|seen| seen.down_since_ms.is_none())
    }

    /// No probe can tell about a critical service, for longer than the delay.
    pub(super) fn unknown_for(&self, now_ms: u64, delay_ms: u64) -> bool {
        !self.all_critical(|seen| {
            seen.unknown_since_ms.is_none_or(|since_ms| now_ms < since_ms.saturating_add(delay_ms))
        })
    }

    /// Database Failure if a failing critical service is a database, otherwise Critical Service Down.
    pub(super) fn fault(&self) -> Reason {
        let failing =
            |seen: &Seen| seen.past_delay || (self.phase == Phase::StartFailed && seen.health != Some(Health::Up));
        let database = self
            .services
            .iter()
            .zip(&self.seen)
            .any(|(service, seen)| service.critical && service.database && failing(seen));
        if database { Reason::DatabaseFailure } else { Reason::CriticalServiceDown }
    }

    /// The critical service that has been down the longest, and since when.
    pub(super) fn worst(&self) -> Option<(u16, u64)> {
        (0..)
            .zip(self.services.iter().zip(&self.seen))
            .filter(|(_, (service, _))| service.critical)
            .filter_map(|(index, (_, seen))| seen.down_since_ms.map(|since_ms| (index, since_ms)))
            .min_by_key(|(_, since_ms)| *since_ms)
    }

    /// When time alone will change something next.
    pub(super) fn deadline_ms(&self, delay_ms: u64) -> Option<u64> {
        match self.phase {
            Phase::Stopped | Phase::StartFailed => None,
            Phase::Starting { since_ms } => Some(since_ms.saturating_add(self.start_timeout_ms())),
            Phase::Started => self
                .services
                .iter()
                .zip(&self.seen)
                .filter(|(service, seen)| service.critical && seen.health == Some(Health::Down) && !seen.past_delay)
                .filter_map(|(_, seen)| seen.due_ms(delay_ms))
                .min(),
        }
    }

    /// What probes last saw, in the order of the settings, and since when a service is down.
    pub(super) fn seen(&self) -> impl Iterator<Item = (Option<Health>, Option<u64>)> {
        self.seen.iter().map(|seen| (seen.health, seen.down_since_ms))
    }

    fn all_critical(&self, holds: impl Fn(&Seen) -> bool) -> bool {
        self.services.iter().zip(&self.seen).all(|(service, seen)| !service.critical || holds(seen))
    }

    fn start_timeout_ms(&self) -> u64 {
        let critical = self.services.iter().filter(|service| service.critical);
        critical.map(|service| service.start_timeout_ms).max().unwrap_or(0)
    }
}

impl Seen {
    fn due_ms(&self, delay_ms: u64) -> Option<u64> {
        self.down_since_ms.map(|since_ms| since_ms.saturating_add(delay_ms))
    }
}
