//! For people at a terminal: every documented row and every feature against every backend.

use std::collections::BTreeMap;

use locum_core::JOINT_ROWS;
use locum_core::table::ROWS;

use super::{Report, lasted, names};
use crate::run::{Scene, Tally};

/// How wide the names of a pair or of a feature may be.
const TITLE_WIDTH: usize = 78;
/// How wide the cell of a backend is.
const CELL_WIDTH: usize = 11;

const GREEN: u8 = 32;
const RED: u8 = 31;
const YELLOW: u8 = 33;
const DIM: u8 = 2;

/// The matrix, what was skipped and why, what is left out, every failure in full, and one plain line at the end.
/// Without the rows of which nothing was played, if not `whole`.
pub fn matrix(report: &Report<'_>, whole: bool, coloured: bool) -> String {
    let mut matrix = Matrix { report, coloured, text: String::new() };
    matrix.rows(whole);
    matrix.features();
    matrix.skipped();
    matrix.coverage();
    matrix.failures();
    matrix.total();
    matrix.text
}

struct Matrix<'a> {
    report: &'a Report<'a>,
    coloured: bool,
    text: String,
}

impl Matrix<'_> {
    fn rows(&mut self, whole: bool) {
        let heads = self.report.runs.iter().map(|run| format!("{:>CELL_WIDTH$}", run.backend)).collect::<String>();
        self.line("row", "node 1 · node 2", &heads);
        for row in &JOINT_ROWS {
            let of_row = |scene: &Scene| scene.row() == Some(row.number);
            if !whole && !self.has(of_row) {
                continue;
            }
            let [first, second] = names(row);
            let (number, cells) = (row.number.to_string(), self.cells(of_row));
            let pair = format!("{first} · {second}");
            if pair.chars().count() <= TITLE_WIDTH {
                self.line(&number, &pair, &cells);
            } else {
                self.line(&number, &first, &cells);
                self.line("", &format!("· {second}"), "");
            }
        }
    }

    /// What is about no documented row, feature by feature.
    fn features(&mut self) {
        let scenes = self.report.runs.iter().flat_map(|run| &run.records).map(|record| &record.scene);
        let features: BTreeMap<_, _> = scenes.map(|scene| (scene.file.clone(), scene.title.clone())).collect();
        self.text.push('\n');
        for (file, title) in &features {
            let beside_rows = |scene: &Scene| scene.file == *file && scene.row().is_none();
            if self.has(beside_rows) {
                let cells = self.cells(beside_rows);
                self.line("", title, &cells);
            }
        }
        let took = self.report.runs.iter().map(|run| format!("{:>CELL_WIDTH$}", lasted(run.took))).collect::<String>();
        self.line("", "time", &took);
    }

    fn skipped(&mut self) {
        let skipped = self.report.skipped();
        if skipped.is_empty() {
            return;
        }
        self.text.push_str("\nskipped\n");
        for ((backend, why), count) in skipped {
            self.text.push_str(&format!("  {count:>4} on {backend}: {why}\n"));
        }
    }

    fn coverage(&mut self) {
        let Some(coverage) = self.report.coverage else { return };
        let (reached, all) = (coverage.reached_count(), ROWS.len());
        self.text.push_str(&format!("\ntransition table: {reached} of {all} rows reached on {}\n", coverage.backend));
        for excuse in &coverage.excused {
            self.text.push_str(&format!("  excused  {}: {}\n", excuse.row, excuse.why));
        }
        for (states, rows) in &coverage.missing {
            self.text.push_str(&format!("  {states}\n"));
            for row in rows {
                self.text.push_str(&format!("    {:26} {}\n", row.id, row.why));
            }
        }
        for fault in coverage.faults() {
            let fault = self.paint(RED, &fault);
            self.text.push_str(&format!("  {fault}\n"));
        }
    }

    fn failures(&mut self) {
        for run in self.report.runs {
            for (record, failure) in run.failures() {
                let (backend, order, told) = (&run.backend, &record.order, failure.told(record));
                self.text.push_str(&format!("\n{backend}, {order}\n{told}\n"));
            }
        }
    }

    /// In the words of Rust's own tests, for who counts them. What the scenarios leave out counts as failures too.
    fn total(&mut self) {
        let total = self.report.runs.iter().map(|run| run.total()).fold(Tally::default(), |sum, one| sum + one);
        let left_out = self.report.coverage.map_or(0, |coverage| coverage.faults().len());
        let verdict = if self.report.is_good() { "ok" } else { "FAILED" };
        let Tally { passed, failed, skipped } = total;
        let failed = failed + left_out;
        self.text.push_str(&format!("\ntest result: {verdict}. {passed} passed; {failed} failed; {skipped} ignored\n"));
    }

    fn line(&mut self, number: &str, title: &str, cells: &str) {
        let line = format!("{number:>4}  {title:TITLE_WIDTH$}{cells}");
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn has(&self, of: impl Fn(&Scene) -> bool) -> bool {
        self.report.runs.iter().any(|run| run.tally(&of).count() > 0)
    }

    fn cells(&self, of: impl Fn(&Scene) -> bool) -> String {
        self.report.runs.iter().map(|run| self.cell(run.tally(&of))).collect()
    }

    fn cell(&self, tally: Tally) -> String {
        let (colour, words) = match tally {
            Tally { passed: 0, failed: 0, skipped: 0 } => (DIM, String::from("·")),
            Tally { passed: 0, failed: 0, .. } => (YELLOW, String::from("skipped")),
            Tally { passed, failed: 0, .. } => (GREEN, format!("{passed} ✓")),
            Tally { passed, failed, .. } => (RED, format!("{failed} of {} ✗", passed + failed)),
        };
        self.paint(colour, &format!("{words:>CELL_WIDTH$}"))
    }

    fn paint(&self, colour: u8, words: &str) -> String {
        if self.coloured { format!("\x1b[{colour}m{words}\x1b[0m") } else { words.to_owned() }
    }
}
