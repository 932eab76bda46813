//! The program `locum`, and the components beside it.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// The program, deaf to what a person's environment tells it.
pub(crate) fn program() -> Command {
    let mut command = Command::new(path());
    for variable in ["CONFIG", "SOCKET", "URL", "TOKEN_FILE", "CA", "CERTIFICATE", "KEY", "SERVER_NAME", "LOG"] {
        command.env_remove(format!("LOCUM_{variable}"));
    }
    command
}

/// `LOCUM_PROGRAM`, or what cargo has built beside the test.
///
/// # Panics
/// It is not there.
fn path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let path = env::var_os("LOCUM_PROGRAM").map_or_else(beside_the_test, PathBuf::from);
        assert!(path.is_file(), "no program at {}: run `cargo build -p locum` first", path.display());
        path
    })
}

/// Tests are in `target/PROFILE/deps`, programs in `target/PROFILE`.
fn beside_the_test() -> PathBuf {
    let test = env::current_exe().unwrap();
    let folder = test.parent().unwrap();
    let folder = if folder.ends_with("deps") { folder.parent().unwrap() } else { folder };
    folder.join("locum")
}

/// The folder of the components, which are built apart from the program and found beside it.
///
/// # Panics
/// They are not there.
pub(crate) fn components() {
    let folder = env::var_os("LOCUM_COMPONENTS")
        .map_or_else(|| path().ancestors().nth(2).unwrap().join("components"), PathBuf::from);
    let built = folder.join("locum-core-component.wasm").is_file();
    assert!(built, "no components in {}: run `cargo xtask components` first", folder.display());
}
