//! For programs: one line of JSON a backend.

use locum_core::table::ROWS;
use serde_json::json;

use super::Report;

/// One line for each backend.
pub fn json(report: &Report<'_>) -> String {
    let lines = report.runs.iter().map(|run| {
        let total = run.total();
        let failures: Vec<_> = run.failures().map(|(record, failure)| failure.told(record)).collect();
        let mut line = json!({
            "backend": run.backend,
            "scenarios": total.count(),
            "passed": total.passed,
            "failed": total.failed,
            "skipped": total.skipped,
            "rows_covered": run.rows_covered(),
            "seconds": run.took.as_secs_f64(),
            "failures": failures,
        });
        // Only one backend tells every row that applies.
        if let Some(coverage) = report.coverage.filter(|coverage| coverage.backend == run.backend) {
            let missing: Vec<_> = coverage.missing.values().flatten().map(|row| row.id).collect();
            line["table_rows"] = json!({
                "all": ROWS.len(),
                "reached": coverage.reached_count(),
                "excused": coverage.excused.len(),
                "missing": missing,
            });
        }
        format!("{line}\n")
    });
    lines.collect()
}
