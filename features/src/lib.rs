//! What the scenarios of `features/` are made of: their words, and what they run on apart from daemons.
//!
//! Scenarios say *node 1* and *node 2*: node 1 is the node whose users move, node 2 its backup.

mod cluster;
mod component;
pub mod run;
pub mod words;

pub use cluster::{Cluster, Policies};
pub use component::{Component, Components, load, load_file};
