//! Whether the scenarios show all that there is.

use std::collections::{BTreeMap, BTreeSet};

use locum_core::JOINT_ROWS;
use locum_core::table::{ROWS, Row};

use super::Run;

/// A row of the transition table that no scenario can show, and why.
#[derive(Clone, Copy, Debug)]
pub struct Excuse {
    /// The row.
    pub row: &'static str,
    /// Why no scenario shows it.
    pub why: &'static str,
}

/// What the scenarios of a whole run leave out.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// The backend that it was measured on.
    pub backend: String,
    /// The rows of the transition table that no scenario reaches and nothing excuses, by the first word of their names.
    pub missing: BTreeMap<&'static str, Vec<&'static Row>>,
    /// The rows that are excused.
    pub excused: Vec<Excuse>,
    /// Excuses for rows that are reached after all, or that there are not.
    pub stale: Vec<&'static str>,
    /// The documented rows that no scenario is about.
    pub unnamed: Vec<u8>,
}

impl Coverage {
    /// Of a run on the backend whose machine tells every row that applies.
    pub fn of(run: &Run, excuses: &[Excuse]) -> Self {
        let reached: BTreeSet<_> = run.records.iter().flat_map(|record| &record.applied).map(String::as_str).collect();
        let excuse = |id: &str| excuses.iter().find(|excuse| excuse.row == id);
        let mut coverage = Self { backend: run.backend.clone(), ..Self::default() };
        for row in ROWS.iter().filter(|row| !reached.contains(row.id)) {
            match excuse(row.id) {
                Some(excuse) => coverage.excused.push(*excuse),
                None => coverage.missing.entry(row.id.split('-').next().unwrap_or_default()).or_default().push(row),
            }
        }
        let is_stale = |excuse: &&Excuse| reached.contains(excuse.row) || !ROWS.iter().any(|row| row.id == excuse.row);
        coverage.stale = excuses.iter().filter(is_stale).map(|excuse| excuse.row).collect();
        let named: BTreeSet<_> = run.records.iter().filter_map(|record| record.scene.row()).collect();
        coverage.unnamed = JOINT_ROWS.iter().map(|row| row.number).filter(|number| !named.contains(number)).collect();
        coverage
    }

    /// How many rows of the transition table no scenario reaches though one ought to.
    pub fn missing_count(&self) -> usize {
        self.missing.values().map(Vec::len).sum()
    }

    /// How many rows of the transition table some scenario reaches.
    pub fn reached_count(&self) -> usize {
        ROWS.len() - self.missing_count() - self.excused.len()
    }

    /// What is wrong with it, for people.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if !self.missing.is_empty() {
            faults.push(format!("{} rows of the transition table are reached by no scenario", self.missing_count()));
        }
        if !self.stale.is_empty() {
            faults.push(format!("excused without need: {}", self.stale.join(", ")));
        }
        if !self.unnamed.is_empty() {
            let rows: Vec<_> = self.unnamed.iter().map(u8::to_string).collect();
            faults.push(format!("no scenario is about row {}", rows.join(", ")));
        }
        faults
    }
}
