//! Two nodes of a redundancy group on a virtual clock, with a network, disks and services that fail on request.
//!
//! The machine under it is the shipped state machine, native or as a component ([`Machine`]); nothing here decides
//! anything that the state machine decides.

mod machine;
mod pair;

pub use machine::{Factory, Machine, native};
pub use pair::{Node, Pair, Served};
