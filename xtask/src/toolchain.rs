//! The guest toolchain: what compiles Rust to `wasm32-unknown-unknown`, the target that knows no operating system.
//!
//! Either the compiler in use has that target (rustup installs it), or Debian's compiler for the web builds the
//! standard library from its sources on the way.

use std::{
    fmt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};

use crate::workspace;

/// The target of every guest.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_STD_SOURCES: &str = "/usr/lib/rustlib/src/rust/library/std/Cargo.toml";

/// A toolchain that builds guests.
pub(crate) enum Toolchain {
    /// The compiler in use, with the standard library of [`TARGET`] installed beside it.
    Installed {
        /// What the compiler says of itself.
        version: String,
    },
    /// Debian's compiler, which builds the standard library from its sources.
    Debian {
        /// What the compiler says of itself.
        version: String,
        /// The linker, which Debian's compiler does not bring along.
        linker: PathBuf,
    },
}

impl Toolchain {
    /// The toolchain that this machine has.
    ///
    /// # Errors
    /// If it has none; the message says how to get one.
    pub(crate) fn find() -> Result<Self> {
        match Self::installed()? {
            Some(found) => Ok(found),
            None => Self::debian()?.with_context(|| advice("this machine has no compiler for components")),
        }
    }

    /// The toolchain that this machine has, after installing one if it had none.
    ///
    /// # Errors
    /// If none could be installed; the message says what to do by hand.
    pub(crate) fn find_or_install() -> Result<Self> {
        if let Ok(found) = Self::find() {
            return Ok(found);
        }
        let by_rustup = install_by_rustup();
        if let Some(found) = Self::installed()? {
            return Ok(found);
        }
        let by_apt = install_by_apt(&DEBIAN_PACKAGES);
        Self::debian()?.with_context(|| {
            let why = |result: Result<()>| result.err().map_or("no effect".into(), |error| format!("{error:#}"));
            advice(&format!(
                "no compiler for components could be installed\n  rustup: {}\n  apt-get: {}",
                why(by_rustup),
                why(by_apt)
            ))
        })
    }

    fn installed() -> Result<Option<Self>> {
        let libraries = said_by(in_workspace("rustc").args(["--print", "target-libdir", "--target", TARGET]))?;
        let has_target = Path::new(&libraries).read_dir().is_ok_and(|mut files| files.next().is_some());
        let version = said_by(in_workspace("rustc").arg("--version"))?;
        Ok(has_target.then_some(Self::Installed { version }))
    }

    fn debian() -> Result<Option<Self>> {
        if ![DEBIAN_CARGO, DEBIAN_RUSTC, DEBIAN_STD_SOURCES].iter().all(|file| Path::new(file).exists()) {
            return Ok(None);
        }
        let version = said_by(Command::new(DEBIAN_RUSTC).arg("--version"))?;
        Ok(Some(Self::Debian { version, linker: linker()? }))
    }

    /// A cargo that builds for [`TARGET`] when `build` and more arguments are added.
    pub(crate) fn cargo_build(&self) -> Command {
        let mut cargo = match self {
            Self::Installed { .. } => in_workspace("cargo"),
            Self::Debian { .. } => in_workspace(DEBIAN_CARGO),
        };
        cargo.args(["build", "--locked", "--target", TARGET]);
        if let Self::Debian { linker, .. } = self {
            let path = std::env::var("PATH").unwrap_or_default();
            cargo
                .env("PATH", format!("/usr/bin:{path}"))
                .env("RUSTC", DEBIAN_RUSTC)
                // `-Zbuild-std` is unstable; Debian's packages are made to be used with it.
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                .arg("-Zbuild-std=std,panic_abort");
        }
        cargo
    }
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Installed { version } => write!(f, "{version}, {TARGET} installed"),
            Self::Debian { version, .. } => write!(f, "{version} of Debian, std built for {TARGET}"),
        }
    }
}

/// A command that runs in the workspace, with the compiler that it finds by itself.
fn in_workspace(program: &str) -> Command {
    let mut command = workspace::command(program);
    command.env_remove("RUSTC");
    command
}

/// What a command prints, trimmed.
fn said_by(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?} cannot be run"))?;
    ensure!(output.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Runs a command whose words go to standard error, so that standard output stays ours.
fn run(command: &mut Command) -> Result<()> {
    eprintln!("{command:?}");
    let status = command.stdin(Stdio::null()).stdout(std::io::stderr()).status();
    let status = status.with_context(|| format!("{command:?} cannot be run"))?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}

/// Quietly: where there is no network this fails, and Debian's packages are next.
fn install_by_rustup() -> Result<()> {
    eprintln!("rustup target add {TARGET}");
    said_by(in_workspace("rustup").args(["target", "add", TARGET]).env_remove("RUST_BACKTRACE")).map(drop)
}

/// Installs packages of Debian.
///
/// # Errors
/// If they are not installed afterwards; they cannot be where this does not run as root.
pub(crate) fn install_by_apt(packages: &[&str]) -> Result<()> {
    ensure!(rustix::process::geteuid().is_root(), "not tried: only root may install packages");
    run(Command::new("apt-get").arg("update"))?;
    let install = ["install", "--yes", "--no-install-recommends"];
    run(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(install).args(packages))
}

/// The linker for WebAssembly that came with the compiler in use, or one on the path.
fn linker() -> Result<PathBuf> {
    let libraries = said_by(in_workspace("rustc").args(["--print", "target-libdir"]))?;
    let beside = Path::new(&libraries).with_file_name("bin").join("rust-lld");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).flat_map(|folder| [folder.join("rust-lld"), folder.join("wasm-ld")]);
    let Some(linker) = std::iter::once(beside.clone()).chain(on_path).find(|file| file.exists()) else {
        bail!("no linker for WebAssembly: neither {} nor wasm-ld on the path; install Debian's lld", beside.display());
    };
    Ok(linker)
}

fn advice(what: &str) -> String {
    format!(
        "{what}\nDo one of these, then run `cargo xtask setup` again:\n  \
         rustup target add {TARGET}\n  \
         sudo apt-get update && sudo apt-get install --no-install-recommends {}",
        DEBIAN_PACKAGES.join(" ")
    )
}
