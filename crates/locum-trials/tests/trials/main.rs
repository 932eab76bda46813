//! The scenarios for the authors of plugins: good plugins pass, and of bad ones it is told what they do wrong.

mod bad;
mod good;
#[path = "../../../locum-host/tests/host/guests.rs"]
#[expect(dead_code, reason = "the host's own tests need more of it")]
mod guests;

use std::path::{Path, PathBuf};

use locum_trials::{Failure, Outcome, Refusal, Report, check};
use tokio::sync::{Mutex, MutexGuard};

/// Holds the other tests up: while scenarios run, nobody would see why a test fails.
async fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::const_new(());
    ALONE.lock().await
}

/// A component that `cargo xtask components` has built.
fn component(name: &str) -> PathBuf {
    let target = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target");
    target.join("components").join(name).with_extension("wasm")
}

/// The scenarios that failed, by name.
fn failures(report: &Report) -> Vec<(&str, &Failure)> {
    let scenarios = report.scenarios.iter().filter_map(|scenario| match &scenario.outcome {
        Outcome::Failed { failure } => Some((&*scenario.name, failure)),
        _ => None,
    });
    scenarios.collect()
}

/// Why nothing was run.
async fn refusal(file: &Path, name: Option<&str>) -> Refusal {
    check(file, name).await.expect_err("it is refused")
}
