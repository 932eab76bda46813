//! The user directories of the two nodes: changes, catching up, moves (`docs/behaviour.md` §7).

use locum_core::{Direction, Input, Reason, State};
use locum_policy::{Nodes, Occasion, UNASSIGNED, Users};
use locum_store::{Directory, DirectoryChange, DirectoryError, NewUser};

use crate::host::DiskHealth;
use crate::log::Logged;
use crate::node::Node;
use crate::pair::Pair;

/// What a policy said to a user move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The node that asked.
    pub node: Node,
    /// Which way users move.
    pub direction: Direction,
    /// The homes whose users that node serves once they have moved.
    pub homes: Vec<Node>,
}

/// Why the user directory is not changed. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsersRefusal {
    /// A daemon does not run, or answers nothing.
    #[error("node {} cannot be reached", .0.name())]
    Unreachable(Node),
    /// A node is failed over, or fails over.
    #[error("node {} is {state} ({reason})", .node.name())]
    NotCalm {
        /// The node.
        node: Node,
        /// Its state.
        state: State,
        /// Its reason.
        reason: Reason,
    },
    /// A node is not heard by the other.
    #[error("node {} is not heard, and both nodes must store the change", .0.name())]
    NotHeard(Node),
    /// A node has not caught up yet.
    #[error("the node whose user directory is behind has not caught up yet")]
    Behind,
    /// Two directories of the same revision.
    #[error("the user directories of the two nodes differ")]
    Differ,
    /// A disk is full, or stores nothing.
    #[error("the disk of node {} has no room for it", .0.name())]
    Disk(Node),
    /// The directory cannot hold it.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

impl Pair {
    /// The same pair, whose disks hold these users too. For nodes that have not been started.
    ///
    /// # Errors
    /// The directory cannot hold them.
    pub fn with_users(mut self, users: impl IntoIterator<Item = NewUser>) -> Result<Self, DirectoryError> {
        let change = DirectoryChange::importing(self.directory(Node::A), users);
        let directory = self.directory(Node::A).with(&change)?;
        for node in Node::BOTH {
            self.set_directory(node, directory.clone());
        }
        Ok(self)
    }

    /// An administrator adds users at a node; those without a home get one. Both nodes store the change, or neither.
    ///
    /// # Errors
    /// What stands in the way; nothing has changed.
    pub fn add_users(&mut self, node: Node, users: impl IntoIterator<Item = NewUser>) -> Result<(), UsersRefusal> {
        let group = if self.settings_mut(node).has_peer { vec![node, node.peer()] } else { vec![node] };
        for member in &group {
            self.may_change_users(*member)?;
        }
        let directory = self.directory(node).clone();
        let names = Node::BOTH.map(Node::name);
        let candidate = directory.with(&DirectoryChange::importing(&directory, users))?;
        let homes = candidate.homes_among(&names);
        let columns = columns(&candidate, homes.clone(), homes);
        let placed =
            self.place(node, Occasion::Assign, &columns, &nodes(Node::BOTH.map(|one| u8::from(group.contains(&one)))));
        let change = DirectoryChange::between(&directory, &candidate.with_homes(&names, &placed)?);
        let changed = directory.with(&change)?;
        for member in group {
            self.set_directory(member, changed.clone());
        }
        Ok(())
    }

    /// What policies have said to every user move so far, in order.
    pub fn placements(&self) -> &[Placement] {
        &self.placements
    }

    /// Every fault of a policy so far, in order: where it failed, the built-in answer was used.
    pub fn policy_faults(&self) -> &[(Node, String)] {
        &self.policy_faults
    }

    /// The peer's users are to move: the policy says which users the node serves from then on.
    pub(crate) fn place_users(&mut self, node: Node, direction: Direction) {
        let homes = self.directory(node).homes_among(&Node::BOTH.map(Node::name));
        let here = |home: &u32| if *home == UNASSIGNED { UNASSIGNED } else { node as u32 };
        let (serving, available, occasion) = match direction {
            Direction::TakeOver => (homes.clone(), Node::BOTH.map(|one| u8::from(one == node)), Occasion::TakeOver),
            Direction::GiveBack => (homes.iter().map(here).collect(), [1; 2], Occasion::GiveBack),
        };
        let users = columns(self.directory(node), homes, serving);
        let placed = self.place(node, occasion, &users, &nodes(available));
        let is_here = |home: &Node| {
            let mut rows = placed.iter().zip(&users.homes);
            rows.any(|(row, at_home)| *row == node as u32 && *at_home == *home as u32)
        };
        let homes = Node::BOTH.into_iter().filter(is_here).collect();
        self.placements.push(Placement { node, direction, homes });
    }

    /// The peer sends its directory, if it can and that is ahead.
    pub(crate) fn catch_up(&mut self, node: Node) {
        let peer = node.peer();
        if self.is_reachable(peer) && self.directory(peer).revision() > self.directory(node).revision() {
            let directory = self.directory(peer).clone();
            self.set_directory(node, directory);
        }
    }

    pub(crate) fn tell_directory(&mut self, node: Node) {
        let directory = self.directory(node);
        let contents = locum_core::Directory { revision: directory.revision(), digest: directory.digest().prefix() };
        self.input(node, Input::Directory(contents));
    }

    /// Refuses while any node of the group is failed over, or cannot store the change.
    fn may_change_users(&mut self, node: Node) -> Result<(), UsersRefusal> {
        if self.disk_health(node) != DiskHealth::Well {
            return Err(UsersRefusal::Disk(node));
        }
        let calm = |state: State| matches!(state, State::Normal | State::Unknown);
        let view = self.view(node).filter(|_| self.is_reachable(node)).ok_or(UsersRefusal::Unreachable(node))?;
        if !self.settings_mut(node).has_peer {
            return Ok(());
        }
        if !calm(view.state) {
            return Err(UsersRefusal::NotCalm { node, state: view.state, reason: view.reason });
        }
        let peer = view.peer.filter(|_| !view.peer_silent).ok_or(UsersRefusal::NotHeard(node.peer()))?;
        if !calm(peer.state) {
            return Err(UsersRefusal::NotCalm { node: node.peer(), state: peer.state, reason: peer.reason });
        }
        if peer.directory.revision != view.directory.revision {
            return Err(UsersRefusal::Behind);
        }
        if peer.directory != view.directory {
            return Err(UsersRefusal::Differ);
        }
        Ok(())
    }

    fn place(&mut self, node: Node, occasion: Occasion, users: &Users, nodes: &Nodes) -> Vec<u32> {
        let placed = self.ask_policy(node, occasion, users, nodes);
        if placed.fault.is_some() {
            self.note(Logged::PolicyFailed { node });
        }
        self.policy_faults.extend(placed.fault.map(|fault| (node, fault)));
        placed.nodes
    }
}

fn columns(directory: &Directory, homes: Vec<u32>, nodes: Vec<u32>) -> Users {
    Users {
        ids: directory.ids().to_vec(),
        homes,
        nodes,
        weights: directory.weights().to_vec(),
        classes: directory.classes().to_vec(),
    }
}

/// The two nodes of the one group, of which these are available.
fn nodes(available: [u8; 2]) -> Nodes {
    Nodes { groups: vec![0; 2], available: available.to_vec() }
}
