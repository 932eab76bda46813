//! What services are told of the epoch: in their environment, in a file, by a command (`docs/behaviour.md` §9.9).

use std::path::{Path, PathBuf};
use std::{fs, io};

use locum_config::Service;

use super::Incident;
use super::process::Recipe;
use super::service::Around;

/// The epoch, and whom the node serves under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// Raised by every takeover and every giving back.
    pub number: u64,
    /// The homes whose users are served, if any.
    pub homes: Vec<String>,
}

impl Epoch {
    /// As environment variables.
    pub(super) fn environment(&self) -> [(String, String); 2] {
        [("LOCUM_EPOCH", self.number.to_string()), ("LOCUM_HOMES", self.homes.join(" "))]
            .map(|(name, value)| (name.to_owned(), value))
    }

    /// Writes the same into a file that a shell can read in. Who reads it sees the old contents or the new.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        // Names of nodes hold nothing that a shell could mistake.
        let text: String = self.environment().iter().map(|(name, value)| format!("{name}=\"{value}\"\n")).collect();
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        let beside = PathBuf::from(beside);
        fs::write(&beside, text)?;
        fs::rename(beside, path)
    }
}

/// Runs `command` for a service whenever the epoch, or whom the node serves, has changed. What changes while it runs is
/// told once it has ended; only the last change counts.
pub(super) async fn keep_told(command: Vec<String>, service: Service, log: Option<PathBuf>, mut around: Around) {
    while around.epoch.changed().await.is_ok() {
        let epoch = around.epoch.borrow_and_update().number;
        let environment = around.environment(&service);
        let recipe = Recipe { command: &command, environment: &environment, log: log.as_deref() };
        if let Err(failure) = recipe.run(service.start_timeout).await {
            let (service, why) = (service.name.clone(), failure.to_string());
            let _ = around.incidents.send(Incident::NotTold { service, epoch, why });
        }
    }
}
