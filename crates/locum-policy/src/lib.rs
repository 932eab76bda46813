//! What a policy is asked, the rules that its answers are held to, and the answers that need no plugin.
//!
//! Pure columns and functions of them (`docs/behaviour.md` §7): whoever runs policies, as plugins or not, checks them here
//! and has an answer where one fails.

mod builtin;
mod check;
mod columns;

pub use builtin::place as place_builtin;
pub use check::{AnswerFault, check};
pub use columns::{Nodes, Occasion, Promise, UNASSIGNED, Users};

#[cfg(test)]
mod tests;
