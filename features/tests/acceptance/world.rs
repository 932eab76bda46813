//! What a scenario remembers between its steps.

use features::words::Node;
use features::{Cluster, Policies};
use locum_core::{Alarm, Answer, Command, Parameters};

use crate::backend::{Backend, Plan};
use crate::stage::Stage;

/// How many users a group has.
pub(crate) const USERS: u32 = 7;

/// The state of one scenario.
#[derive(Debug, cucumber::World)]
#[world(init = Self::empty)]
pub(crate) struct World {
    /// What groups are raised on.
    pub(crate) stage: Option<Stage>,
    backend: Option<Box<dyn Backend>>,
    /// The users of a cluster, and its nodes.
    pub(crate) cluster: Option<Cluster>,
    /// The command that was last asked for, and what came of it.
    pub(crate) asked: Option<Request>,
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
        Self { stage: None, backend: None, cluster: None, asked: None }
    }

    /// The group: one of the `classic` profile, if no other has been raised.
    pub(crate) fn group(&mut self) -> &mut dyn Backend {
        if self.backend.is_none() {
            self.raise(&Plan { parameters: Parameters::classic(), users: USERS, policy_fails: false });
        }
        &mut **self.backend.as_mut().expect("a group has been raised")
    }

    /// Raises a group.
    pub(crate) fn raise(&mut self, plan: &Plan) {
        let stage = self.stage.as_ref().expect("the run sets the stage");
        self.backend = Some(stage.raise(plan));
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
}
