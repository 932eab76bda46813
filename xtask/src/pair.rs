//! Two real daemons on this host, seen from outside: what the demo and chaos share.

pub(crate) mod chance;
pub(crate) mod daemon;
pub(crate) mod http;
pub(crate) mod node;
pub(crate) mod service;
pub(crate) mod spans;
pub(crate) mod users;

use std::{
    fs,
    io::IsTerminal,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, Result, ensure};
use tokio::signal::unix::{SignalKind, signal};

use crate::{components, workspace};

/// What a pair is made from. It is copied: whoever builds meanwhile does not change it.
pub(crate) struct Props {
    /// The program `locum`.
    pub(crate) locum: PathBuf,
    /// The program that has the subcommand `guarded-service`.
    pub(crate) services: PathBuf,
    /// The folder of the components.
    pub(crate) components: PathBuf,
}

impl Props {
    /// Builds what is not built yet, in the way of the tests, so that little is built twice.
    pub(crate) fn built() -> Result<Props> {
        components::ensure()?;
        let metadata = workspace::metadata()?;
        let mut cargo = workspace::cargo();
        cargo.args(["build", "--workspace", "--bin", "locum"]).stdin(Stdio::null());
        if !std::io::stderr().is_terminal() {
            cargo.arg("--quiet");
        }
        let status = cargo.stdout(std::io::stderr()).status().context("cargo cannot be run")?;
        ensure!(status.success(), "the program locum is not built: {status}");
        Ok(Props {
            locum: metadata.target_directory.join("debug/locum").into(),
            services: PathBuf::from("/proc/self/exe"),
            components: PathBuf::from(metadata.target_directory.join("components")),
        })
    }

    /// Copies of all of it in a folder.
    pub(crate) fn copied(&self, folder: &Path) -> Result<Props> {
        let components = folder.join("components");
        fs::create_dir(&components)?;
        for entry in fs::read_dir(&self.components)? {
            let entry = entry?;
            fs::copy(entry.path(), components.join(entry.file_name()))?;
        }
        let copied = Props { locum: folder.join("locum"), services: folder.join("guarded-services"), components };
        fs::copy(&self.locum, &copied.locum).with_context(|| self.locum.display().to_string())?;
        fs::copy(&self.services, &copied.services).with_context(|| self.services.display().to_string())?;
        Ok(copied)
    }
}

/// A path as a TOML string.
pub(crate) fn quoted(path: &Path) -> Result<String> {
    let text = path.to_str().with_context(|| format!("{}: this path is not UTF-8", path.display()))?;
    ensure!(!text.contains(['\'', '\n']), "{text}: a pair cannot live in a path with a quote in it");
    Ok(format!("'{text}'"))
}

/// Waits for a signal that ends everything early. Gives its name.
pub(crate) async fn told_to_stop() -> Result<&'static str> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(tokio::select! {
        _ = interrupt.recv() => "Ctrl-C",
        _ = terminate.recv() => "SIGTERM",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_toml_cannot_hold_is_refused() {
        assert!(quoted(Path::new("/it's")).is_err());
    }
}
