//! The policy that says where users belong.

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

/// Starts a policy.
pub type PolicyFactory = Box<dyn Fn() -> Box<dyn Policy>>;

/// The built-in answers for this promise.
pub fn builtin(promise: Promise) -> PolicyFactory {
    Box::new(move || Box::new(BuiltIn { promise, fault: None }))
}

/// A policy of this promise that fails whenever it is asked.
pub fn failing(promise: Promise) -> PolicyFactory {
    Box::new(move || Box::new(BuiltIn { promise, fault: Some("the policy fails on request".into()) }))
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
