//! What a scenario remembers between its steps.

use features::words::Node;
use features::{Backend, Cluster, Policies, Stage};
use locum_core::{Answer, Command, Parameters};

/// The state of one scenario.
#[derive(Debug, cucumber::World)]
#[world(init = Self::empty)]
pub(crate) struct World {
    /// What groups are raised on.
    pub(crate) stage: Option<Stage>,
    backend: Option<Backend>,
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
    pub(crate) fn group(&mut self) -> &mut Backend {
        if self.backend.is_none() {
            self.raise(Parameters::classic());
        }
        self.backend.as_mut().expect("a group has been raised")
    }

    /// Raises a group with these parameters.
    pub(crate) fn raise(&mut self, parameters: Parameters) {
        let stage = self.stage.as_ref().expect("the run sets the stage");
        self.backend = Some(stage.raise(&parameters));
    }

    /// The cluster that the scenario began with, and the policies that say where its users belong.
    pub(crate) fn cluster(&mut self) -> (&mut Cluster, &Policies) {
        let cluster = self.cluster.as_mut().expect("the scenario begins with a cluster");
        (cluster, self.stage.as_ref().expect("the run sets the stage").policies())
    }

    /// Everything that a command may not touch where it is refused.
    pub(crate) fn shown(&mut self) -> String {
        let group = self.group();
        let nodes = Node::BOTH.map(|node| (group.state(node), group.served(node), group.entered(node)));
        format!("{nodes:?}")
    }
}
