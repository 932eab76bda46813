//! The parameters of a history, by the keys of `docs/behaviour.md` §6.

use std::collections::BTreeMap;

use locum_core::Parameters;
use serde::{Deserialize, Serialize};

/// The least interval, in milliseconds.
const INTERVAL_MIN_MS: u64 = 10;
const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 3_600_000)];
const MODES: [&str; 3] = ["balanced", "active-standby", "none"];

/// The keys that can be set.
pub const KEYS: [&str; 13] = [
    "service_port",
    "admin_rpc_port",
    "critical_service_delay",
    "automatic_fallback",
    "automatic_fallback_delay",
    "initialization_keep_alive_timeout",
    "keep_alive_timeout",
    "keep_alive_interval",
    "fast_peer_loss",
    "monitor_authentication",
    "client_relogin_lower_limit",
    "client_relogin_upper_limit",
    "mode",
];

/// A set of timers to begin with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// It thinks in minutes.
    Classic,
    /// It thinks in milliseconds.
    #[default]
    Fast,
}

/// What cannot be a parameter. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// There is no such key.
    #[error("`{key}` is no parameter; there are {}", KEYS.map(|key| format!("`{key}`")).join(", "))]
    Key {
        /// What was given.
        key: String,
    },
    /// The key takes other values.
    #[error("`{key}` is {value:?}: give {wanted}")]
    Value {
        /// The key.
        key: String,
        /// What was given.
        value: String,
        /// What it takes.
        wanted: &'static str,
    },
    /// An interval that is too short.
    #[error("`keep_alive_interval` is {0} ms: give 10 ms or more")]
    Interval(u64),
    /// A timeout that a single lost heartbeat would exceed.
    #[error("`{key}` is {timeout_ms} ms, and two intervals are {}: give that or more", 2 * interval_ms)]
    Timeout {
        /// The key.
        key: &'static str,
        /// Its value, in milliseconds.
        timeout_ms: u64,
        /// The keep-alive interval, in milliseconds.
        interval_ms: u64,
    },
}

/// The parameters of this profile, with these keys set to these values.
///
/// # Errors
/// A key that there is not, or a value that it does not take.
pub fn parameters(profile: Profile, set: &BTreeMap<String, String>) -> Result<Parameters, SettingError> {
    let mut parameters = match profile {
        Profile::Classic => Parameters::classic(),
        Profile::Fast => Parameters::fast(),
    };
    for (key, value) in set {
        apply(&mut parameters, key, value)?;
    }
    let interval_ms = parameters.keep_alive_interval_ms;
    if interval_ms < INTERVAL_MIN_MS {
        return Err(SettingError::Interval(interval_ms));
    }
    let timeouts = [
        ("keep_alive_timeout", parameters.keep_alive_timeout_ms),
        ("initialization_keep_alive_timeout", parameters.initialization_keep_alive_timeout_ms),
    ];
    match timeouts.into_iter().find(|(_, timeout_ms)| *timeout_ms < 2 * interval_ms) {
        Some((key, timeout_ms)) => Err(SettingError::Timeout { key, timeout_ms, interval_ms }),
        None => Ok(parameters),
    }
}

fn apply(parameters: &mut Parameters, key: &str, value: &str) -> Result<(), SettingError> {
    let wrong = |wanted| SettingError::Value { key: key.into(), value: value.into(), wanted };
    let time = || duration_ms(value).ok_or(wrong("a whole number and ms, s, min or h, such as `20s`"));
    let switch = || match value {
        "on" | "yes" | "true" => Ok(true),
        "off" | "no" | "false" => Ok(false),
        _ => Err(wrong("`on` or `off`")),
    };
    let port = || value.parse().map_err(|_| wrong("a port from 0 to 65535"));
    match key {
        "service_port" => parameters.service_port = port()?,
        "admin_rpc_port" => parameters.admin_rpc_port = port()?,
        "critical_service_delay" => parameters.critical_service_delay_ms = time()?,
        "automatic_fallback" => parameters.automatic_fallback = switch()?,
        "automatic_fallback_delay" => parameters.automatic_fallback_delay_ms = time()?,
        "initialization_keep_alive_timeout" => parameters.initialization_keep_alive_timeout_ms = time()?,
        "keep_alive_timeout" => parameters.keep_alive_timeout_ms = time()?,
        "keep_alive_interval" => parameters.keep_alive_interval_ms = time()?,
        "fast_peer_loss" => parameters.fast_peer_loss = switch()?,
        "monitor_authentication" => parameters.monitor_authentication = switch()?,
        // No client logs in here, so that nothing follows from these two.
        "client_relogin_lower_limit" | "client_relogin_upper_limit" => _ = time()?,
        "mode" if MODES.contains(&value) => parameters.user_assignment_mode = value.into(),
        "mode" => return Err(wrong("`balanced`, `active-standby` or `none`")),
        _ => return Err(SettingError::Key { key: key.into() }),
    }
    Ok(())
}

/// `350ms`, `15s`, `30min` or `2h` in milliseconds.
pub fn duration_ms(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let (_, unit_ms) = UNITS.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*unit_ms)
}
