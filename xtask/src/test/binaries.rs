//! The programs that cargo makes of the tests.

use std::{collections::HashMap, path::PathBuf, process::Command};

use anyhow::{Context, Result, bail};
use cargo_metadata::{Artifact, Message};

use super::cargo;
use crate::workspace;

/// The test that runs the scenarios.
pub(crate) const ACCEPTANCE: &str = "acceptance";

/// A program with tests in it.
pub(crate) struct Binary {
    /// Whose tests, for people.
    pub(crate) title: String,
    name: String,
    executable: PathBuf,
    folder: PathBuf,
}

impl Binary {
    /// Whether it runs the scenarios.
    pub(crate) fn is_acceptance(&self) -> bool {
        self.name == ACCEPTANCE
    }

    /// How cargo would run it.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.executable);
        command.current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder);
        command
    }
}

/// Builds the tests that these arguments select; without any, all but the examples in the documentation.
///
/// # Errors
/// What does not compile, with the compiler's words.
pub(super) fn build(selection: &[&str]) -> Result<Vec<Binary>> {
    let mut build =
        cargo(&["test", "--quiet", "--workspace", "--no-run", "--message-format", "json-render-diagnostics"]);
    let output = build.args(selection).output().context("cargo cannot be run")?;
    if !output.status.success() {
        bail!("the tests cannot be built\n{}", String::from_utf8_lossy(&output.stderr));
    }
    let metadata = workspace::metadata()?;
    let names: HashMap<_, _> = metadata.packages.iter().map(|package| (&package.id, package.name.as_str())).collect();
    let mut binaries = Vec::new();
    for message in Message::parse_stream(output.stdout.as_slice()) {
        let Message::CompilerArtifact(artifact) = message? else { continue };
        binaries.extend(binary(&artifact, names.get(&artifact.package_id)));
    }
    binaries.sort_by(|one, other| one.title.cmp(&other.title));
    Ok(binaries)
}

fn binary(artifact: &Artifact, package: Option<&&str>) -> Option<Binary> {
    let executable = artifact.executable.as_ref().filter(|_| artifact.profile.test)?;
    let (package, name) = (package?, &artifact.target.name);
    let title = if artifact.target.is_test() {
        format!("{package} tests/{name}")
    } else if artifact.target.is_bin() && *name != **package {
        format!("{package} {name}")
    } else {
        (*package).to_string()
    };
    let folder = artifact.manifest_path.parent()?.into();
    Some(Binary { title, name: name.clone(), executable: executable.into(), folder })
}
