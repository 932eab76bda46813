//! The commands, one file each.

pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod events;
pub(crate) mod failover;
pub(crate) mod fallback;
pub(crate) mod ha;
pub(crate) mod man;
pub(crate) mod pki;
pub(crate) mod plugin;
pub(crate) mod prove;
pub(crate) mod recover;
pub(crate) mod reload;
pub(crate) mod replay;
pub(crate) mod run;
pub(crate) mod services;
pub(crate) mod shepherd;
pub(crate) mod sim;
pub(crate) mod soak;
pub(crate) mod status;
pub(crate) mod stop;
pub(crate) mod store;
pub(crate) mod tune;
pub(crate) mod users;
pub(crate) mod witness;

use std::process::ExitCode;

use anyhow::Result;
use tokio::runtime::Builder;

use crate::{
    cli::{Cli, Command},
    context::Context,
};

/// Does what the command line says.
///
/// # Errors
/// As the command; [`crate::failure::report`] tells it.
pub(crate) fn dispatch(cli: Cli) -> Result<ExitCode> {
    let context = Context::new(cli.globals);
    match cli.command {
        Command::Shepherd(shepherd) => return Ok(shepherd.run()),
        Command::Run(run) => return run.run(&context),
        Command::Soak(soak) => soak.run(&context),
        Command::Replay(replay) => replay.run(&context),
        Command::Plugin(plugin) => plugin.run(&context),
        Command::Store(store) => store.run(&context),
        Command::Config(config) => config.run(&context),
        Command::Witness(witness) => witness.run(&context),
        Command::Sim(sim) => sim.run(&context),
        Command::Tune(tune) => tune.run(&context),
        Command::Pki(pki) => pki.run(&context),
        Command::Prove(prove) => prove.run(&context),
        Command::Completions(completions) => completions.run(),
        Command::Man(man) => man.run(),
        online => Builder::new_current_thread().enable_all().build()?.block_on(talk(online, &context)),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// The commands that talk to a node.
async fn talk(command: Command, context: &Context) -> Result<()> {
    match command {
        Command::Status(status) => status.run(context).await,
        Command::Events(events) => events.run(context).await,
        Command::Failover(failover) => failover.run(context).await,
        Command::Fallback(fallback) => fallback.run(context).await,
        Command::Recover(recover) => recover.run(context).await,
        Command::Ha(ha) => ha.run(context).await,
        Command::Stop(stop) => stop.run(context).await,
        Command::Reload(reload) => reload.run(context).await,
        Command::Services(services) => services.run(context).await,
        Command::Users(users) => users.run(context).await,
        _ => unreachable!("the other commands are done before"),
    }
}
