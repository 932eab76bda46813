//! Histories: what happens to a pair from outside, each with its virtual time. The same history gives the same trace,
//! natively and with components, on every run.

mod file;
mod happening;
mod player;
mod trace;

use std::collections::BTreeMap;

use locum_config::{Faults, Mode, Profile, Timers};
use locum_core::{Parameters, Service};
use locum_policy::Promise;
use locum_store::NewUser;
use serde::{Deserialize, Serialize};

pub use file::{EXTENSION, HistoryError, SPAN_MAX_MS, USERS_MAX};
pub use happening::{Happening, What};
pub use player::{Player, is_caught, play};
pub use trace::{Span, Trace};

use crate::node::Node;
use crate::pair::LATENCY_MS;
use crate::policy::promise_of;

/// What happens to a pair from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// The version of this format.
    pub format: file::Format,
    /// What it is about, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The timers to begin with.
    #[serde(default)]
    pub profile: Profile,
    /// How users are assigned to nodes.
    #[serde(default)]
    pub mode: Mode,
    /// Timers that are set otherwise, by the keys of `docs/behaviour.md` §6, written as in a configuration.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, String>,
    /// The services of each node, in the order of their numbers.
    #[serde(default = "usual_services")]
    pub services: Vec<Guarded>,
    /// How many users there are.
    #[serde(default)]
    pub users: u32,
    /// What chance draws from.
    #[serde(default)]
    pub seed: u64,
    /// How long it lasts, in virtual milliseconds, if nothing happens later.
    #[serde(default)]
    pub lasts_ms: u64,
    /// What happens, in order.
    pub happenings: Vec<Happening>,
}

/// A service that both nodes have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guarded {
    /// What people call it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Whether users cannot be served without it.
    #[serde(default = "yes")]
    pub critical: bool,
    /// Whether it is a database.
    #[serde(default)]
    pub database: bool,
    /// How long it may take to start, in milliseconds.
    #[serde(default = "start_timeout_ms")]
    pub start_timeout_ms: u64,
    /// How long it takes to start, in milliseconds.
    #[serde(default)]
    pub start_ms: u64,
    /// How long a probe of it takes, in milliseconds.
    #[serde(default = "probe_ms")]
    pub probe_ms: u64,
}

impl Default for Guarded {
    fn default() -> Guarded {
        let (start_timeout_ms, probe_ms) = (start_timeout_ms(), probe_ms());
        Guarded { name: String::new(), critical: true, database: false, start_timeout_ms, start_ms: 0, probe_ms }
    }
}

fn yes() -> bool {
    true
}

fn start_timeout_ms() -> u64 {
    1_000
}

fn probe_ms() -> u64 {
    LATENCY_MS
}

/// A critical service, and a critical database.
pub fn usual_services() -> Vec<Guarded> {
    let web = Guarded { name: "web".into(), ..Guarded::default() };
    vec![web, Guarded { name: "database".into(), database: true, ..Guarded::default() }]
}

impl History {
    /// The parameters of both nodes.
    ///
    /// # Errors
    /// A timer that there is not, or a value that it does not take.
    pub fn parameters(&self) -> Result<Parameters, Faults> {
        let timers = Timers::with(self.profile, &self.set)?;
        Ok(Parameters { user_assignment_mode: self.mode.name().into(), ..timers.parameters() })
    }

    /// How long it lasts, in virtual milliseconds.
    pub fn ends_ms(&self) -> u64 {
        self.happenings.last().map_or(0, |last| last.at_ms).max(self.lasts_ms)
    }

    /// How many of its users are at home on this node, before any are added.
    pub(crate) fn at_home(&self, home: Node) -> usize {
        let Ok(parameters) = self.parameters() else { return 0 };
        let users = self.first_users(promise_of(&parameters));
        users.filter(|user| user.home.as_deref() == Some(home.name())).count()
    }

    /// The services, as the state machine needs to know them.
    pub(crate) fn guarded(&self) -> Vec<Service> {
        let service = |service: &Guarded| Service {
            critical: service.critical,
            database: service.database,
            start_timeout_ms: service.start_timeout_ms,
        };
        self.services.iter().map(service).collect()
    }

    /// Its users, each at the home that the built-in policy of this promise gives.
    pub(crate) fn first_users(&self, promise: Promise) -> impl Iterator<Item = NewUser> {
        let home = move |number: u32| match promise {
            Promise::Balanced => Some(Node::BOTH[number as usize % 2]),
            Promise::FirstNode => Some(Node::A),
            Promise::Unassigned | Promise::Anywhere => None,
        };
        (0..self.users).map(move |number| NewUser {
            home: home(number).map(|home| home.name().into()),
            ..NewUser::new(user_name(number))
        })
    }
}

/// The name of the user with this number.
pub(crate) fn user_name(number: u32) -> String {
    format!("user-{number}")
}
