//! What became of the mutants of the core.

use serde::Deserialize;

/// How many mutants there were, and what the tests made of them.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Mutants {
    /// All.
    pub mutants: usize,
    /// A test failed.
    pub caught: usize,
    /// No test noticed.
    pub missed: usize,
    /// The tests did not end.
    pub timeout: usize,
    /// They were no programs.
    pub unviable: usize,
}

impl Mutants {
    /// How many of a hundred that could be noticed were noticed.
    pub fn score_percent(&self) -> f64 {
        let noticed = self.caught + self.timeout;
        100.0 * noticed as f64 / (noticed + self.missed).max(1) as f64
    }
}
