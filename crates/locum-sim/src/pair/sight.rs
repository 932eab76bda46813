//! What can be seen of a pair.

use locum_core::{Gate, Reason, State, Transition, View};
use locum_store::Directory;

use super::{BEGIN_MS, Pair};
use crate::host::DiskHealth;
use crate::log::Entry;
use crate::node::{Node, Served};

impl Pair {
    /// The virtual time, in milliseconds.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// How much virtual time has passed since the pair began, in milliseconds.
    pub fn passed_ms(&self) -> u64 {
        self.now_ms - BEGIN_MS
    }

    /// A node's state and reason; `None` while its daemon does not run.
    pub fn state(&mut self, node: Node) -> Option<(State, Reason)> {
        self.view(node).map(|view| (view.state, view.reason))
    }

    /// What a node shows of itself; `None` while its daemon does not run.
    pub fn view(&mut self, node: Node) -> Option<View> {
        self.hosts[node as usize].daemon.as_mut().map(|daemon| daemon.machine.view())
    }

    /// Whether a node's daemon runs.
    pub fn is_running(&self, node: Node) -> bool {
        self.host(node).daemon.is_some()
    }

    /// Whether the node's daemon runs, and answers.
    pub fn is_reachable(&self, node: Node) -> bool {
        self.is_running(node) && !self.host(node).frozen
    }

    /// Whose users a node lets through its gate.
    pub fn gate(&self, node: Node) -> Gate {
        self.host(node).gate
    }

    /// Who serves the users whose home is this node.
    pub fn served(&self, home: Node) -> Served {
        let own = self.host(home).gate.own && !self.host(home).frozen;
        let peer = self.host(home.peer()).gate.peer && !self.host(home.peer()).frozen;
        match (own, peer) {
            (false, false) => Served::Nobody,
            (true, false) => Served::By(home),
            (false, true) => Served::By(home.peer()),
            (true, true) => Served::Twice,
        }
    }

    /// For how long users of this home have been served twice, in milliseconds.
    pub fn served_twice_ms(&self, home: Node) -> u64 {
        self.twice_ms[home as usize]
    }

    /// Whether the node has left after a goodbye.
    pub fn has_left(&self, node: Node) -> bool {
        self.host(node).left
    }

    /// Every transition so far, in order.
    pub fn transitions(&self) -> &[(Node, Transition)] {
        &self.transitions
    }

    /// Everything so far, in order.
    pub fn log(&self) -> &[Entry] {
        &self.log
    }

    pub(crate) fn take_log(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.log)
    }

    /// How many inputs the state machines have been given.
    pub fn inputs(&self) -> u64 {
        self.inputs
    }

    pub(crate) fn disk_health(&self, node: Node) -> DiskHealth {
        self.host(node).disk.health
    }

    /// A node's user directory: its daemon's, or what its disk holds while that does not run.
    pub fn directory(&self, node: Node) -> &Directory {
        let host = self.host(node);
        host.daemon.as_ref().map_or(&host.disk.users, |daemon| &daemon.users)
    }
}
