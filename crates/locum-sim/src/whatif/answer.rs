//! All runs together.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use locum_config::{Faults, WhatIf};
use serde::Serialize;

use super::outcome::{Outcome, outcome};
use super::script::{history, played_loss_ppm, prelude_ms};
use crate::history::play;
use crate::parts::Parts;

/// Into how many parts the time is divided for the mean number of users served.
const SLICES: usize = 240;

/// What comes of one setting, over all runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// What is set otherwise than in the file; empty where nothing is.
    pub label: String,
    /// The timers that hold, as the file would give them, by their names.
    pub timers: BTreeMap<String, String>,
    /// How many runs there were.
    pub runs: u32,
    /// For how long each user was served by nobody, over all users and runs.
    pub unserved: Spread,
    /// How much of the mean went by with a gate open, and a critical service behind it down, in seconds.
    pub unserved_service_down_mean_s: f64,
    /// For how long each user was served by both nodes, on average, in seconds.
    pub served_twice_mean_s: f64,
    /// How often a node took over, in a run on average.
    pub failovers_mean: f64,
    /// How often it did so for nothing, in a run on average.
    pub false_failovers_mean: f64,
    /// The share of runs in which a node did so for nothing at least once.
    pub runs_with_false_failover: f64,
    /// The share of runs that ended in Running in Failed Mode.
    pub runs_in_failed_mode: f64,
    /// How many users were served, on average over all runs, at evenly spaced times from the first to the last.
    pub users_served_mean: Vec<f64>,
    /// Which run is shown: the one in the middle, by how long users were unserved.
    pub shown_run: u32,
    /// That run.
    pub shown: Outcome,
}

/// Times of users, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// On average.
    pub mean_s: f64,
    /// Half of the users fared at least as well.
    pub p50_s: f64,
    /// All but one of a hundred did.
    pub p99_s: f64,
    /// All did.
    pub max_s: f64,
}

/// Why nothing could be played.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// A timer.
    #[error(transparent)]
    Timers(#[from] Faults),
    /// Something that must never happen.
    #[error("run {run} has broken a rule of the pair, and no figure of it counts: {what}")]
    Broken {
        /// Which run, from 0.
        run: u32,
        /// What, for people.
        what: String,
    },
}

/// Plays all runs, as many at a time as there are processors; `played` is told how many are done.
///
/// # Errors
/// A timer that the pair refuses, or a run in which something happened that must never happen.
pub fn answer(
    what_if: &WhatIf,
    label: &str,
    parts: &(dyn Fn() -> Parts + Sync),
    played: &(dyn Fn(u32) + Sync),
) -> Result<Answer, AnswerError> {
    let next = AtomicU32::new(0);
    let done = AtomicU32::new(0);
    let work = || {
        let mut outcomes = Vec::new();
        loop {
            let run = next.fetch_add(1, Ordering::Relaxed);
            if run >= what_if.runs {
                return Ok(outcomes);
            }
            let outcome = one(what_if, run, parts)?;
            // The story of a run is long: it is told again of the one that is shown.
            outcomes.push((run, Outcome { events: Vec::new(), lanes: [Vec::new(), Vec::new()], ..outcome }));
            played(done.fetch_add(1, Ordering::Relaxed) + 1);
        }
    };
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let parts_of_work: Vec<Result<Vec<(u32, Outcome)>, AnswerError>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().expect("a run panics inside, and is told of")).collect()
    });
    let mut outcomes: Vec<(u32, Outcome)> = Vec::new();
    for part in parts_of_work {
        outcomes.extend(part?);
    }
    outcomes.sort_by_key(|(run, _)| *run);
    let shown_run = middle(&outcomes, what_if.users);
    let shown = one(what_if, shown_run, parts)?;
    Ok(summary(what_if, label, &outcomes, shown_run, shown))
}

fn one(what_if: &WhatIf, run: u32, parts: &dyn Fn() -> Parts) -> Result<Outcome, AnswerError> {
    let trace = play(&history(what_if, run), parts())?;
    match trace.broken() {
        Some(what) => Err(AnswerError::Broken { run, what: what.to_owned() }),
        None => Ok(outcome(&trace, prelude_ms(what_if))),
    }
}

/// The run in the middle, by user time unserved; of two the earlier one.
fn middle(outcomes: &[(u32, Outcome)], users: [u32; 2]) -> u32 {
    let cost = |outcome: &Outcome| weighed(outcome.unserved_ms, users);
    let mut order: Vec<&(u32, Outcome)> = outcomes.iter().collect();
    order.sort_by_key(|(run, outcome)| (cost(outcome), *run));
    order.get(order.len().saturating_sub(1) / 2).map_or(0, |(run, _)| *run)
}

fn weighed(of_home: [u64; 2], users: [u32; 2]) -> u128 {
    of_home.iter().zip(users).map(|(of_home, users)| u128::from(*of_home) * u128::from(users)).sum()
}

fn summary(what_if: &WhatIf, label: &str, outcomes: &[(u32, Outcome)], shown_run: u32, shown: Outcome) -> Answer {
    let users = what_if.users;
    let runs = outcomes.len().max(1) as f64;
    let everybody = users.iter().map(|users| f64::from(*users)).sum::<f64>().max(1.0);
    let mean_s = |of: fn(&Outcome) -> [u64; 2]| {
        let sum: u128 = outcomes.iter().map(|(_, outcome)| weighed(of(outcome), users)).sum();
        sum as f64 / everybody / runs / 1_000.0
    };
    let mean = |of: fn(&Outcome) -> u32| outcomes.iter().map(|(_, outcome)| f64::from(of(outcome))).sum::<f64>() / runs;
    Answer {
        label: label.to_owned(),
        timers: what_if.set.named(),
        runs: what_if.runs,
        unserved: Spread { mean_s: mean_s(|outcome| outcome.unserved_ms), ..spread(outcomes, users) },
        unserved_service_down_mean_s: mean_s(|outcome| outcome.service_down_ms),
        served_twice_mean_s: mean_s(|outcome| outcome.twice_ms),
        failovers_mean: mean(|outcome| outcome.failovers),
        false_failovers_mean: mean(|outcome| outcome.false_failovers),
        runs_with_false_failover: mean(|outcome| u32::from(outcome.false_failovers > 0)),
        runs_in_failed_mode: mean(|outcome| u32::from(outcome.in_failed_mode)),
        users_served_mean: users_served(outcomes, users, what_if.lasts.as_millis() as f64),
        shown_run,
        shown,
    }
}

/// Over all users and runs, each user of each run once.
fn spread(outcomes: &[(u32, Outcome)], users: [u32; 2]) -> Spread {
    let of_run = |(_, outcome): &(u32, Outcome)| [0, 1].map(|home| (outcome.unserved_ms[home], u64::from(users[home])));
    let mut times: Vec<(u64, u64)> = outcomes.iter().flat_map(of_run).filter(|(_, users)| *users > 0).collect();
    times.sort_unstable();
    let all: u64 = times.iter().map(|(_, users)| users).sum();
    let at = |percent: u64| {
        let mut before = 0;
        let found = times.iter().find(|(_, users)| {
            before += users;
            before * 100 >= all * percent
        });
        found.map_or(0.0, |(ms, _)| *ms as f64 / 1_000.0)
    };
    Spread { mean_s: 0.0, p50_s: at(50), p99_s: at(99), max_s: at(100) }
}

/// How many are served on average in each slice of the time.
fn users_served(outcomes: &[(u32, Outcome)], users: [u32; 2], lasts_ms: f64) -> Vec<f64> {
    let slice_ms = lasts_ms / SLICES as f64;
    let mut slices = vec![0.0; SLICES];
    for level in outcomes.iter().flat_map(|(_, outcome)| &outcome.served) {
        let served = level.served.iter().zip(users).filter(|(served, _)| **served).map(|(_, users)| f64::from(users));
        let served: f64 = served.sum();
        let (from_ms, to_ms) = (level.from_ms as f64, level.to_ms as f64);
        let first = (from_ms / slice_ms) as usize;
        for (place, slice) in slices.iter_mut().enumerate().skip(first) {
            let (begin_ms, end_ms) = (place as f64 * slice_ms, (place + 1) as f64 * slice_ms);
            if begin_ms >= to_ms {
                break;
            }
            *slice += served * (to_ms.min(end_ms) - from_ms.max(begin_ms)).max(0.0) / slice_ms;
        }
    }
    slices.iter().map(|sum| sum / outcomes.len().max(1) as f64).collect()
}

/// What was assumed, for people: part of every answer.
pub fn assumptions(what_if: &WhatIf) -> Vec<String> {
    let mut told = vec![
        "The nodes run the shipped state machine, transport and policy on a virtual clock; a packet takes 1 ms, moving \
         users 1 ms, and a service starts at once."
            .to_owned(),
        "A user is served while a gate is open for the user's home and every critical service of that node works. Clients \
         are not simulated: how long they take to notice and to log in again comes on top."
            .to_owned(),
        "A false failover is a node that takes over because it does not hear a peer that is up and fit: packets were lost, \
         or a host stood still; no crash, no failing service and no command was the cause."
            .to_owned(),
        "Each run begins with both nodes Normal, at another place between two heartbeats.".to_owned(),
    ];
    if what_if.background.loss_ppm > 0 {
        let share = f64::from(played_loss_ppm(what_if.background.loss_ppm)) / 10_000.0;
        told.push(format!("{share} % of heartbeats get lost on both links, each by itself."));
    }
    let background = &what_if.background;
    if [&background.burst_loss, &background.stalls, &background.crashes, &background.service_faults]
        .iter()
        .any(|trouble| trouble.is_some())
    {
        told.push("Random troubles come and last as long as exponential distributions have it.".to_owned());
    }
    told
}
