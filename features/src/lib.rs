//! What the scenarios of `features/` are made of: their words, their users, and how they are run.
//!
//! Scenarios say *node 1* and *node 2*: node 1 is the node whose users move, node 2 its backup.

mod cluster;
pub mod run;
pub mod words;

pub use cluster::{Cluster, Policies};
