//! What each timer costs, in closed form.

use locum_core::Parameters;
use serde::Serialize;

use super::rates::{Lengths, Rates, Recurring, YEAR_MS};

/// A timer of the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// How long the peer may be silent.
    KeepAliveTimeout,
    /// Between two heartbeats, the timeout being what it is.
    KeepAliveInterval,
    /// How long a critical service may be down.
    CriticalServiceDelay,
    /// How long a starting node waits for its peer.
    InitializationKeepAliveTimeout,
}

impl Timer {
    /// Every timer that has a price.
    pub const ALL: [Timer; 4] = [
        Timer::KeepAliveTimeout,
        Timer::KeepAliveInterval,
        Timer::CriticalServiceDelay,
        Timer::InitializationKeepAliveTimeout,
    ];

    /// Its name in the configuration.
    pub const fn key(self) -> &'static str {
        match self {
            Timer::KeepAliveTimeout => "keep_alive_timeout",
            Timer::KeepAliveInterval => "keep_alive_interval",
            Timer::CriticalServiceDelay => "critical_service_delay",
            Timer::InitializationKeepAliveTimeout => "initialization_keep_alive_timeout",
        }
    }

    /// What waits while it runs.
    pub const fn waits(self) -> &'static str {
        match self {
            Timer::KeepAliveTimeout | Timer::KeepAliveInterval => "a host that dies without a word",
            Timer::CriticalServiceDelay => "a critical service that does not come back",
            Timer::InitializationKeepAliveTimeout => "a node that starts while its peer is dead",
        }
    }

    /// Its value.
    pub fn of(self, parameters: &Parameters) -> u64 {
        match self {
            Timer::KeepAliveTimeout => parameters.keep_alive_timeout_ms,
            Timer::KeepAliveInterval => parameters.keep_alive_interval_ms,
            Timer::CriticalServiceDelay => parameters.critical_service_delay_ms,
            Timer::InitializationKeepAliveTimeout => parameters.initialization_keep_alive_timeout_ms,
        }
    }

    /// The same parameters with another value of it.
    pub fn with(self, parameters: &Parameters, value_ms: u64) -> Parameters {
        let mut parameters = parameters.clone();
        let place = match self {
            Timer::KeepAliveTimeout => &mut parameters.keep_alive_timeout_ms,
            Timer::KeepAliveInterval => &mut parameters.keep_alive_interval_ms,
            Timer::CriticalServiceDelay => &mut parameters.critical_service_delay_ms,
            Timer::InitializationKeepAliveTimeout => &mut parameters.initialization_keep_alive_timeout_ms,
        };
        *place = value_ms;
        parameters
    }
}

/// What one value of a timer costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Price {
    /// The value, in milliseconds.
    pub value_ms: u64,
    /// Whether it is the present one.
    pub is_present: bool,
    /// How many heartbeats in a row must get lost until a node takes over for nothing; 0 where that is not the point.
    pub heartbeats: u64,
    /// Takeovers a year from a node that would have gone on by itself.
    pub false_failovers_per_year: FalseFailovers,
    /// For how long the users of a node that fails are served by nobody, on average, in milliseconds.
    pub outage_mean_ms: f64,
    /// At worst, in milliseconds.
    pub outage_max_ms: f64,
    /// Each user's share of that in a year, in seconds.
    pub outage_per_year_s: f64,
}

/// Where false failovers come from: how many a year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct FalseFailovers {
    /// From heartbeats that get lost one by one.
    pub loss: f64,
    /// From times in which nothing arrives; both nodes take over, which counts twice.
    pub burst_loss: f64,
    /// From nodes that stand still.
    pub stalls: f64,
    /// From services that would have come back by themselves.
    pub service_faults: f64,
    /// All of them.
    pub total: f64,
}

impl FalseFailovers {
    fn summed(self) -> FalseFailovers {
        FalseFailovers { total: self.loss + self.burst_loss + self.stalls + self.service_faults, ..self }
    }
}

/// What these values cost, as far as this timer decides it.
pub fn price(timer: Timer, parameters: &Parameters, rates: &Rates) -> Price {
    let (interval_ms, timeout_ms) = (parameters.keep_alive_interval_ms as f64, parameters.keep_alive_timeout_ms as f64);
    let (heartbeats, false_failovers, outage_mean_ms, outage_max_ms) = match timer {
        Timer::KeepAliveTimeout | Timer::KeepAliveInterval => (
            lost_in_a_row(parameters.keep_alive_timeout_ms, parameters.keep_alive_interval_ms),
            silences(parameters, rates),
            timeout_ms - interval_ms / 2.0,
            timeout_ms,
        ),
        Timer::CriticalServiceDelay => {
            let delay_ms = parameters.critical_service_delay_ms as f64;
            let service_faults = 2.0 * often(rates.service_faults.as_ref(), |lengths| lengths.longer_than(delay_ms));
            (0, FalseFailovers { service_faults, ..FalseFailovers::default() }, delay_ms, delay_ms)
        }
        Timer::InitializationKeepAliveTimeout => {
            let timeout_ms = parameters.initialization_keep_alive_timeout_ms as f64;
            (
                lost_in_a_row(parameters.initialization_keep_alive_timeout_ms, parameters.keep_alive_interval_ms),
                unheard_starts(parameters, rates),
                timeout_ms,
                timeout_ms,
            )
        }
    };
    Price {
        value_ms: timer.of(parameters),
        is_present: false,
        heartbeats,
        false_failovers_per_year: false_failovers.summed(),
        outage_mean_ms,
        outage_max_ms,
        outage_per_year_s: rates.crashes_per_year * outage_mean_ms / 1_000.0,
    }
}

/// How many heartbeats in a row must get lost until the peer counts as silent. Where the timeout is a whole number of
/// intervals, one more would be due at the timeout itself; whether that is in time is a matter of a millisecond, and is not
/// counted on.
fn lost_in_a_row(timeout_ms: u64, interval_ms: u64) -> u64 {
    timeout_ms.div_ceil(interval_ms).saturating_sub(1)
}

/// A living peer is not heard for the whole timeout; either node may be the one that does not hear.
fn silences(parameters: &Parameters, rates: &Rates) -> FalseFailovers {
    let (interval_ms, timeout_ms) = (parameters.keep_alive_interval_ms as f64, parameters.keep_alive_timeout_ms as f64);
    let in_a_row = lost_in_a_row(parameters.keep_alive_timeout_ms, parameters.keep_alive_interval_ms) as f64;
    let lost = rates.heartbeat_loss();
    // Where nothing is ever heard there is no run of losses that begins: each heartbeat that is due tells of silence.
    let runs_per_heartbeat = if lost < 1.0 { (1.0 - lost) * lost.powf(in_a_row) } else { 1.0 };
    FalseFailovers {
        loss: 2.0 * YEAR_MS / interval_ms * runs_per_heartbeat,
        burst_loss: 2.0
            * often(rates.burst_loss.as_ref(), |lengths| lengths.silence_of(in_a_row * interval_ms, interval_ms)),
        stalls: 2.0 * often(rates.stalls.as_ref(), |lengths| lengths.silence_of(timeout_ms, interval_ms)),
        ..FalseFailovers::default()
    }
}

/// A node starts beside a living peer and does not hear it. A node starts as often as it has crashed.
fn unheard_starts(parameters: &Parameters, rates: &Rates) -> FalseFailovers {
    let timeout_ms = parameters.initialization_keep_alive_timeout_ms as f64;
    let heartbeats = (timeout_ms / parameters.keep_alive_interval_ms as f64).floor();
    let starts_per_year = 2.0 * rates.crashes_per_year;
    let in_burst = match &rates.burst_loss {
        Some(Recurring { per_year, lengths: Lengths::Exponential { mean_ms } }) => {
            per_year * mean_ms / YEAR_MS * (-timeout_ms / mean_ms).exp()
        }
        _ => 0.0,
    };
    FalseFailovers {
        loss: starts_per_year * rates.heartbeat_loss().powf(heartbeats),
        burst_loss: starts_per_year * in_burst.min(1.0),
        ..FalseFailovers::default()
    }
}

fn often(trouble: Option<&Recurring>, share: impl Fn(&Lengths) -> f64) -> f64 {
    trouble.map_or(0.0, |trouble| trouble.per_year * share(&trouble.lengths))
}
