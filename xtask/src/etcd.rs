//! What the witness needs: the compiler for the interface of etcd, without which nothing of Locum builds, and a server
//! for its tests.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::toolchain::install_by_apt;

/// `protoc`, and the definitions that every interface includes.
const COMPILER_PACKAGES: [&str; 2] = ["protobuf-compiler", "libprotobuf-dev"];
const SERVER_PACKAGE: &str = "etcd-server";

/// The `protoc` that this machine has.
///
/// # Errors
/// If it has none; the message says how to get it.
pub(crate) fn find_compiler() -> Result<PathBuf> {
    compiler().with_context(|| {
        format!(
            "no `protoc` with its definitions, which the client of etcd is built with\nInstall them, then run `cargo \
             xtask setup` again:\n  sudo apt-get update && sudo apt-get install --no-install-recommends {}",
            COMPILER_PACKAGES.join(" ")
        )
    })
}

/// The `protoc` that this machine has, after installing it if there was none.
///
/// # Errors
/// If it could not be installed; the message says what to do by hand.
pub(crate) fn compiler_or_install() -> Result<PathBuf> {
    if compiler().is_none()
        && let Err(error) = install_by_apt(&COMPILER_PACKAGES)
    {
        eprintln!("apt-get: {error:#}");
    }
    find_compiler()
}

/// Finds a server, or installs it. Without one, the tests of the witness are skipped.
pub(crate) fn find_server(check: bool) {
    if on_path("etcd").is_none()
        && !check
        && let Err(error) = install_by_apt(&[SERVER_PACKAGE])
    {
        eprintln!("apt-get: {error:#}");
    }
    match on_path("etcd") {
        Some(server) => println!("etcd for tests: {}", server.display()),
        None => {
            println!("SKIPPED: no etcd, so that the tests of the witness skip; install Debian's `{SERVER_PACKAGE}`")
        }
    }
}

/// `protoc` looks for the definitions beside itself.
fn compiler() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("PROTOC") {
        return Some(PathBuf::from(given));
    }
    let includes = |protoc: &Path| {
        let root = protoc.parent()?.parent()?;
        root.join("include/google/protobuf/descriptor.proto").exists().then_some(())
    };
    on_path("protoc").filter(|protoc| includes(protoc).is_some())
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}
