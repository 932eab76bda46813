//! Which timers the nodes must have had, from how long they took.

use std::collections::BTreeMap;

use locum_config::Profile;
use locum_core::{Parameters, Reason, State};

use super::{Journal, transition_of};

/// A silence shorter than this is one of the profile `fast`, in milliseconds.
const FAST_MAX_MS: u64 = 20_000;
/// What is measured is so much more than what was set, at most: a part of it, and some milliseconds.
const MORE_PERCENT: u64 = 10;
const MORE_MS: u64 = 30;

/// The parameters of both nodes.
#[derive(Debug)]
pub(super) struct Timers {
    pub(super) profile: Profile,
    /// What is not as in the profile.
    pub(super) set: BTreeMap<String, String>,
    pub(super) parameters: Parameters,
}

impl Timers {
    pub(super) fn guess(journals: &[Journal]) -> Timers {
        let silences = measured(journals, |event, (_, reason)| {
            let by_time = event["trigger"] == "Timer" && reason == Reason::PeerDown;
            event["peer_silent_ms"].as_u64().filter(|silent_ms| by_time && *silent_ms > 0)
        });
        let delays = measured(journals, |event, (state, _)| {
            let gives_up = matches!(state, State::FailingOver | State::RunningInFailedMode);
            event["down_ms"].as_u64().filter(|down_ms| gives_up && event["trigger"] == "Timer" && *down_ms > 0)
        });
        let kernel = measured(journals, |event, _| (event["trigger"] == "PeerLoss").then_some(1));
        let slow = silences.or(delays).is_some_and(|ms| ms >= FAST_MAX_MS);
        let profile = if slow { Profile::Classic } else { Profile::Fast };
        let usual = profile.parameters();
        let mut set = BTreeMap::new();
        let mut differs = |key: &str, usual_ms: u64, measured_ms: Option<u64>| {
            if let Some(ms) = measured_ms.map(|ms| likely_ms(ms, usual_ms)).filter(|ms| *ms != usual_ms) {
                set.insert(key.to_owned(), format!("{ms}ms"));
            }
        };
        differs("keep_alive_timeout", usual.keep_alive_timeout_ms, silences);
        differs("critical_service_delay", usual.critical_service_delay_ms, delays);
        let timeout_ms = silences.map_or(usual.keep_alive_timeout_ms, |ms| likely_ms(ms, usual.keep_alive_timeout_ms));
        if timeout_ms < 2 * usual.keep_alive_interval_ms {
            set.insert("keep_alive_interval".into(), format!("{}ms", (timeout_ms / 3).max(10)));
        }
        if let Some(delay_ms) = fallback_delay_ms(journals) {
            set.insert("automatic_fallback".into(), "true".into());
            set.insert("automatic_fallback_delay".into(), format!("{delay_ms}ms"));
        }
        if kernel.is_some() && !usual.fast_peer_loss {
            set.insert("fast_peer_loss".into(), "true".into());
        }
        // A timeout of less than two of the shortest intervals is none that a node could have had.
        let parameters = locum_config::Timers::with(profile, &set).map_or(usual, |timers| timers.parameters());
        Timers { profile, set, parameters }
    }

    /// What has been guessed, for people.
    pub(super) fn told(&self) -> Vec<String> {
        let profile = self.profile.name();
        let set: Vec<String> = self.set.iter().map(|(key, value)| format!("{key} = {value}")).collect();
        let but = if set.is_empty() { String::new() } else { format!(", but {}", set.join(", ")) };
        vec![format!(
            "Timers are those of the profile {profile}{but}: journals say how long things took, not how they were set."
        )]
    }
}

/// The least of what is measured in transitions.
fn measured(journals: &[Journal], measure: impl Fn(&serde_json::Value, (State, Reason)) -> Option<u64>) -> Option<u64> {
    let events = journals.iter().flat_map(|journal| &journal.events);
    events.filter_map(|event| measure(&event.fields, transition_of(event)?)).min()
}

/// What was probably set, where this was measured: the usual value if that is just below, else a round one.
fn likely_ms(measured_ms: u64, usual_ms: u64) -> u64 {
    let is_usual = (usual_ms..=usual_ms + usual_ms * MORE_PERCENT / 100 + MORE_MS).contains(&measured_ms);
    let step_ms = if measured_ms < 1_000 { 10 } else { 100 };
    if is_usual { usual_ms } else { (measured_ms / step_ms * step_ms).max(20) }
}

/// For how long a node was Failed Over before it took its users back by itself, if it did.
fn fallback_delay_ms(journals: &[Journal]) -> Option<u64> {
    journals.iter().find_map(|journal| {
        let mut since_ms = None;
        journal.events.iter().find_map(|event| match transition_of(event)? {
            (State::FailedOver, _) => {
                since_ms = Some(event.at_unix_ms);
                None
            }
            (State::TakingBack, Reason::AutomaticFallback) => {
                since_ms.map(|since_ms| (event.at_unix_ms.saturating_sub(since_ms) / 100 * 100).max(100))
            }
            _ => None,
        })
    })
}
