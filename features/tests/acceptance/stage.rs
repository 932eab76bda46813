//! What a run is played on.

use std::fmt;

use anyhow::Result;
use features::{Policies, factory, load};
use locum_host::Loaded;
use locum_sim::{Pair, native};

use crate::backend::{Backend, Plan, Simulated};

/// What the nodes of a group are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// The native state machine, on a virtual clock.
    Native,
    /// The state machine as a component in the host, on a virtual clock.
    Component,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Native => "native",
            Self::Component => "component",
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
    order: Order,
    core: Option<Loaded>,
    policies: Policies,
}

impl Stage {
    /// A stage of this kind.
    ///
    /// # Errors
    /// A component is asked for that has not been built, or that the host refuses.
    pub(crate) fn new(kind: Kind) -> Result<Self> {
        let (core, policies) = match kind {
            Kind::Native => (None, Policies::Native),
            Kind::Component => (Some(load("locum-core-component")?), Policies::components()?),
        };
        Ok(Self { order: Order::Straight, core, policies })
    }

    /// The same stage, seen this way round.
    pub(crate) fn seen(&self, order: Order) -> Self {
        Self { order, ..self.clone() }
    }

    /// The policies of this stage.
    pub(crate) fn policies(&self) -> &Policies {
        &self.policies
    }

    /// A group whose nodes have started and are Normal.
    pub(crate) fn raise(&self, plan: &Plan) -> Box<dyn Backend> {
        let machines = match &self.core {
            None => native(),
            Some(loaded) => factory(loaded.clone()),
        };
        Box::new(Simulated::new(Pair::normal(machines, &plan.parameters), self.order))
    }
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").field("order", &self.order).finish_non_exhaustive()
    }
}
