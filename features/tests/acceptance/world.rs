//! What a scenario remembers between its steps.

use std::collections::BTreeSet;

use features::words::{Node, Row, Status};
use features::{Cluster, Policies};
use locum_core::{Alarm, Answer, Command};
use toml_edit::DocumentMut;

use crate::backend::{Backend, Plan};
use crate::stage::Stage;

/// The state of one scenario.
#[derive(Debug, cucumber::World)]
#[world(init = Self::empty)]
pub(crate) struct World {
    /// What groups are raised on.
    pub(crate) stage: Option<Stage>,
    backend: Option<Box<dyn Backend>>,
    /// The users of a cluster, and its nodes.
    pub(crate) cluster: Option<Cluster>,
    /// A node's configuration file.
    pub(crate) configuration: DocumentMut,
    /// The documented row that the scenario began in.
    pub(crate) came_to: Option<Row>,
    /// The epochs of both nodes, as they were noted.
    pub(crate) epochs: [u64; 2],
    /// The command that was last asked for, and what came of it.
    pub(crate) asked: Option<Request>,
    /// What the scenario has said last of each node.
    named: [Option<Status>; 2],
    /// The rows of the transition table that have applied in other groups than the scenario's own.
    pub(crate) applied: BTreeSet<String>,
}

/// A command and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Who was asked.
    pub(crate) node: Node,
    /// For what.
    pub(crate) command: Command,
    /// What the group was like before.
    pub(crate) before: String,
    /// What the node said.
    pub(crate) answer: Answer,
}

impl World {
    fn empty() -> Self {
        Self {
            stage: None,
            backend: None,
            cluster: None,
            configuration: DocumentMut::new(),
            came_to: None,
            epochs: [0; 2],
            asked: None,
            named: [None; 2],
            applied: BTreeSet::new(),
        }
    }

    /// The group: one of the `classic` profile, if no other has been raised.
    pub(crate) fn group(&mut self) -> &mut dyn Backend {
        if self.backend.is_none() {
            self.raise(&Plan::default());
        }
        &mut **self.backend.as_mut().expect("a group has been raised")
    }

    /// Raises a group.
    pub(crate) fn raise(&mut self, plan: &Plan) {
        let stage = self.stage.as_ref().expect("the run sets the stage");
        self.backend = Some(stage.raise(plan));
    }

    /// Another group like the one that the scenario began with, if that is an ordinary one.
    pub(crate) fn another(&self) -> Box<dyn Backend> {
        self.stage.as_ref().expect("the run sets the stage").raise(&Plan::default())
    }

    /// The cluster that the scenario began with, and the policies that say where its users belong.
    pub(crate) fn cluster(&mut self) -> (&mut Cluster, &Policies) {
        let cluster = self.cluster.as_mut().expect("the scenario begins with a cluster");
        (cluster, self.stage.as_ref().expect("the run sets the stage").policies())
    }

    /// Whether a node raises this alarm.
    pub(crate) fn alarms(&mut self, node: Node, alarm: Alarm) -> bool {
        self.group().look(node).is_some_and(|sight| sight.alarms.contains(&alarm))
    }

    /// Everything that a command may not touch where it is refused.
    pub(crate) fn shown(&mut self) -> String {
        let group = self.group();
        let nodes = Node::BOTH.map(|node| (group.state(node), group.served(node), group.entered(node)));
        format!("{nodes:?}")
    }

    /// The scenario says what a node is.
    pub(crate) fn name(&mut self, node: Node, status: Status) {
        self.named[node as usize] = Some(status);
    }

    /// The scenario says what both nodes are, by the row that it has found them in.
    pub(crate) fn name_both(&mut self) {
        for node in Node::BOTH {
            let status = Status::from(self.group().state(node));
            self.name(node, status);
        }
    }

    /// Makes sure that the scenario has said what the pair is at its end.
    ///
    /// # Panics
    /// If it has not.
    pub(crate) fn check_end(&mut self) {
        let Some(group) = &mut self.backend else { return };
        let (end, row) = (Node::BOTH.map(|node| Status::from(group.state(node))), group.row());
        let unnamed = Node::BOTH.into_iter().filter(|node| self.named[*node as usize] != Some(end[*node as usize]));
        let unnamed: Vec<_> = unnamed.map(|node| format!("{node} is {}", end[node as usize])).collect();
        let advice = row.map_or(String::new(), |row| format!(": the pair is in {row}"));
        assert!(unnamed.is_empty(), "the scenario does not say how it ends{advice}; {}", unnamed.join("; "));
    }

    /// The rows of the transition table that have applied, as far as they show.
    pub(crate) fn rows_applied(&mut self) -> BTreeSet<String> {
        let own = self.backend.as_mut().map(|group| group.rows_applied());
        own.unwrap_or_default().into_iter().chain(self.applied.clone()).collect()
    }
}
