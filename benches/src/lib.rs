//! What is measured: the same work done natively and by components. `cargo xtask bench` runs it all and prints how
//! many times longer a component takes.
//!
//! A bench is a criterion group of the two functions [`NATIVE`] and [`COMPONENT`].

mod component;
mod failover;
mod step;
mod users;

pub use component::{Component, load};
pub use failover::Failover;
pub use step::Step;
pub use users::{nodes, users_at_home, users_without_home};

/// The name of the native function of every group.
pub const NATIVE: &str = "native";
/// The name of the function of every group that has components do the work.
pub const COMPONENT: &str = "component";
/// How many users a group usually has.
pub const USUAL: u32 = 15_000;
/// How many users are many.
pub const MANY: u32 = 1_000_000;
