//! A group at work, in the words of the scenarios. The steps know [`Backend`], and nothing of what runs beneath.

mod daemon;
mod recorded;
mod simulated;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use features::words::{Advised, Node, Row, Served, Service, Status};
use locum_core::{Alarm, Answer, Command, Parameters, Reason, State};
use locum_sim::UserMoves;
pub(crate) use locum_sim::Weather;

pub(crate) use daemon::{Daemons, faults as daemon_faults};
pub(crate) use simulated::Simulated;

/// What a group begins with.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The parameters of both nodes.
    pub(crate) parameters: Parameters,
    /// How many users the group has, at home with either node in turn.
    pub(crate) users: u32,
    /// Whether node 1 is the only node of its group.
    pub(crate) alone: bool,
    /// Whether the policy fails whenever it is asked who serves users from now on.
    pub(crate) policy_fails: bool,
}

impl Default for Plan {
    /// Two nodes of the `classic` profile.
    fn default() -> Self {
        Self { parameters: Parameters::classic(), users: 7, alone: false, policy_fails: false }
    }
}

/// What a node shows of itself.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    /// Its state.
    pub(crate) state: State,
    /// Its reason.
    pub(crate) reason: Reason,
    /// Its epoch.
    pub(crate) epoch: u64,
    /// Whether its peer is silent.
    pub(crate) peer_silent: bool,
    /// The documented row that it sees the pair in, if it sees it in one.
    pub(crate) row: Option<Row>,
    /// What `status` recommends there.
    pub(crate) advice: Advised,
    /// The alarms that it raises.
    pub(crate) alarms: Vec<Alarm>,
    /// Whether it counts down to an automatic fallback.
    pub(crate) counts_down: bool,
}

/// What a group may soon pass through.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Passing {
    /// A documented row.
    Row(Row),
    /// A node's state and reason.
    Status(Node, Status),
}

/// A policy that traps when it is asked who serves users from now on (occasions 2 and 3 of the interface), and leaves
/// homes as they are otherwise.
pub(crate) const FAILING_POLICY: &str = "
(if (i32.ge_u (local.get 0) (i32.const 2)) (then unreachable))
(call $give (local.get 3) (local.get 4))";

/// How long the services of a node may take to start.
pub(crate) const START_TIMEOUT: Duration = Duration::from_secs(200);

/// How many links there are between the nodes.
pub(crate) const LINKS: usize = 2;

/// Something in a node's configuration that is not as it was.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Another keep-alive timeout.
    KeepAliveTimeout(Duration),
    /// Another cluster.
    Cluster(String),
    /// Another version of the software.
    Software(String),
}

/// A group of two nodes. What it is told to do is done when a method returns; what comes of that, it shows.
pub(crate) trait Backend: fmt::Debug {
    /// A node's daemon starts, if it does not run.
    fn start(&mut self, node: Node);
    /// A node's daemon dies, and its services with it.
    fn kill(&mut self, node: Node);
    /// A node's host boots, and its daemon starts with it.
    fn reboot(&mut self, node: Node);
    /// A node's host is shut down in order. Returns whether the daemon left before its host did.
    fn shut_down(&mut self, node: Node) -> bool;
    /// The disk of a node whose daemon does not run loses its contents.
    fn lose_disk(&mut self, node: Node);
    /// A node's daemon is stopped as it is, or goes on: it notices nothing meanwhile.
    fn set_paused(&mut self, node: Node, paused: bool);
    /// A node's configuration is changed, and its daemon restarts with it.
    fn reconfigure(&mut self, node: Node, change: &Change);

    /// A service of a node fails or works again, and its probe sees it.
    fn set_service(&mut self, node: Node, service: Service, sound: bool);
    /// A probe of a node cannot tell how the service is.
    fn blind_probe(&mut self, node: Node, service: Service);

    /// User moves that a node carries out succeed, fail or last; those that have lasted so far, too.
    fn set_moves(&mut self, node: Node, moves: UserMoves);
    /// An administrator adds users at a node. Returns whether that is done; where not, nothing has changed.
    fn add_users(&mut self, node: Node, count: u32) -> bool;
    /// A node's user directory is not the same as its peer's any more.
    fn change_directory(&mut self, node: Node);
    /// A node's user directory: every user's home. `None` while its daemon does not run.
    fn directory(&mut self, node: Node) -> Option<BTreeMap<String, Option<Node>>>;
    /// How often a node's policy has failed, as its journal shows: the built-in answer was used.
    fn policy_faults(&mut self, node: Node) -> usize;
    /// Who serves the users whose home is this node.
    fn served(&mut self, home: Node) -> Served;
    /// Whether any user has ever been served by both nodes.
    fn was_served_twice(&mut self) -> bool;

    /// What becomes of the heartbeats of a node on one of its [`LINKS`] links.
    fn set_weather(&mut self, from: Node, link: usize, weather: Weather);

    /// An administrator asks a node for something. `None` while its daemon does not run.
    fn command(&mut self, node: Node, command: Command) -> Option<Answer>;

    /// Time passes.
    fn wait(&mut self, duration: Duration);
    /// Time passes until a node has not heard its peer for so long, which is shorter than silence or as long.
    fn wait_unheard(&mut self, node: Node, duration: Duration);
    /// Time passes until nothing changes any more but by a long timer. Returns whether it came to that. A user move
    /// may take until then.
    fn rest(&mut self) -> bool;
    /// The group is watched closely until it is there. Returns whether it came to that. It stays there until something
    /// else happens, or time passes.
    fn pass(&mut self, there: Passing) -> bool;

    /// What a node shows of itself; `None` while its daemon does not run.
    fn look(&mut self, node: Node) -> Option<Sight>;
    /// The states that a node has entered, with their reasons, in order.
    fn entered(&mut self, node: Node) -> Vec<(State, Reason)>;
    /// The rows of the transition table that have applied, as far as they show.
    fn rows_applied(&mut self) -> BTreeSet<String>;

    /// A node's state and reason; `None` while its daemon does not run.
    fn state(&mut self, node: Node) -> Option<(State, Reason)> {
        self.look(node).map(|sight| (sight.state, sight.reason))
    }

    /// What node 2 shows, or node 1 where node 2 does not run.
    fn overlook(&mut self) -> Option<Sight> {
        self.look(Node::Two).or_else(|| self.look(Node::One))
    }

    /// Whether the group is there now.
    fn is_at(&mut self, there: Passing) -> bool {
        match there {
            Passing::Row(row) => self.row() == Some(row),
            Passing::Status(node, status) => Status::from(self.state(node)) == status,
        }
    }

    /// The documented row that the group is in.
    fn row(&mut self) -> Option<Row> {
        self.overlook()?.row
    }
}
