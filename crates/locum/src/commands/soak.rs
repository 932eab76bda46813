//! `locum soak`

use std::{
    fs,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use locum_parts::Components;
use locum_sim::{
    history::EXTENSION,
    native,
    seeds::{Budget, Failure, Maker, Run, Tally, play, work},
};
use serde::Serialize;

use crate::{context::Context, failure::Failure as Ending, progress::Progress, replay::leave_caught_panics};

/// Between two words about how far it has come.
const PROGRESS_PAUSE: Duration = Duration::from_secs(1);
/// Fresh seeds are the time in milliseconds, with room for so many of each.
const SEEDS_EACH_MS: u64 = 1_000;

const CODES: &str = "\
Exit codes: 0 every seed holds; 1 a seed fails, or its history cannot be kept; 2 wrong usage.";

/// Play lives of a simulated pair, drawn from seeds, and check what must hold.
#[derive(Debug, Args)]
#[command(after_help = CODES)]
pub(crate) struct Soak {
    /// Only this seed; its history is kept, to be replayed
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["seeds", "seconds"])]
    seed: Option<u64>,
    /// How many seeds; fresh ones, which are named
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    seeds: u64,
    /// Begin with this seed instead
    #[arg(long, value_name = "NUMBER", conflicts_with = "seed")]
    from: Option<u64>,
    /// End after so many seconds, if not before
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,
    /// What the nodes are made of
    #[arg(long, value_enum, default_value_t)]
    backend: Backend,
    /// How many to play at a time [default: one a processor]
    #[arg(long, value_name = "COUNT")]
    jobs: Option<NonZeroUsize>,
    /// Where histories are kept
    #[arg(long, value_name = "FOLDER", default_value = "soak")]
    directory: PathBuf,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Backend {
    /// The state machine itself, and what belongs to it
    #[default]
    Native,
    /// Components in the host
    Component,
    /// Both: every seed must give the same trace
    Both,
}

/// What came of it.
#[derive(Debug, Serialize)]
struct Report {
    first_seed: u64,
    seeds: u64,
    failovers: u64,
    failures: usize,
    virtual_hours: u64,
    seconds: f64,
    seeds_per_second: f64,
    failovers_per_hour: u64,
}

/// What came of one seed.
#[derive(Debug, Serialize)]
struct Played {
    seed: u64,
    digest: String,
    failovers: u64,
    history: PathBuf,
    fault: Option<String>,
}

impl Soak {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        leave_caught_panics();
        let components = match self.backend {
            Backend::Native => None,
            Backend::Component | Backend::Both => Some(Components::load()?),
        };
        let component = || components.as_ref().expect("they are loaded where they are wanted").parts();
        let makers: &[Maker<'_>] = match self.backend {
            Backend::Native => &[&native],
            Backend::Component => &[&component],
            Backend::Both => &[&native, &component],
        };
        match self.seed {
            Some(seed) => self.play_one(seed, makers, context),
            None => self.play_many(makers, context),
        }
    }

    fn play_one(&self, seed: u64, makers: &[Maker<'_>], context: &Context) -> Result<()> {
        let run = play(seed, makers);
        let history = keep(&self.directory, seed, &run)?;
        let played = Played {
            seed,
            digest: run.trace.digest(),
            failovers: run.trace.failovers(),
            history,
            fault: run.fault.as_ref().map(ToString::to_string),
        };
        context.show(&played, |_| {
            let Played { digest, failovers, history, .. } = &played;
            format!(
                "seed {seed}: {failovers} failovers, trace {digest}\nto step through it: locum replay {}",
                history.display()
            )
        })?;
        match played.fault {
            Some(fault) => Err(Ending::Failed(format!("seed {seed}: {fault}")).into()),
            None => Ok(()),
        }
    }

    fn play_many(&self, makers: &[Maker<'_>], context: &Context) -> Result<()> {
        let fresh = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
        let first = self.from.unwrap_or_else(|| fresh() * SEEDS_EACH_MS);
        let jobs = self.jobs.or(thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        eprintln!("seeds from {first} on; `--seed {first}` plays the first of them alone");
        let since = Instant::now();
        let progress = Mutex::new((Progress::start(), Instant::now()));
        let watch = |tally: &Tally| {
            if let Ok(mut progress) = progress.lock()
                && progress.1.elapsed() >= PROGRESS_PAUSE
            {
                progress.1 = Instant::now();
                progress.0.say(words(&report(first, tally, since.elapsed())));
            }
            self.seconds.is_none_or(|seconds| since.elapsed() < Duration::from_secs(seconds))
        };
        let tally = work(Budget { first, count: self.seeds, jobs }, makers, &watch);
        drop(progress);
        let report = report(first, &tally, since.elapsed());
        for Failure { seed, fault, run } in &tally.failures {
            let file = keep(&self.directory, *seed, run)?;
            eprintln!("seed {seed} fails: {fault}\n  to step through it: locum replay {}", file.display());
        }
        match context.json() {
            true => crate::context::print(&serde_json::to_string(&report)?)?,
            false => crate::context::print(&words(&report))?,
        }
        match report.failures {
            0 => Ok(()),
            failed => Err(Ending::Failed(format!("{failed} of {} seeds fail", report.seeds)).into()),
        }
    }
}

fn report(first_seed: u64, tally: &Tally, elapsed: Duration) -> Report {
    let seconds = elapsed.as_secs_f64();
    let a_second = |count: u64| count as f64 / seconds.max(f64::EPSILON);
    Report {
        first_seed,
        seeds: tally.seeds,
        failovers: tally.failovers,
        failures: tally.failures.len(),
        virtual_hours: tally.virtual_ms / 3_600_000,
        seconds,
        seeds_per_second: a_second(tally.seeds),
        failovers_per_hour: (a_second(tally.failovers) * 3_600.0) as u64,
    }
}

fn words(report: &Report) -> String {
    let Report { seeds, failovers, failures, virtual_hours, seconds, seeds_per_second, failovers_per_hour, .. } =
        report;
    format!(
        "{seeds} seeds, {virtual_hours} hours of their time, {failovers} failovers, {failures} failures in {seconds:.1} s: \
         {seeds_per_second:.0} seeds a second, {failovers_per_hour} failovers an hour"
    )
}

/// Keeps a history as a file. Gives its path.
fn keep(directory: &Path, seed: u64, run: &Run) -> Result<PathBuf> {
    let file = directory.join(format!("seed-{seed}.{EXTENSION}"));
    let written = fs::create_dir_all(directory).and_then(|()| fs::write(&file, run.history.write()));
    written.with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_those_of_the_time_it_took() {
        let tally = Tally { seeds: 10, failovers: 20, virtual_ms: 7_200_000, failures: Vec::new() };
        let report = report(5, &tally, Duration::from_secs(2));
        assert_eq!((report.failovers_per_hour, report.virtual_hours), (36_000, 2));
        assert!(words(&report).contains("5 seeds a second, 36000 failovers an hour"), "{}", words(&report));
    }

    #[test]
    fn a_history_that_is_kept_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let run = play(3, &[&native]);
        let file = keep(&folder.path().join("new"), 3, &run).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        assert!(file.ends_with("seed-3.history.json"));
        assert_eq!(locum_sim::history::History::read(&text).unwrap(), run.history);
    }
}
