//! Journal entries in words (`docs/behaviour.md` §9.4).

use locum_core::{Health, Notice, State, Transition, table};
use locum_store::JournalEntry;
use serde_json::json;

use crate::clock;
use crate::supervise::Incident;

/// A transition: what happened, why, and on what evidence.
pub(crate) fn transition(transition: &Transition, services: &[String]) -> JournalEntry {
    let (from, to) = (transition.from, transition.to);
    let why = table::ROWS.iter().find(|row| row.id == transition.row).map_or("", |row| row.why);
    let evidence = &transition.evidence;
    let service = evidence.failing_service.and_then(|index| services.get(usize::from(index)));
    let mut text = format!("{} ({}) → {} ({}): {why}", from.0, from.1, to.0, to.1);
    if evidence.peer_silent_ms > 0 && matches!(to.0, State::TakingOver | State::FailedOver | State::RunningInBackupMode)
    {
        text.push_str(&format!(" The peer was last heard {} ms ago.", evidence.peer_silent_ms));
    }
    if let Some(service) = service {
        text.push_str(&format!(" Service {service} has been down for {} ms.", evidence.down_ms));
    }
    let fields = json!({
        "row": transition.row,
        "from": { "state": from.0.name(), "reason": from.1.name() },
        "to": { "state": to.0.name(), "reason": to.1.name() },
        "epoch": transition.epoch,
        "at_ms": transition.at_ms,
        "trigger": format!("{:?}", evidence.trigger),
        "peer": evidence.peer.map(|(state, reason)| json!({ "state": state.name(), "reason": reason.name() })),
        "peer_silent_ms": evidence.peer_silent_ms,
        "failing_service": service,
        "down_ms": evidence.down_ms,
    });
    entry_at(transition.at_ms, "transition", text, fields)
}

/// Something else that the state machine has noticed.
pub(crate) fn notice(notice: &Notice, services: &[String]) -> JournalEntry {
    match notice {
        Notice::Stalled { late_ms } => entry(
            "stall",
            format!("This node itself was {late_ms} ms late: it suspects nobody until it has listened again."),
            json!({ "late_ms": late_ms }),
        ),
        Notice::ServiceHealth { service, health } => {
            let name = services.get(usize::from(*service)).map_or("", String::as_str);
            let health = health_name(*health);
            entry("service", format!("Service {name} is {health}."), json!({ "service": name, "health": health }))
        }
        Notice::Alarm { alarm, raised } => {
            let verb = if *raised { "Alarm" } else { "Alarm ended" };
            entry(
                "alarm",
                format!("{verb}: {}.", alarm.text()),
                json!({ "alarm": format!("{alarm:?}"), "raised": raised }),
            )
        }
    }
}

/// What befell a service.
pub(crate) fn incident(incident: &Incident) -> JournalEntry {
    match incident {
        Incident::Fenced { service, until_ms } => {
            let ago_ms = clock::now_ms().saturating_sub(*until_ms);
            let why = "the daemon had not renewed its leave to serve in time";
            let text = format!("Service {service} was killed by the fence {ago_ms} ms ago: {why}.");
            entry("fence", text, json!({ "service": service, "until_ms": until_ms, "ago_ms": ago_ms }))
        }
        Incident::NotTold { service, epoch, why } => {
            let text = format!("Service {service} was not told of epoch {epoch}: {why}.");
            entry("epoch", text, json!({ "service": service, "epoch": epoch }))
        }
    }
}

/// An entry of any other kind.
pub(crate) fn entry(kind: &str, text: impl Into<String>, fields: serde_json::Value) -> JournalEntry {
    JournalEntry::new(clock::unix_ms(), kind, text, fields)
}

fn entry_at(at_ms: u64, kind: &str, text: String, fields: serde_json::Value) -> JournalEntry {
    let ago_ms = clock::now_ms().saturating_sub(at_ms);
    JournalEntry::new(clock::unix_ms().saturating_sub(ago_ms), kind, text, fields)
}

/// `up`, `down` or `unknown`.
pub(crate) fn health_name(health: Health) -> &'static str {
    match health {
        Health::Up => "up",
        Health::Down => "down",
        Health::Unknown => "unknown",
    }
}
