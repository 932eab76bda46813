//! What a run is played on.

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::Result;
use features::Policies;
use features::words::{Node, Rank};
use locum_config::Config;
use locum_host::Loaded;
use locum_parts::{Components, load_file};
use locum_testbed::policy;

use crate::backend::{Backend, Daemons, FAILING_POLICY, Plan, Simulated, daemon_faults};

/// What the nodes of a group are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// The native state machine, on a virtual clock.
    Native,
    /// The state machine as a component in the host, on a virtual clock.
    Component,
    /// Two real daemons, in a fiftieth of the time.
    Daemon,
}

impl Kind {
    /// Whether its clock is virtual.
    pub(crate) fn is_simulated(self) -> bool {
        self != Self::Daemon
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Native => "native",
            Self::Component => "component",
            Self::Daemon => "daemon",
        })
    }
}

/// Which node comes first by name, and so settles ties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Order {
    /// Node 1 does.
    Straight,
    /// Node 2 does.
    Mirrored,
}

impl Order {
    /// Both: every scenario holds either way round.
    pub(crate) const BOTH: [Self; 2] = [Self::Straight, Self::Mirrored];
}

impl Order {
    /// The node of this rank by name.
    pub(crate) fn node(self, rank: Rank) -> Node {
        match (self, rank) {
            (Self::Straight, Rank::First) | (Self::Mirrored, Rank::Second) => Node::One,
            (Self::Straight, Rank::Second) | (Self::Mirrored, Rank::First) => Node::Two,
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Straight => "node 1 first by name",
            Self::Mirrored => "node 2 first by name",
        })
    }
}

/// Raises groups of one kind.
#[derive(Clone)]
pub(crate) struct Stage {
    kind: Kind,
    order: Order,
    components: Option<Components>,
    policies: Policies,
}

impl Stage {
    /// A stage of this kind.
    ///
    /// # Errors
    /// A component is asked for that has not been built, or that the host refuses.
    pub(crate) fn new(kind: Kind) -> Result<Self> {
        let (components, policies) = match kind {
            Kind::Native => (None, Policies::Native),
            Kind::Component => (Some(Components::load()?), Policies::components()?),
            // What daemons load, they find themselves.
            Kind::Daemon => (None, Policies::components()?),
        };
        Ok(Self { kind, order: Order::Straight, components, policies })
    }

    /// The same stage, seen this way round.
    pub(crate) fn seen(&self, order: Order) -> Self {
        Self { order, ..self.clone() }
    }

    /// Which node comes first by name.
    pub(crate) fn order(&self) -> Order {
        self.order
    }

    /// The policies of this stage.
    pub(crate) fn policies(&self) -> &Policies {
        &self.policies
    }

    /// The keys that have a fault in this configuration file.
    pub(crate) fn faults(&self, configuration: &str) -> Vec<String> {
        if self.kind == Kind::Daemon {
            return daemon_faults(configuration);
        }
        let faults = Config::parse(configuration, Path::new("node.toml")).err().map_or(Vec::new(), |faults| faults.0);
        faults.into_iter().map(|fault| fault.key).collect()
    }

    /// A group whose nodes have started and are Normal.
    pub(crate) fn raise(&self, plan: &Plan) -> Box<dyn Backend> {
        match &self.components {
            _ if self.kind == Kind::Daemon => Box::new(Daemons::raise(plan, self.order)),
            None => Box::new(Simulated::native(plan, self.order)),
            Some(components) if plan.policy_fails => {
                let components = components.clone().with_policy(failing_policy());
                Box::new(Simulated::of_components(&components, plan, self.order))
            }
            Some(components) => Box::new(Simulated::of_components(components, plan, self.order)),
        }
    }
}

/// A policy that promises balance.
fn failing_policy() -> Loaded {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let file = folder.path().join("policy.wasm");
    fs::write(&file, policy(0, FAILING_POLICY)).expect("the folder is writable");
    load_file(&file).expect("it is a policy")
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").field("order", &self.order).finish_non_exhaustive()
    }
}
