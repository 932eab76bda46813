//! `cargo xtask dist`: all that a host needs, in one tarball. Unpacked over `/usr/local` it is installed:
//! `tar -xzf locum-VERSION-x86_64-linux.tar.gz --strip-components 1 -C /usr/local`.

use std::{
    env::consts::{ARCH, OS},
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{components, test::cargo, workspace};

const UNIT: &str = include_str!("dist/locum.service");
/// Each shell and where it looks for completions.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "share/bash-completion/completions/locum"),
    ("zsh", "share/zsh/site-functions/_locum"),
    ("fish", "share/fish/vendor_completions.d/locum.fish"),
];
/// Of the project's own files, what goes along.
const PAPERS: [&str; 3] = ["LICENSE", "README.md", "CHANGELOG.md"];
/// Pairs of configurations.
const PAIRS: [&str; 2] = ["docs/examples/classic", "docs/examples/fast"];
/// What is asked of `locum sim`.
const WHAT_IFS: &str = "docs/examples/what-if";

/// Pack the program, its components, a systemd unit, examples, completions and manual pages
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The profile to build the program with
    #[arg(long, default_value = "release", value_name = "PROFILE")]
    release_profile: String,
}

impl Args {
    pub(crate) fn run(self) -> Result<()> {
        let metadata = workspace::metadata()?;
        let target: &Path = metadata.target_directory.as_std_path();
        let built = components::ensure()?;
        let locum = build(&self.release_profile, target)?;
        check_examples(&locum)?;

        let packages = metadata.workspace_packages();
        let Some(package) = packages.iter().find(|package| package.name.as_str() == "locum") else {
            bail!("the workspace has no package `locum`");
        };
        let name = format!("locum-{}-{ARCH}-{OS}", package.version);
        let tree = Tree::new(target.join("dist").join(&name))?;
        tree.copy(&locum, "bin/locum")?;
        for component in built {
            let file = format!("{}.wasm", component.name);
            tree.copy(&components::folder(&metadata).join(&file), &format!("lib/locum/components/{file}"))?;
        }
        tree.write("lib/systemd/system/locum.service", UNIT.as_bytes())?;
        for (shell, place) in COMPLETIONS {
            tree.write(place, &said_by(Command::new(&locum).args(["completions", shell]))?)?;
        }
        said_by(Command::new(&locum).arg("man").arg(tree.0.join("share/man/man1")))?;
        for paper in PAPERS {
            tree.copy(&workspace::root().join(paper), &format!("share/doc/locum/{paper}"))?;
        }
        for example in pairs()?.into_iter().chain(tomls(WHAT_IFS)?) {
            let place = example.strip_prefix(workspace::root().join("docs"))?.display().to_string();
            tree.copy(&example, &format!("share/doc/locum/{place}"))?;
        }
        let tarball = tree.pack(&name)?;
        println!("{} ({} kB)", tarball.display(), fs::metadata(&tarball)?.len().div_ceil(1000));
        Ok(())
    }
}

/// A folder that becomes a tarball.
struct Tree(PathBuf);

impl Tree {
    /// An empty one, whatever was there before.
    fn new(folder: PathBuf) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("{} cannot be emptied", folder.display()))?;
        }
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    fn copy(&self, from: &Path, to: &str) -> Result<()> {
        let copied = fs::copy(from, self.place(to)?);
        copied.map(drop).with_context(|| format!("{} cannot be packed", from.display()))
    }

    fn write(&self, to: &str, contents: &[u8]) -> Result<()> {
        fs::write(self.place(to)?, contents).with_context(|| format!("{to} cannot be packed"))
    }

    fn place(&self, to: &str) -> Result<PathBuf> {
        let place = self.0.join(to);
        fs::create_dir_all(place.parent().context("a file lies in a folder")?)?;
        Ok(place)
    }

    fn pack(&self, name: &str) -> Result<PathBuf> {
        let tarball = self.0.with_file_name(format!("{name}.tar.gz"));
        let mut tar = Command::new("tar");
        tar.args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "-czf"]).arg(&tarball);
        said_by(tar.arg("-C").arg(self.0.parent().context("target/dist is a folder")?).arg(name))?;
        Ok(tarball)
    }
}

/// Builds the program and gives its path.
fn build(profile: &str, target: &Path) -> Result<PathBuf> {
    let status =
        cargo(&["build", "--package", "locum", "--profile", profile]).status().context("cargo cannot be run")?;
    ensure!(status.success(), "locum cannot be built");
    // Cargo's own profile `dev` builds into `debug`.
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(target.join(folder).join("locum"))
}

/// An example with a fault is none.
fn check_examples(locum: &Path) -> Result<()> {
    said_by(Command::new(locum).args(["config", "check"]).args(pairs()?)).map(drop)
}

/// The example configurations.
fn pairs() -> Result<Vec<PathBuf>> {
    Ok(PAIRS.into_iter().map(tomls).collect::<Result<Vec<_>>>()?.concat())
}

/// The TOML files of a folder, by name.
fn tomls(folder: &str) -> Result<Vec<PathBuf>> {
    let files = fs::read_dir(workspace::root().join(folder))?.map(|file| file.map(|file| file.path()));
    let mut files = files.collect::<Result<Vec<_>, _>>()?;
    files.retain(|file| file.extension() == Some(OsStr::new("toml")));
    files.sort();
    Ok(files)
}

/// What a command prints.
fn said_by(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.output().with_context(|| format!("{command:?} cannot be run"))?;
    ensure!(output.status.success(), "{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(output.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_have_no_faults() {
        let examples = pairs().unwrap();
        assert_eq!(examples.len(), 4);
        for example in examples {
            let faults = locum_config::Config::load(&example).map(drop);
            assert!(faults.is_ok(), "{}: {faults:?}", example.display());
        }
    }

    #[test]
    fn both_nodes_of_an_example_agree_about_their_group() {
        for pair in pairs().unwrap().chunks_exact(2) {
            let [one, other] = [&pair[0], &pair[1]].map(|file| locum_config::Config::load(file).unwrap());
            assert_eq!(one.peer.map(|peer| peer.name), Some(other.node.name));
            assert_eq!(other.peer.map(|peer| peer.name), Some(one.node.name));
            assert_eq!(format!("{:?}", one.group), format!("{:?}", other.group));
        }
    }
}
