//! Policies: at which node each user belongs.

pub use locum_policy::{AnswerFault, Nodes, Occasion, Promise, UNASSIGNED, Users, place_builtin};

use crate::bindings::policy::Policy as PolicyWorld;
use crate::bindings::policy::exports::locum::plugin::assignment as wit;
use crate::error::{Fault, HostError};
use crate::guest::Guest;
use crate::{Limits, Loaded, World};

/// A checked answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// One node row for each user, or [`UNASSIGNED`]: the home, or the node that serves the user from now on, as
    /// [`Occasion::is_about_homes`] says.
    pub nodes: Vec<u32>,
    /// Why the built-in answer stands here instead of the plugin's.
    pub fault: Option<PolicyFault>,
}

/// Why a policy's answer was not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    /// It gave none.
    #[error("the policy failed: {0}")]
    Failed(#[from] Fault),
    /// It is against the rules.
    #[error("the policy's answer is refused: {0}")]
    Refused(#[from] AnswerFault),
}

/// A policy plugin at work. Calls block for as long as the plugin thinks: milliseconds for thousands of users.
pub struct Policy {
    guest: Guest<PolicyWorld>,
    promise: Promise,
}

impl Policy {
    /// Starts a policy with the default limits.
    ///
    /// # Errors
    /// As [`Policy::with_limits`].
    pub fn new(loaded: &Loaded) -> Result<Self, HostError> {
        Self::with_limits(loaded, Limits::of(World::Policy))
    }

    /// Starts a policy and asks what it promises.
    ///
    /// # Errors
    /// The component is of another world, lacks a function, or fails at this first call.
    pub fn with_limits(loaded: &Loaded, limits: Limits) -> Result<Self, HostError> {
        loaded.expect(World::Policy)?;
        let bind = |store: &mut _, instance: &_| PolicyWorld::new(store, instance);
        let mut guest =
            Guest::new(&loaded.engine, &loaded.component, limits, bind).map_err(|error| loaded.rejected(&error))?;
        let promise = guest
            .call(0, |store, world| world.locum_plugin_assignment().call_promised(store))
            .map_err(|fault| loaded.faulty(fault))?;
        Ok(Self { guest, promise: promise.into() })
    }

    /// What the policy promised when it was loaded.
    pub fn promised(&self) -> Promise {
        self.promise
    }

    /// Where each user belongs. There is always an answer: where the plugin gives none, or one that breaks a rule,
    /// it is the built-in one for the same promise, and [`Placement::fault`] says why.
    ///
    /// # Panics
    /// If the columns differ in length or name a node that has no row: faults of the caller, not of the plugin.
    pub fn place(&mut self, occasion: Occasion, users: &Users, nodes: &Nodes) -> Placement {
        users.assert_sound(nodes);
        match self.ask(occasion, users, nodes) {
            Ok(nodes) => Placement { nodes, fault: None },
            Err(fault) => {
                let nodes = place_builtin(occasion, self.promise, users, nodes);
                Placement { nodes, fault: Some(fault) }
            }
        }
    }

    fn ask(&mut self, occasion: Occasion, users: &Users, nodes: &Nodes) -> Result<Vec<u32>, PolicyFault> {
        let user_columns = wit::Users {
            ids: &users.ids,
            homes: &users.homes,
            nodes: &users.nodes,
            weights: &users.weights,
            classes: &users.classes,
        };
        let node_columns = wit::Nodes { groups: &nodes.groups, available: &nodes.available };
        let answer = self.guest.call(users.len(), |store, world| {
            world.locum_plugin_assignment().call_place(store, occasion.into(), user_columns, node_columns)
        })?;
        if let Err(fault) = locum_policy::check(occasion, self.promise, users, nodes, &answer) {
            self.guest.distrust();
            return Err(fault.into());
        }
        Ok(answer)
    }
}

impl From<wit::Promise> for Promise {
    fn from(promise: wit::Promise) -> Self {
        match promise {
            wit::Promise::Balanced => Self::Balanced,
            wit::Promise::FirstNode => Self::FirstNode,
            wit::Promise::Unassigned => Self::Unassigned,
            wit::Promise::Anywhere => Self::Anywhere,
        }
    }
}

impl From<Occasion> for wit::Occasion {
    fn from(occasion: Occasion) -> Self {
        match occasion {
            Occasion::Assign => Self::Assign,
            Occasion::Rebalance => Self::Rebalance,
            Occasion::TakeOver => Self::TakeOver,
            Occasion::GiveBack => Self::GiveBack,
        }
    }
}
