//! What happened to a pair, read from files, played again, and told step by step.

mod journal;
mod outcome;
mod panics;
mod proved;
mod source;
mod steps;
mod walk;

pub(crate) use outcome::{Outcome, departs, outcome};
pub(crate) use panics::leave_caught_panics;
pub(crate) use proved::{NAMES, proved};
pub(crate) use source::{Source, Story};
pub(crate) use steps::{Mark, Step, printable, steps};
pub(crate) use walk::walk;
