//! What came of the runs, for people and for programs.

mod html;
mod json;
mod junit;
mod matrix;
mod mutants;

use std::collections::BTreeMap;
use std::time::Duration;

use locum_core::{JointRow, Side};

use super::{Coverage, Outcome, Run};

pub use html::html;
pub use json::json;
pub use junit::junit;
pub use matrix::matrix;
pub use mutants::Mutants;

/// What there is to report.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// One run a backend.
    pub runs: &'a [Run],
    /// What the scenarios leave out, where that was looked at.
    pub coverage: Option<&'a Coverage>,
    /// What became of the mutants of the core, where they have been tried.
    pub mutants: Option<&'a Mutants>,
}

impl Report<'_> {
    /// Whether nothing failed, and nothing is left out that was to be shown.
    pub fn is_good(&self) -> bool {
        self.runs.iter().all(|run| run.total().failed == 0)
            && self.coverage.is_none_or(|coverage| coverage.faults().is_empty())
    }

    /// Why scenarios were not played, with how many of each backend.
    fn skipped(&self) -> BTreeMap<(&str, &str), usize> {
        let mut skipped = BTreeMap::new();
        for run in self.runs {
            for record in &run.records {
                if let Outcome::Skipped(why) = &record.outcome {
                    *skipped.entry((run.backend.as_str(), why.as_str())).or_default() += 1;
                }
            }
        }
        skipped
    }
}

/// Both nodes of a documented pair, as the specification names them.
fn names(row: &JointRow) -> [String; 2] {
    [&row.first, &row.second].map(|side| match side {
        Side::Heard(states, reasons) => {
            let states: Vec<_> = states.iter().map(|state| state.name()).collect();
            let reasons: Vec<_> = reasons.iter().map(|reason| reason.name()).collect();
            format!("{} ({})", states.join(" or "), reasons.join(" or "))
        }
        Side::Silent => String::from("not heard"),
    })
}

/// For people: `3 ms`, `12.4 s`.
fn lasted(duration: Duration) -> String {
    match duration.as_millis() {
        0 => String::from("< 1 ms"),
        ms @ 1..1000 => format!("{ms} ms"),
        _ => format!("{:.1} s", duration.as_secs_f64()),
    }
}
