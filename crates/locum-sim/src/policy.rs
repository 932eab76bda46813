//! The policy that says where users belong.

use locum_core::Parameters;
use locum_policy::{Nodes, Occasion, Promise, Users, place_builtin};

/// A policy at work, wherever it runs.
pub trait Policy {
    /// Where each user belongs. There is always an answer: where the policy fails, it is the built-in one.
    fn place(&mut self, occasion: Occasion, users: &Users, nodes: &Nodes) -> Placed;
}

/// An answer that keeps the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// One node row for each user.
    pub nodes: Vec<u32>,
    /// Why the built-in answer stands here instead of the policy's.
    pub fault: Option<String>,
}

/// Starts a policy that keeps this promise.
pub type PolicyFactory = Box<dyn Fn(Promise) -> Box<dyn Policy>>;

/// The built-in answers.
pub fn builtin() -> PolicyFactory {
    Box::new(|promise| Box::new(BuiltIn { promise, fault: None }))
}

/// Policies that fail whenever they are asked.
pub fn failing() -> PolicyFactory {
    Box::new(|promise| Box::new(BuiltIn { promise, fault: Some(TRAPPED.into()) }))
}

/// What a policy that fails on request has to say.
pub(crate) const TRAPPED: &str = "the policy fails on request";

/// What the policy of the mode in these parameters promises.
pub(crate) fn promise_of(parameters: &Parameters) -> Promise {
    match &*parameters.user_assignment_mode {
        "active-standby" => Promise::FirstNode,
        "none" => Promise::Unassigned,
        _ => Promise::Balanced,
    }
}

struct BuiltIn {
    promise: Promise,
    fault: Option<String>,
}

impl Policy for BuiltIn {
    fn place(&mut self, occasion: Occasion, users: &Users, nodes: &Nodes) -> Placed {
        Placed { nodes: place_builtin(occasion, self.promise, users, nodes), fault: self.fault.clone() }
    }
}
