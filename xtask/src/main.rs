//! The project's chores: one file a command. To add one, add its file, its module and its line in each list below.

mod bench;
mod chaos;
mod ci;
mod components;
mod demo;
mod dist;
mod docs;
mod etcd;
mod features;
mod fix;
mod fuzz;
mod mutants;
mod pair;
mod setup;
mod sim;
mod test;
mod tidy;
mod toolchain;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

/// The chores of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_version_flag = true)]
enum Chore {
    Bench(bench::Args),
    Chaos(chaos::Args),
    Ci(ci::Args),
    Components(components::Args),
    Demo(demo::Args),
    Dist(dist::Args),
    Docs(docs::Args),
    Features(features::Args),
    Fix(fix::Args),
    Fuzz(fuzz::Args),
    #[command(hide = true)]
    GuardedService(pair::service::Args),
    Mutants(mutants::Args),
    Setup(setup::Args),
    Sim(sim::Args),
    Test(test::Args),
    Tidy(tidy::Args),
}

impl Chore {
    fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Bench(args) => args.run(),
            Self::Chaos(args) => args.run(),
            Self::Ci(args) => args.run(),
            Self::Components(args) => args.run(),
            Self::Demo(args) => args.run(),
            Self::Dist(args) => args.run(),
            Self::Docs(args) => args.run(),
            Self::Features(args) => args.run(),
            Self::Fix(args) => args.run(),
            Self::Fuzz(args) => args.run(),
            Self::GuardedService(args) => args.run(),
            Self::Mutants(args) => args.run(),
            Self::Setup(args) => args.run(),
            Self::Sim(args) => args.run(),
            Self::Test(args) => args.run(),
            Self::Tidy(args) => args.run(),
        }
    }
}

fn main() -> ExitCode {
    match Chore::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
