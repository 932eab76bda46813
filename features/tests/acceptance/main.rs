//! Plays the scenarios of `features/*.feature`: `cargo test -p features`, or `cargo xtask features`.

mod backend;
mod excuses;
mod options;
mod stage;
mod steps;
mod world;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::io::{IsTerminal as _, stdout};
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use cucumber::event::ScenarioFinished;
use cucumber::{World as _, runner, step};
use features::run::{self, Coverage, Heard, Outcome, Record, Report, Run, Scene};
use indicatif::{ProgressBar, ProgressStyle};
use options::{Options, Output};
use stage::{Kind, Order, Stage};
use world::World;

/// Where the features are.
const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

fn main() -> ExitCode {
    let options = Options::parse();
    if options.list {
        options::list();
        return ExitCode::SUCCESS;
    }
    play(&options).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

/// Plays what is asked for, and says what came of it.
fn play(options: &Options) -> Result<ExitCode> {
    let place = options.file.as_deref().unwrap_or(Path::new(FOLDER));
    let scenes: Vec<_> = run::read(place)?.into_iter().filter(|scene| options.wants(scene)).collect();
    ensure!(!scenes.is_empty() || !options.expects_some(), "there is no such scenario");
    let kinds = options.backend.kinds();
    let runs = kinds.iter().map(|kind| play_on(*kind, &scenes, options)).collect::<Result<Vec<_>>>()?;
    let measured = runs.iter().find(|run| run.backend == Kind::Native.to_string());
    let coverage = measured.filter(|_| options.is_whole()).map(|run| Coverage::of(run, excuses::EXCUSES));
    let mutants = fs::read(Path::new(FOLDER).join("../target/mutants/summary.json"));
    let mutants = mutants.ok().and_then(|summary| serde_json::from_slice(&summary).ok());
    let report = Report { runs: &runs, coverage: coverage.as_ref(), mutants: mutants.as_ref() };
    match options.output {
        Output::Matrix => print!("{}", run::matrix(&report, options.is_whole(), stdout().is_terminal())),
        Output::Json => print!("{}", run::json(&report)),
    }
    if let Some(path) = &options.junit {
        write(path, &run::junit(&report)?)?;
    }
    if let Some(path) = &options.html {
        write(path, &run::html(&report))?;
    }
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Plays the scenarios on one kind of group, either way round.
fn play_on(kind: Kind, scenes: &[Arc<Scene>], options: &Options) -> Result<Run> {
    let stage = Stage::new(kind)?;
    let tasks: Vec<_> = scenes.iter().flat_map(|scene| Order::BOTH.map(|order| (scene, order))).collect();
    let progress = ProgressBar::new(tasks.len() as u64).with_prefix(kind.to_string());
    progress.set_style(ProgressStyle::with_template("{prefix}: {pos} of {len}  {wide_msg}")?);
    let (began, clock) = (SystemTime::now(), Instant::now());
    let records = run::work(options.jobs(kind), &tasks, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
        let (steps, stage, progress) = (World::collection(), &stage, &progress);
        move |(scene, order): &(&Arc<Scene>, Order)| {
            let record = runtime.block_on(record(kind, &stage.seen(*order), &steps, scene));
            if let Outcome::Failed(_) = record.outcome {
                progress.set_message(format!("failed: {}", scene.name));
            }
            progress.inc(1);
            record
        }
    });
    progress.finish_and_clear();
    Ok(Run { backend: kind.to_string(), records, began, took: clock.elapsed() })
}

/// Plays one scenario, unless it is not for this kind of group.
async fn record(kind: Kind, stage: &Stage, steps: &step::Collection<World>, scene: &Arc<Scene>) -> Record {
    let (scene, order) = (scene.clone(), stage.order().to_string());
    if let Some(why) = scene.simulated.clone().filter(|_| !kind.is_simulated()) {
        let (steps, applied) = (Vec::new(), BTreeSet::new());
        return Record { scene, order, outcome: Outcome::Skipped(why), steps, applied };
    }
    let applied = Rc::new(RefCell::new(BTreeSet::new()));
    let (stage, seen) = (stage.clone(), applied.clone());
    let runner = runner::Basic::default()
        .steps(steps.clone())
        .max_concurrent_scenarios(1)
        .before(move |_, _, _, world: &mut World| {
            world.stage = Some(stage.clone());
            Box::pin(async {})
        })
        .after(move |_, _, _, finished, world: Option<&mut World>| {
            // Where time does not stand still, the pair may have gone on since the last step.
            if let Some(world) = world.filter(|_| kind.is_simulated()) {
                seen.borrow_mut().append(&mut world.rows_applied());
                if let ScenarioFinished::StepPassed = finished {
                    world.check_end();
                }
            }
            Box::pin(async {})
        });
    let Heard { steps, outcome } = run::play(&scene, runner).await;
    Record { scene, order, outcome, steps, applied: applied.take() }
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}
