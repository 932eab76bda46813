//! What can happen to a pair from outside.

use std::fmt;

use locum_core::Command;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value};

use crate::host::{DiskHealth, UserMoves};
use crate::network::Rough;
use crate::node::Node;

/// Something that happens to a pair, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub struct Happening {
    /// When, in virtual milliseconds since the pair began.
    pub at_ms: u64,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What there is to happen. A service is named by its place in the list of services, a link by its number; where no
/// link is named, it is all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of the sentence above them")]
pub enum What {
    /// The daemon of the node is started.
    Start { node: Node },
    /// The daemon dies, and its services with it.
    Kill { node: Node },
    /// The host goes down without a word. It stays down until its daemon is started.
    Reboot { node: Node },
    /// The node says goodbye, and its host goes down once it has left.
    Goodbye { node: Node },
    /// The disk loses its contents.
    LoseDisk { node: Node },
    /// The disk is well, full or failing from now on.
    Disk { node: Node, disk: DiskHealth },
    /// A service stops working.
    ServiceFails { node: Node, service: u16 },
    /// A service works again.
    ServiceMends { node: Node, service: u16 },
    /// A service takes so long to start from now on, and a probe of it so long to look.
    ServicePace { node: Node, service: u16, start_ms: u64, probe_ms: u64 },
    /// A probe looks and cannot tell.
    ProbeUnknown { node: Node, service: u16 },
    /// User moves at the node succeed, fail or last from now on.
    Moves { node: Node, moves: UserMoves },
    /// The host stops running, and serves nobody.
    Freeze { node: Node },
    /// The host runs again.
    Thaw { node: Node },
    /// The host's own clock leaps ahead.
    ClockJump { node: Node, by_ms: u64 },
    /// What the node sends no longer arrives.
    Cut {
        node: Node,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<u32>,
    },
    /// What the node sends arrives again.
    Heal {
        node: Node,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<u32>,
    },
    /// Chance decides what becomes of what the node sends.
    Weather {
        node: Node,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<u32>,
        rough: Rough,
    },
    /// The node's transport fails, and starts afresh.
    TransportTraps { node: Node },
    /// The node's policy fails the next time it is asked.
    PolicyTraps { node: Node },
    /// The node's state machine fails again and again: its daemon stops.
    MachineTraps { node: Node },
    /// The kernel of the node's host tells the peer that its daemon has died. Where that runs, nothing happens.
    KernelTells { node: Node },
    /// An administrator adds users.
    AddUsers { node: Node, count: u32 },
    /// An administrator gives a command.
    Command {
        node: Node,
        #[serde(serialize_with = "write_command", deserialize_with = "read_command")]
        command: Command,
    },
}

impl What {
    /// The node that it happens to.
    pub fn node(&self) -> Node {
        match self {
            What::Start { node }
            | What::Kill { node }
            | What::Reboot { node }
            | What::Goodbye { node }
            | What::LoseDisk { node }
            | What::Disk { node, .. }
            | What::ServiceFails { node, .. }
            | What::ServiceMends { node, .. }
            | What::ServicePace { node, .. }
            | What::ProbeUnknown { node, .. }
            | What::Moves { node, .. }
            | What::Freeze { node }
            | What::Thaw { node }
            | What::ClockJump { node, .. }
            | What::Cut { node, .. }
            | What::Heal { node, .. }
            | What::Weather { node, .. }
            | What::TransportTraps { node }
            | What::PolicyTraps { node }
            | What::MachineTraps { node }
            | What::KernelTells { node }
            | What::AddUsers { node, .. }
            | What::Command { node, .. } => *node,
        }
    }

    /// The service that it happens to, if it is one.
    pub fn service(&self) -> Option<u16> {
        match self {
            What::ServiceFails { service, .. }
            | What::ServiceMends { service, .. }
            | What::ServicePace { service, .. }
            | What::ProbeUnknown { service, .. } => Some(*service),
            _ => None,
        }
    }

    /// The one link that it happens to, if it is one.
    pub fn link(&self) -> Option<u32> {
        match self {
            What::Cut { link, .. } | What::Heal { link, .. } | What::Weather { link, .. } => *link,
            _ => None,
        }
    }

    /// It in words, where the nodes are called so.
    pub fn text(&self, names: [&str; 2]) -> String {
        let name = names[self.node() as usize];
        let peer = names[self.node().peer() as usize];
        let way = |link: &Option<u32>| link.map_or_else(String::new, |link| format!(" on link {link}"));
        match self {
            What::Start { .. } => format!("The daemon of {name} is started."),
            What::Kill { .. } => format!("The daemon of {name} dies."),
            What::Reboot { .. } => format!("The host of {name} goes down without a word."),
            What::Goodbye { .. } => format!("The host of {name} is stopped, and {name} says goodbye."),
            What::LoseDisk { .. } => format!("The disk of {name} loses its contents."),
            What::Disk { disk: DiskHealth::Well, .. } => format!("The disk of {name} is well."),
            What::Disk { disk: DiskHealth::Full, .. } => format!("The disk of {name} is full."),
            What::Disk { disk: DiskHealth::Failing, .. } => format!("The disk of {name} stores nothing any more."),
            What::ServiceFails { service, .. } => format!("Service {service} of {name} fails."),
            What::ServiceMends { service, .. } => format!("Service {service} of {name} works again."),
            What::ServicePace { service, start_ms, probe_ms, .. } => {
                format!("Service {service} of {name} takes {start_ms} ms to start, and {probe_ms} ms to probe.")
            }
            What::ProbeUnknown { service, .. } => format!("The probe of service {service} of {name} cannot tell."),
            What::Moves { moves: UserMoves::Succeed, .. } => format!("User moves at {name} succeed."),
            What::Moves { moves: UserMoves::Fail, .. } => format!("User moves at {name} fail."),
            What::Moves { moves: UserMoves::Last, .. } => format!("User moves at {name} last and last."),
            What::Freeze { .. } => format!("The host of {name} stops running."),
            What::Thaw { .. } => format!("The host of {name} runs on."),
            What::ClockJump { by_ms, .. } => format!("The clock of {name} leaps {by_ms} ms ahead."),
            What::Cut { link, .. } => format!("What {name} sends{} is lost.", way(link)),
            What::Heal { link, .. } => format!("What {name} sends{} arrives.", way(link)),
            What::Weather { link, rough, .. } => {
                let Rough { lost_percent, twice_percent, delay_ms, spread_ms } = rough;
                let late = format!("{delay_ms} to {} ms late", delay_ms + spread_ms);
                let way = way(link);
                format!("What {name} sends{way} is {late}; {lost_percent} % is lost, {twice_percent} % comes twice.")
            }
            What::TransportTraps { .. } => format!("The transport of {name} fails, and starts afresh."),
            What::PolicyTraps { .. } => format!("The policy of {name} fails when it is asked next."),
            What::MachineTraps { .. } => format!("The state machine of {name} fails again and again."),
            What::KernelTells { .. } => format!("The kernel tells {peer} that {name} has died."),
            What::AddUsers { count, .. } => format!("{count} users are added at {name}."),
            What::Command { command, .. } => format!("An administrator asks {name} for: {}.", command.name()),
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Node::BOTH.map(Node::name)))
    }
}

impl TryFrom<Map<String, Value>> for Happening {
    type Error = String;

    fn try_from(mut fields: Map<String, Value>) -> Result<Happening, String> {
        let what = fields.get("what").and_then(Value::as_str).unwrap_or("happening").to_owned();
        let at_ms = fields.remove("at_ms").ok_or(format!("`{what}` has no `at_ms`"))?;
        let at_ms = at_ms.as_u64().ok_or(format!("`at_ms` of `{what}` is {at_ms}, not a whole number"))?;
        let read = serde_json::from_value(Value::Object(fields));
        let what = read.map_err(|error| format!("`{what}` at {at_ms} ms: {error}"))?;
        Ok(Happening { at_ms, what })
    }
}

fn write_command<S: Serializer>(command: &Command, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(command.name())
}

fn read_command<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Command, D::Error> {
    let word = String::deserialize(deserializer)?;
    let known = || Command::ALL.map(|command| format!("`{}`", command.name())).join(", ");
    let command = Command::ALL.into_iter().find(|command| command.name() == word);
    command.ok_or_else(|| D::Error::custom(format!("`{word}` is no command; there are {}", known())))
}
