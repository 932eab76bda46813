//! Many seeds, on all processors.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
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

/// Plays the seeds `first`, `first + 1`, … until there are `count` of them or `stop` says so, by `jobs` threads at a
/// time. Each seed is played with fresh parts. `watch` is told of the tally after each one.
pub fn work(
    first: u64,
    count: u64,
    jobs: usize,
    parts: &(dyn Fn() -> Parts + Sync),
    watch: &(dyn Fn(&Tally) + Sync),
    stop: &AtomicBool,
) -> Tally {
    let next = AtomicU64::new(0);
    let tally = Mutex::new(Tally::default());
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    if place >= count || stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let seed = first.wrapping_add(place);
                    let run = check(&draw(seed), parts()).expect("what is drawn has good parameters");
                    let failure = run.fault.clone().map(|fault| fail(seed, fault, &run, parts));
                    let mut tally = tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    tally.seeds += 1;
                    tally.failovers += run.trace.failovers();
                    tally.virtual_ms += run.trace.lasted_ms;
                    tally.failures.extend(failure);
                    watch(&tally);
                }
            });
        }
    });
    tally.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn fail(seed: u64, fault: Fault, run: &Run, parts: &(dyn Fn() -> Parts + Sync)) -> Failure {
    let shrunk = shrink(&draw(seed), &fault, &|| parts());
    Failure { seed, fault, run: shrunk.unwrap_or_else(|| run.clone()) }
}
