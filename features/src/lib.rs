//! What the scenarios of `features/*.feature` run on: a redundancy group, whatever it is made of.
//!
//! Scenarios say *node 1* and *node 2*: node 1 is the node whose users move, node 2 its backup. A [`Stage`] says what
//! runs beneath and which of the two comes first by name; a [`Backend`] is the group at work. Nothing else here, and
//! nothing in the steps, knows what a node is made of.

mod backend;
mod cluster;
mod component;
mod stage;
pub mod words;

pub use backend::Backend;
pub use cluster::{Cluster, Policies};
pub use component::{Component, load};
pub use stage::{Kind, Order, Stage};
