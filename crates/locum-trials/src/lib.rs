//! The scenarios that a plugin must pass: those of its world, run against one component.
//!
//! They stand in `features/plugins` and are part of the program, so that the author of a plugin needs nothing but `locum`.
//! Each world of the plugin interfaces has steps of its own, which know nothing of the others.

mod book;
mod policy;
mod probe;
mod report;
mod run;
mod transport;

use std::path::{Path, PathBuf};

use locum_host::{Engines, HostError, Loader, World};

use book::Book;
pub use report::{Failure, Outcome, Report, Scenario};
use run::run;

const POLICY: &str = include_str!("../../../features/plugins/policy.feature");
const PROBE: &str = include_str!("../../../features/plugins/probe.feature");
const TRANSPORT: &str = include_str!("../../../features/plugins/transport.feature");

/// Why nothing was run.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is no plugin of this host.
    #[error(transparent)]
    Host(#[from] HostError),
    /// Compiled code needs a folder for as long as scenarios run.
    #[error("there is no temporary folder: {0}")]
    Folder(#[from] std::io::Error),
    /// State machines are held against the native one, not against scenarios for authors.
    #[error(
        "{}: there are scenarios for a policy, a transport or a probe, but this is a state-machine plugin; \
         `cargo xtask features --backend component` runs those of the state machine",
        .0.display()
    )]
    StateMachine(PathBuf),
    /// The name that was asked for is in no scenario.
    #[error("no scenario for a {world} plugin has `{name}` in its name")]
    NoSuchScenario {
        /// The plugin's world.
        world: World,
        /// What was asked for.
        name: String,
    },
}

/// Runs the scenarios of a component's world against it: all of them, or those with `name` in their names.
///
/// A component that traps, computes for too long or answers nonsense has failed a scenario; the report says which.
/// To be called on a tokio runtime that keeps time, since probes have a timeout, and once at a time in a process: nothing
/// is printed of a panic while scenarios run.
///
/// # Errors
/// The file is no plugin that the host would load, or one for which there are no scenarios.
pub async fn check(file: &Path, name: Option<&str>) -> Result<Report, Refusal> {
    let cache = tempfile::tempdir()?;
    let loaded = Loader::new(Engines::new()?, cache.path().join("cache"))?.load(file)?;
    let world = loaded.inspection().world;
    let (text, claims) = match world {
        World::Policy => (POLICY, policy::claims(&loaded)?),
        World::Probe => (PROBE, probe::claims(&loaded).await?),
        World::Transport => (TRANSPORT, transport::claims(&loaded)?),
        World::StateMachine => return Err(Refusal::StateMachine(file.to_owned())),
    };
    let book = Book::read(text, &claims, name);
    if book.is_empty() {
        return Err(Refusal::NoSuchScenario { world, name: name.unwrap_or_default().to_owned() });
    }
    let heard = match world {
        World::Policy => run(policy::steps(), &loaded, book.applicable()).await,
        World::Probe => run(probe::steps(), &loaded, book.applicable()).await,
        World::Transport | World::StateMachine => run(transport::steps(), &loaded, book.applicable()).await,
    };
    Ok(Report { file: file.to_owned(), world, claims, scenarios: book.close(heard) })
}
