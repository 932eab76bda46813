//! Every joint state that the two nodes of a group can reach, looked at, one by one.
//!
//! The nodes run the shipped state machine; what comes of one node and one input is worked out once and remembered
//! ([`steps`]). Around them is everything that can happen ([`joint`], [`moves`]): messages that are lost, late, doubled
//! or out of order, timers, crashes, stalls, cuts, services that fail, users that cannot be moved, administrators. The
//! explorer ([`explore`]) goes through all of it, breadth first, so that the first way it finds to anything is a
//! shortest one, and holds every state and every edge against the [`invariants`]. Then it looks whether Normal/Normal can
//! be reached from everywhere ([`ways`]). A way to a violation is kept as a file ([`counterexample`]), and told as a
//! scenario ([`scenario`]).
//!
//! What the proof takes for granted is in `docs/reliability.md`.

mod action;
mod beyond;
mod config;
pub mod counterexample;
mod explore;
pub mod invariants;
mod joint;
mod moves;
mod node;
pub mod scenario;
mod states;
mod steps;
mod ways;
mod witness;

pub use action::{Action, Kind, Side};
pub use config::{Config, Scope};
pub use explore::{Counts, Progress, Proof, Violation, prove};
pub use steps::{Machine, Native};
