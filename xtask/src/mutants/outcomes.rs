//! What became of each mutant, as cargo-mutants has written it down.

use std::{fmt, fs, path::Path};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// What became of all of them.
pub(super) struct Outcomes {
    summary: Summary,
    missed: Vec<Mutant>,
}

/// A change that no test has noticed.
#[derive(Debug, PartialEq)]
pub(super) struct Mutant {
    /// File, line, column, and what is changed there.
    pub(super) name: String,
    /// The same, without line and column.
    pub(super) change: String,
    /// The line that is changed.
    pub(super) source: String,
}

/// How many there are of each kind.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Summary {
    mutants: usize,
    caught: usize,
    pub(super) missed: usize,
    timeout: usize,
    unviable: usize,
    /// What was noticed, of all that could be tested; `null` where nothing could.
    score: Option<f64>,
}

/// `outcomes.json`, as far as it matters here.
#[derive(Deserialize)]
struct File {
    outcomes: Vec<Outcome>,
    caught: usize,
    missed: usize,
    timeout: usize,
    unviable: usize,
}

#[derive(Deserialize)]
struct Outcome {
    scenario: Scenario,
    summary: String,
}

#[derive(Deserialize)]
enum Scenario {
    Baseline,
    Mutant { name: String, file: String, span: Span },
}

#[derive(Deserialize)]
struct Span {
    start: Place,
}

#[derive(Deserialize)]
struct Place {
    line: usize,
}

impl Outcomes {
    /// Reads what the last run has left below `output`, and the lines of the sources below `root`.
    pub(super) fn read(output: &Path, root: &Path) -> Result<Self> {
        let path = output.join("mutants.out/outcomes.json");
        let json = fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        Self::parse(&json, |file, line| {
            let text = fs::read_to_string(root.join(file)).unwrap_or_default();
            text.lines().nth(line - 1).unwrap_or_default().trim().to_owned()
        })
        .with_context(|| format!("{} is not what cargo-mutants writes", path.display()))
    }

    fn parse(json: &[u8], source: impl Fn(&str, usize) -> String) -> Result<Self> {
        let File { outcomes, caught, missed, timeout, unviable } = serde_json::from_slice(json)?;
        let (noticed, tested) = (caught + timeout, caught + timeout + missed);
        let score = (tested > 0).then(|| noticed as f64 / tested as f64);
        let summary = Summary { mutants: tested + unviable, caught, missed, timeout, unviable, score };
        let missed = outcomes.into_iter().filter(|outcome| outcome.summary == "MissedMutant");
        let missed = missed.filter_map(|outcome| match outcome.scenario {
            Scenario::Baseline => None,
            Scenario::Mutant { name, file, span } => {
                let change = name.split_once(": ").map_or("", |(_, change)| change);
                let (change, source) = (format!("{file}: {change}"), source(&file, span.start.line));
                Some(Mutant { name, change, source })
            }
        });
        Ok(Self { summary, missed: missed.collect() })
    }

    pub(super) fn missed(&self) -> Vec<&Mutant> {
        self.missed.iter().collect()
    }

    pub(super) fn summary(&self) -> &Summary {
        &self.summary
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mutants, caught, missed, timeout, unviable, score } = self;
        write!(f, "{mutants} mutants: {caught} caught, {timeout} hang, {missed} survive, {unviable} do not compile")?;
        match score {
            Some(score) => write!(f, "; score {:.1} %", 100.0 * score),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &str = r#"{
        "outcomes": [
            { "scenario": "Baseline", "summary": "Success" },
            { "scenario": { "Mutant": { "name": "src/a.rs:3:9: replace + with - in <impl fmt::Display for A>::b",
                "package": "a", "file": "src/a.rs", "span": { "start": { "line": 3, "column": 9 } } } },
              "summary": "MissedMutant" },
            { "scenario": { "Mutant": { "name": "src/a.rs:4:1: delete ! in b", "file": "src/a.rs",
                "span": { "start": { "line": 4, "column": 1 } } } },
              "summary": "CaughtMutant" }
        ],
        "total_mutants": 5, "caught": 2, "missed": 1, "timeout": 1, "unviable": 1, "success": 0
    }"#;

    #[test]
    fn what_hangs_was_noticed_and_what_does_not_compile_does_not_count() {
        let outcomes = Outcomes::parse(WRITTEN.as_bytes(), |file, line| format!("{file} {line}")).expect("outcomes");
        assert_eq!(
            outcomes.summary.to_string(),
            "5 mutants: 2 caught, 1 hang, 1 survive, 1 do not compile; score 75.0 %"
        );
        let [missed] = &outcomes.missed[..] else { panic!("one is missed, not {:?}", outcomes.missed) };
        assert_eq!(missed.change, "src/a.rs: replace + with - in <impl fmt::Display for A>::b");
        assert_eq!(missed.source, "src/a.rs 3");
    }
}
