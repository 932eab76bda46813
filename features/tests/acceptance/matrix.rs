//! What came of a run, for people and for programs.

use std::io::{IsTerminal, stdout};

use locum_core::{JOINT_ROWS, Side};

use crate::recorder::{Recorder, Tally};
use crate::stage::Kind;

/// Every documented row and every feature against every kind of group, then the failures, then one plain line.
pub(crate) fn print(runs: &[(Kind, Recorder)], whole: bool) {
    let line = |number: &str, title: &str, cells: &[String]| println!("{number:>4}  {title:76}{}", cells.concat());
    let cells = |tally: &dyn Fn(&Recorder) -> Tally| runs.iter().map(|(_, run)| cell(tally(run))).collect::<Vec<_>>();
    line("row", "node 1 · node 2", &runs.iter().map(|(kind, _)| format!("  {kind:>9}")).collect::<Vec<_>>());
    let ran = |row: u8| runs.iter().any(|(_, run)| run.of_row(row).count() > 0);
    for row in JOINT_ROWS.iter().filter(|row| whole || ran(row.number)) {
        let title = format!("{} · {}", name(&row.first), name(&row.second));
        line(&row.number.to_string(), &title, &cells(&|run| run.of_row(row.number)));
    }
    for feature in runs.iter().flat_map(|(_, run)| run.tallies.keys()).collect::<std::collections::BTreeSet<_>>() {
        let beside_rows = |run: &Recorder| {
            let tallies = run.tallies.get(feature).into_iter().flatten();
            tallies.filter(|(row, _)| row.is_none()).map(|(_, tally)| *tally).fold(Tally::default(), Tally::and)
        };
        if runs.iter().any(|(_, run)| beside_rows(run).count() > 0) {
            line("", feature, &cells(&beside_rows));
        }
    }
    for (kind, run) in runs {
        for failure in &run.failures {
            println!("\n{failure}");
        }
        let missing = JOINT_ROWS.iter().map(|row| row.number).filter(|row| !run.rows_covered().contains(row));
        let missing: Vec<_> = missing.map(|row| row.to_string()).collect();
        if whole && !missing.is_empty() {
            println!("\n{kind}: no scenario shows row {}", missing.join(", "));
        }
    }
    let total = runs.iter().map(|(_, run)| run.total()).fold(Tally::default(), Tally::and);
    let good = if runs.iter().all(|(_, run)| run.is_good(whole)) { "ok" } else { "FAILED" };
    // In the words of Rust's own tests, for who counts them.
    println!("\ntest result: {good}. {} passed; {} failed; 0 ignored", total.passed, total.failed);
}

/// One line a kind of group.
pub(crate) fn print_json(runs: &[(Kind, Recorder)]) {
    for (kind, run) in runs {
        let total = run.total();
        let line = serde_json::json!({
            "backend": kind.to_string(),
            "scenarios": total.count(),
            "passed": total.passed,
            "failed": total.failed,
            // What nobody knows how to do has failed.
            "skipped": 0,
            "rows_covered": run.rows_covered(),
            "failures": run.failures,
        });
        println!("{line}");
    }
}

/// The first state that a row names for a node.
fn name(side: &Side) -> &'static str {
    match side {
        Side::Heard(states, _) => states.first().map_or("", |state| state.name()),
        Side::Silent => "not heard",
    }
}

fn cell(tally: Tally) -> String {
    let (sign, colour, count) = match tally {
        Tally { passed: 0, failed: 0 } => ("·", 0, 0),
        Tally { passed, failed: 0 } => ("✓", 32, passed),
        Tally { failed, .. } => ("✗", 31, failed),
    };
    let text = format!("{count:>9} {sign}");
    if stdout().is_terminal() { format!("\x1b[{colour}m{text}\x1b[0m") } else { text }
}
