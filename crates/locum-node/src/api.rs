//! The documents that the admin API and the command exchange. All of them are plain data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a node knows of its group, at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// The group's name.
    pub group: String,
    /// The node that was asked. It is the first of `nodes`.
    pub node: String,
    /// The node's software version.
    pub software: String,
    /// When this was true, in milliseconds since 1970.
    pub taken_at_unix_ms: u64,
    /// How often a node tells its state, in milliseconds: a status older than this is out of date.
    pub interval_ms: u64,
    /// Whether high availability is on.
    pub high_availability: bool,
    /// The documented row that the pair is in (`docs/behaviour.md` §4), 1 to 24, if it is in one.
    pub row: Option<u8>,
    /// How that row comes about.
    pub cause: String,
    /// What to do, by a stable name.
    pub advice: String,
    /// What to do, in words.
    pub recommended: String,
    /// Both nodes: the one that was asked, then its peer.
    pub nodes: Vec<NodeStatus>,
    /// The users.
    pub users: UsersStatus,
    /// The links to the peer.
    pub links: Vec<LinkStatus>,
    /// Who may serve in a partition; nothing where the group has one node.
    pub witness: Option<WitnessStatus>,
    /// What time alone will bring at the node that was asked.
    pub timers: Vec<TimerStatus>,
    /// The alarms that are raised, in words.
    pub alarms: Vec<String>,
    /// Group parameters that differ, each with both values.
    pub differences: Vec<String>,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NodeStatus {
    /// Its name.
    pub name: String,
    /// Its state, by its display name; empty where it has never been heard.
    pub state: String,
    /// Its reason, by its display name.
    pub reason: String,
    /// Since when, in milliseconds since 1970; 0 where that is not known.
    pub since_unix_ms: u64,
    /// The id of the transition that led there.
    pub transition: String,
    /// Its epoch.
    pub epoch: u64,
    /// Whose users it serves now, by home.
    pub serves: Vec<String>,
    /// Its user directory.
    pub directory: DirectoryStatus,
    /// Its services.
    pub services: Vec<ServiceStatus>,
    /// Whether it is heard now. The node that was asked always is.
    pub heard: bool,
    /// How old this is, in milliseconds; 0 for the node that was asked.
    pub age_ms: u64,
    /// Whether it is older than it should be.
    pub stale: bool,
}

/// A user directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DirectoryStatus {
    /// Counts its changes.
    pub revision: u64,
    /// A digest of its contents, as hexadecimal digits.
    pub digest: String,
    /// How many users it has.
    pub users: u64,
}

/// A guarded service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServiceStatus {
    /// Its name.
    pub name: String,
    /// Whether users cannot be served without it.
    pub critical: bool,
    /// Whether it is a database.
    pub database: bool,
    /// `running`, `stopped`, `starting`, `failed`.
    pub process: String,
    /// Its process, where it is the daemon's child and runs.
    pub pid: Option<u32>,
    /// `up`, `down`, `unknown`, or empty before the first look.
    pub health: String,
    /// What the probe said.
    pub message: String,
    /// How long ago that was, in milliseconds.
    pub probed_ms_ago: Option<u64>,
    /// For how long it has been down, in milliseconds.
    pub down_ms: Option<u64>,
    /// How often it was restarted since the daemon started.
    pub restarts: u64,
}

/// The users of the group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsersStatus {
    /// All of them.
    pub total: u64,
    /// How many have each node as their home.
    pub by_home: BTreeMap<String, u64>,
    /// How many each node serves now, as far as is known.
    pub by_serving_node: BTreeMap<String, u64>,
    /// How many have no home.
    pub unassigned: u64,
    /// How many have a home and are served by nobody.
    pub unserved: u64,
    /// The mode of assignment.
    pub mode: String,
    /// Whether both directories have the same contents, as far as is known.
    pub directories_agree: bool,
}

/// Who may serve in a partition, as the node that was asked knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WitnessStatus {
    /// `none` or `etcd`.
    pub kind: String,
    /// What a node may do that does not hear its peer: the group parameter.
    pub partition: String,
    /// What that risks, in words.
    pub risk: String,
    /// How long ago the witness last answered, in milliseconds; nothing where it never has.
    pub answered_ms_ago: Option<u64>,
    /// Why the last request was not answered.
    pub problem: Option<String>,
    /// The leases, this node's own home first; empty where there is no witness, or nothing is known of them yet.
    pub leases: Vec<LeaseStatus>,
}

/// The lease of a home.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeaseStatus {
    /// The home.
    pub home: String,
    /// Who holds it, as last read.
    pub holder: Option<String>,
    /// For how long the node that was asked still holds it, in milliseconds; 0 where it does not.
    pub held_for_ms: u64,
}

/// A link to the peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinkStatus {
    /// Its name: `udp ADDRESS` or `tls ADDRESS`.
    pub name: String,
    /// Packets that arrived.
    pub received: u64,
    /// Packets that did not.
    pub lost: u64,
    /// Copies.
    pub duplicates: u64,
    /// Packets that arrived late.
    pub reordered: u64,
    /// Packets refused: forged, foreign or replayed.
    pub refused: u64,
    /// When the last packet arrived, in milliseconds before now.
    pub heard_ms_ago: Option<u64>,
}

/// Something that will happen if nothing else does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimerStatus {
    /// What.
    pub what: String,
    /// In how many milliseconds.
    pub in_ms: u64,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CommandOutcome {
    /// `accepted`, `already-done` or `refused`.
    pub outcome: String,
    /// In words: what began, or why it is refused, the node's state and that nothing has changed.
    pub text: String,
    /// The node that carried it out.
    pub node: String,
}

/// An entry of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// Counts the entries.
    pub sequence: u64,
    /// When, in milliseconds since 1970.
    pub at_unix_ms: u64,
    /// `transition`, `service`, `alarm`, `stall`, `users`, `policy`, `daemon`, …
    pub kind: String,
    /// One line for people.
    pub text: String,
    /// The same for programs.
    #[schema(value_type = Object)]
    pub fields: serde_json::Value,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserDocument {
    /// The user's name.
    pub user: String,
    /// The node that is the user's home; none in mode `none`.
    pub home: Option<String>,
    /// The load the user brings.
    pub weight: u32,
    /// The user's class.
    pub class: u32,
    /// The node that serves the user now; none where nobody does.
    #[serde(default)]
    pub served_by: Option<String>,
}

/// What became of a change of the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsersOutcome {
    /// Users added or changed.
    pub changed: u64,
    /// Users removed.
    pub removed: u64,
    /// The directory's revision now, on both nodes.
    pub revision: u64,
}

/// Whether a node serves a user now: what its services ask before they serve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Admission {
    /// The user.
    pub user: String,
    /// Whether this node serves the user.
    pub serve: bool,
    /// The epoch under which it does.
    pub epoch: u64,
    /// When this was decided, on the host's boot clock, in microseconds.
    pub at_us: u64,
}

/// Something that was refused or went wrong. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, thiserror::Error)]
#[error("{text}")]
pub struct Problem {
    /// A stable name: `refused`, `invalid`, `not-found`, `busy`, `unauthenticated`, `forbidden`, `peer`, `internal`,
    /// `wrong-method`, `too-slow`, `too-large`.
    pub problem: String,
    /// What was wrong, where, and what to do.
    pub text: String,
    /// Single faults, such as the lines of a file.
    #[serde(default)]
    pub details: Vec<String>,
    /// Where the state machine refused a command: why, for programs.
    #[serde(default)]
    pub refusal: Option<Box<Refusal>>,
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Refusal {
    /// The command, as `text` calls it.
    pub command: String,
    /// What stood in the way: `state`, `peer`, `directory`, `one-node`, `no-countdown` or `leaving`.
    pub obstacle: String,
    /// The node's state then, by its display name.
    pub state: String,
    /// Its reason, by its display name.
    pub reason: String,
}

impl Problem {
    /// A problem of a kind, in words.
    pub fn new(problem: &str, text: impl Into<String>) -> Problem {
        Problem { problem: problem.into(), text: text.into(), details: Vec::new(), refusal: None }
    }
}
