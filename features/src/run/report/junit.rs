//! For the machines that collect tests: JUnit's XML.

use std::time::SystemTime;

use anyhow::Result;
use junit_report::{Duration, OffsetDateTime, ReportBuilder, TestCase, TestCaseBuilder, TestSuiteBuilder};

use super::Report;
use crate::run::{Outcome, Record};

/// One suite a feature and backend, one case a scenario.
///
/// # Errors
/// The clock of this host is from before 1970.
pub fn junit(report: &Report<'_>) -> Result<String> {
    let mut suites = ReportBuilder::new();
    for run in report.runs {
        let began = OffsetDateTime::UNIX_EPOCH + run.began.duration_since(SystemTime::UNIX_EPOCH)?;
        for records in run.records.chunk_by(|one, other| one.scene.file == other.scene.file) {
            let mut suite = TestSuiteBuilder::new(&format!("{} ({})", records[0].scene.path, run.backend));
            suite.set_timestamp(began).add_testcases(records.iter().map(|record| case(record, &run.backend)));
            suites.add_testsuite(suite.build());
        }
    }
    let mut text = Vec::new();
    suites.build().write_xml(&mut text)?;
    Ok(String::from_utf8(text)?)
}

fn case(record: &Record, backend: &str) -> TestCase {
    let scene = &record.scene;
    let name = format!("{}:{} {} ({})", scene.file, scene.line, scene.name, record.order);
    let took = Duration::try_from(record.took()).unwrap_or(Duration::MAX);
    let mut case = match &record.outcome {
        Outcome::Passed => TestCaseBuilder::success(&name, took),
        Outcome::Failed(failure) => TestCaseBuilder::failure(&name, took, &failure.step, &failure.why),
        Outcome::Skipped(why) => TestCaseBuilder::skipped_with_cause(&name, "simulated", why),
    };
    let feature = scene.file.trim_end_matches(".feature");
    case.set_classname(&format!("{backend}.{feature}")).set_filepath(&scene.path).build()
}
