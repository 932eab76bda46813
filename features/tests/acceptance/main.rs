//! Runs the scenarios of `features/*.feature`: `cargo test -p features`, or `cargo xtask features`.

mod backend;
mod matrix;
mod options;
mod recorder;
mod stage;
mod steps;
mod world;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Parser;
use cucumber::World as _;
use options::{Options, Output};
use recorder::Recorder;
use stage::{Kind, Order, Stage};
use world::World;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let options = Options::parse();
    if options.list {
        options::list();
        return ExitCode::SUCCESS;
    }
    play(&options).await.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

/// Runs what is asked for, and says what came of it.
async fn play(options: &Options) -> Result<ExitCode> {
    let mut runs = Vec::new();
    for kind in options.backend.kinds() {
        runs.push((*kind, run(*kind, options).await?));
    }
    let ran = runs.iter().any(|(_, run)| run.total().count() > 0);
    ensure!(ran || !options.expects_some(), "there is no such scenario");
    match options.output {
        Output::Matrix => matrix::print(&runs, options.is_whole()),
        Output::Json => matrix::print_json(&runs),
    }
    let good = runs.iter().all(|(_, run)| run.is_good(options.is_whole()));
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the chosen scenarios on one kind of group, either way round.
async fn run(kind: Kind, options: &Options) -> Result<Recorder> {
    let stage = Stage::new(kind)?;
    let mut recorder = Recorder::default();
    for order in Order::BOTH {
        let stage = stage.seen(order);
        let wanted = options.clone();
        recorder.label = format!("{kind}, {order}");
        recorder = World::cucumber()
            .with_writer(recorder)
            .max_concurrent_scenarios(1)
            .before(move |_, _, _, world: &mut World| {
                world.stage = Some(stage.clone());
                Box::pin(async {})
            })
            .with_default_cli()
            .filter_run(env!("CARGO_MANIFEST_DIR"), move |_, _, scenario| wanted.wants(&scenario.name))
            .await;
    }
    Ok(recorder)
}
