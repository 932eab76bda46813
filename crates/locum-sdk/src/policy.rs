//! User-assignment policies: the world `policy`, which imports nothing.
//!
//! A policy is asked for the homes of users and for the nodes that serve them; the host checks every answer against the
//! promise that the policy makes (`docs/behaviour.md` §7). [`assign`], [`take_over`] and [`give_back`] are what most
//! policies answer on those occasions.

mod moves;

/// Generated from `wit/policy.wit`, where every item is documented.
#[doc(hidden)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/policy.wit",
        world: "policy",
        additional_derives: [PartialEq],
        pub_export_macro: true,
        default_bindings_module: "locum_sdk::policy::bindings",
    });
}

#[doc(inline)]
pub use crate::export_policy as export;
pub use bindings::exports::locum::plugin::assignment::{Guest, Nodes, Occasion, Promise, Users};
pub use moves::{LeastLoaded, assign, give_back, take_over};

/// Makes a policy of a type that is a [`Guest`]: `export!(Mine);`, once in a component.
///
/// On the host it only checks that the type is one, so that a plugin's crate builds and is tested there too.
#[doc(hidden)]
#[macro_export]
macro_rules! export_policy {
    ($plugin:ident) => {
        #[cfg(target_arch = "wasm32")]
        $crate::policy::bindings::export!($plugin with_types_in $crate::policy::bindings);
        #[cfg(not(target_arch = "wasm32"))]
        const _: () = $crate::policy::is_guest::<$plugin>();
    };
}

#[doc(hidden)]
pub const fn is_guest<G: Guest>() {}

/// Stands where a user has no node: in the columns `homes` and `nodes`, and in an answer.
pub const UNASSIGNED: u32 = u32::MAX;

impl Nodes {
    /// Whether this row is a node that may serve users now. [`UNASSIGNED`] is not.
    pub fn is_available(&self, row: u32) -> bool {
        self.available.get(row as usize).is_some_and(|available| *available != 0)
    }

    /// The rows of the nodes that may serve users now, in ascending order.
    pub fn available_rows(&self) -> impl Iterator<Item = u32> {
        (0..self.available.len() as u32).filter(|row| self.is_available(*row))
    }

    /// The group of the node in this row, or nothing if it is no node.
    pub fn group(&self, row: u32) -> Option<u32> {
        self.groups.get(row as usize).copied()
    }
}
