//! A run of the scenarios: which there are, how each is played, what came of them all, and how that is shown.
//!
//! Nothing here knows what a scenario is about, or what it is played on.

mod coverage;
mod crew;
mod player;
mod record;
mod report;
mod script;

pub use coverage::{Coverage, Excuse};
pub use crew::work;
pub use player::{Heard, play};
pub use record::{Failure, Outcome, Record, Run, Tally};
pub use report::{Mutants, Report, html, json, junit, matrix};
pub use script::{Scene, read};

#[cfg(test)]
mod tests;
