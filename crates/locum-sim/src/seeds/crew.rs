//! Many seeds, on all processors.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::{Fault, Run, check, draw, shrink};
use crate::parts::Parts;

/// What came of many seeds.
#[derive(Debug, Default)]
pub struct Tally {
    /// How many were played.
    pub seeds: u64,
    /// How often a node took over its peer's users and served them.
    pub failovers: u64,
    /// How much virtual time passed, in milliseconds.
    pub virtual_ms: u64,
    /// Those that failed.
    pub failures: Vec<Failure>,
}

/// A seed that failed.
#[derive(Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What did not hold.
    pub fault: Fault,
    /// The smallest history that fails in the same way, and what comes of it.
    pub run: Run,
}

/// Makes the parts of one run.
pub type Maker<'a> = &'a (dyn Fn() -> Parts + Sync);

/// Which seeds are played, and how many at a time.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// The first one; the others follow it.
    pub first: u64,
    /// How many.
    pub count: u64,
    /// How many threads play them.
    pub jobs: usize,
}

/// Plays seeds until all are played or `watch`, which is told the tally after each of them, says that it is enough.
/// Each is played with fresh parts of each maker, and all must give the same trace.
///
/// # Panics
/// Where there is no maker.
pub fn work(budget: Budget, makers: &[Maker<'_>], watch: &(dyn Fn(&Tally) -> bool + Sync)) -> Tally {
    let next = AtomicU64::new(0);
    let enough = AtomicBool::new(false);
    let tally = Mutex::new(Tally::default());
    thread::scope(|scope| {
        for _ in 0..budget.jobs {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    if place >= budget.count || enough.load(Ordering::Relaxed) {
                        return;
                    }
                    let seed = budget.first.wrapping_add(place);
                    let run = play(seed, makers);
                    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
                    tally.seeds += 1;
                    tally.failovers += run.trace.failovers();
                    tally.virtual_ms += run.trace.lasted_ms;
                    tally.failures.extend(run.fault.clone().map(|fault| Failure { seed, fault, run }));
                    if !watch(&tally) {
                        enough.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    tally.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Plays one seed with all parts, and makes small what fails.
///
/// # Panics
/// Where there is no maker.
pub fn play(seed: u64, makers: &[Maker<'_>]) -> Run {
    let history = draw(seed);
    let runs = makers.iter().map(|parts| check(&history, parts()).expect("what is drawn has good parameters"));
    let mut runs: Vec<Run> = runs.collect();
    for (place, parts) in makers.iter().enumerate() {
        if let Some(fault) = &runs[place].fault {
            return shrink(&history, fault, *parts).unwrap_or_else(|| runs.swap_remove(place));
        }
    }
    let digests: Vec<String> =
        if runs.len() > 1 { runs.iter().map(|run| run.trace.digest()).collect() } else { vec![] };
    let mut run = runs.swap_remove(0);
    if let Some(other) = digests.iter().find(|digest| **digest != digests[0]) {
        run.fault = Some(Fault::PartsDiffer { one: digests[0].clone(), other: other.clone() });
    }
    run
}
