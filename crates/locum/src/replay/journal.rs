//! From journals to a history: what a node wrote down tells what must have happened to it, and when. All of that is a
//! conclusion, and is told as one.

mod conclude;
mod guess;

use locum_core::{Reason, State};
use locum_node::api::Event;
use locum_sim::{
    Node,
    history::{Guarded, Happening, History, SPAN_MAX_MS, USERS_MAX, What, usual_services},
};
use serde::Serialize;

use super::{Story, printable};
use conclude::Conclusions;
use guess::Timers;

/// What a node has written down.
#[derive(Debug)]
pub(crate) struct Journal {
    /// What the node is called, where its journal says so.
    name: Option<String>,
    /// Its entries, in order.
    events: Vec<Event>,
}

/// A change of state that a node has written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Seen {
    /// The node.
    pub(crate) node: Node,
    /// When, in milliseconds since the beginning of the history.
    pub(crate) at_ms: u64,
    /// Where it went.
    pub(crate) to: (State, Reason),
}

impl Journal {
    /// The journal with these entries.
    ///
    /// # Errors
    /// There is none that says anything about the node.
    pub(crate) fn new(mut events: Vec<Event>) -> Result<Journal, String> {
        events.sort_by_key(|event| event.sequence);
        if !events.iter().any(|event| transition_of(event).is_some()) {
            return Err("there is no transition in this journal: ask for more of it, with `locum events -n 500`".into());
        }
        let started = |event: &Event| {
            let words = event.text.strip_prefix("The daemon of node ")?;
            words.strip_suffix(" has started.").map(str::to_owned)
        };
        Ok(Journal { name: events.iter().find_map(started).map(|name| printable(&name)), events })
    }

    /// Whether both have the same entries.
    fn is_equal(&self, other: &Journal) -> bool {
        let told = |event: &Event| (event.sequence, event.at_unix_ms, event.text.clone(), event.fields.clone());
        self.events.iter().map(told).eq(other.events.iter().map(told))
    }
}

/// Where a transition went, if this entry is one.
fn transition_of(event: &Event) -> Option<(State, Reason)> {
    let to = event.fields.get("to").filter(|_| event.kind == "transition")?;
    Some((State::from_name(to["state"].as_str()?)?, Reason::from_name(to["reason"].as_str()?)?))
}

/// What these journals, of one node or of both, tell.
///
/// # Errors
/// Two journals of the same node.
pub(crate) fn story(mut journals: Vec<Journal>) -> Result<Story, String> {
    // Without a name, nobody knows which of them is the first node: as they were given.
    if journals.iter().all(|journal| journal.name.is_some()) {
        journals.sort_by(|one, other| one.name.cmp(&other.name));
    }
    let named: Vec<Option<String>> = journals.iter().map(|journal| journal.name.clone()).collect();
    if let [Some(one), Some(other)] = &*named
        && one == other
    {
        return Err(format!("both journals are those of node {one}: give one of each node"));
    }
    if let [one, other] = &*journals
        && one.is_equal(other)
    {
        return Err("both journals are the same: give one of each node".into());
    }
    check_span(&journals)?;
    let name = |place: usize, fallback: &str| match named.get(place).cloned().flatten() {
        Some(name) => name,
        None if named.iter().flatten().any(|taken| taken == fallback) => "peer".into(),
        None => fallback.into(),
    };
    let names = [name(0, "a"), name(1, "b")];
    let timers = Timers::guess(&journals);
    let services = services(&journals);
    let mut conclusions = Conclusions::new(&journals, &timers, &services, &names);
    conclusions.draw();
    let Conclusions { mut happenings, mut inferred, seen, ends_ms, .. } = conclusions;
    happenings.sort_by_key(|happening| happening.at_ms);
    let users = users(&journals);
    fit_users(users, &mut happenings);
    inferred.splice(0..0, timers.told());
    let history = History {
        title: format!("From the journals of {} and {}", names[0], names[1]),
        profile: timers.profile,
        set: timers.set,
        services,
        users,
        lasts_ms: ends_ms,
        happenings,
        ..History::default()
    };
    history.check().map_err(|error| format!("these journals cannot be replayed: {error}"))?;
    Ok(Story { names, history, inferred, seen })
}

/// The services that the journals name, in the order in which they do.
fn services(journals: &[Journal]) -> Vec<Guarded> {
    let mut services: Vec<Guarded> = Vec::new();
    for journal in journals {
        let mut changed_ms = None;
        for event in &journal.events {
            let to = transition_of(event);
            let before_ms = if to.is_some() { changed_ms.replace(event.at_unix_ms) } else { None };
            let key = if to.is_some() { "failing_service" } else { "service" };
            let Some(name) = event.fields.get(key).and_then(|name| name.as_str()) else { continue };
            let place = services.iter().position(|service| service.name == name).unwrap_or_else(|| {
                services.push(Guarded { name: name.into(), ..Guarded::default() });
                services.len() - 1
            });
            match (to.map(|(_, reason)| reason), before_ms) {
                (Some(Reason::DatabaseFailure | Reason::AutoRecoverDatabaseFailure), _) => {
                    services[place].database = true;
                }
                // The change before had it started.
                (Some(Reason::StartOfCriticalServicesFailed), Some(before_ms)) => {
                    services[place].start_timeout_ms = event.at_unix_ms.saturating_sub(before_ms);
                }
                _ => {}
            }
        }
    }
    if services.is_empty() { usual_services() } else { services }
}

/// How many users there were, as the first user move says; else a few.
fn users(journals: &[Journal]) -> u32 {
    const FEW: u64 = 10;
    let told = |event: &Event| event.fields.get("directory_users").and_then(|count| count.as_u64());
    let count = journals.iter().flat_map(|journal| &journal.events).find_map(told).unwrap_or(FEW);
    u32::try_from(count).map_or(USERS_MAX, |count| count.min(USERS_MAX))
}

/// Lets no more users be added than a history has room for.
fn fit_users(users: u32, happenings: &mut [Happening]) {
    let mut room = USERS_MAX - users;
    for happening in happenings {
        if let What::AddUsers { count, .. } = &mut happening.what {
            *count = room.min(*count);
            room -= *count;
        }
    }
}

/// Refuses journals of a longer time than can be played.
fn check_span(journals: &[Journal]) -> Result<(), String> {
    const DAY_MS: u64 = 86_400_000;
    let times = || journals.iter().flat_map(|journal| &journal.events).map(|event| event.at_unix_ms);
    let span_ms = times().max().unwrap_or(0) - times().min().unwrap_or(0);
    if span_ms <= SPAN_MAX_MS {
        return Ok(());
    }
    let (days, most) = (span_ms / DAY_MS, SPAN_MAX_MS / DAY_MS);
    Err(format!(
        "from the first entry to the last one it is {days} days, and no more than {most} can be replayed: give the \
         entries of one incident"
    ))
}

/// One thing that happens.
fn happening(at_ms: u64, what: What) -> Happening {
    Happening { at_ms, what }
}

#[cfg(test)]
mod tests;
