//! What is the same for all pairs of a test's process, and made once: keys, and compiled components.

use std::{
    fs::{self, File},
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
    sync::OnceLock,
};

use crate::{
    Node, World,
    program::{components, program},
    setup::{GROUP, Setup},
};

/// The files of a folder, by name. They are kept in memory, so that no folder is left behind.
struct Files(Vec<(String, Vec<u8>)>);

impl Files {
    fn read(folder: &Path) -> Files {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let files = entries.filter(|path| path.is_file());
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        Files(files.map(|path| (name(&path), fs::read(&path).unwrap())).collect())
    }

    /// Nobody else may read what is written: keys are among it.
    fn write(&self, folder: &Path) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).unwrap();
        for (name, bytes) in &self.0 {
            let file = File::options().create_new(true).write(true).mode(0o600).open(folder.join(name));
            file.unwrap().write_all(bytes).unwrap();
        }
    }
}

/// Writes the keys and certificates of `a` and `b`.
pub(crate) fn write_keys(folder: &Path) {
    static KEYS: OnceLock<Files> = OnceLock::new();
    let keys = KEYS.get_or_init(|| {
        let world = World::in_memory();
        for arguments in [&["init"][..], &["issue", "a"], &["issue", "b"]] {
            let mut command = program();
            command.arg("pki").args(arguments).args(["--group", GROUP, "--dir"]).arg(world.path("pki"));
            let output = command.output().unwrap();
            assert!(output.status.success(), "locum pki {arguments:?}: {output:?}");
        }
        Files::read(&world.path("pki"))
    });
    keys.write(folder);
}

/// Gives a node that has not started yet the compiled components that an earlier one has left: it starts at once.
pub(crate) fn write_cache(node: &Node) {
    static CACHE: OnceLock<Files> = OnceLock::new();
    let cache = CACHE.get_or_init(|| {
        components();
        let mut pair = Setup::with_a_probe().build(World::in_memory());
        pair.a.start();
        pair.a.kill();
        Files::read(&pair.a.state_directory().join("cache"))
    });
    cache.write(&node.state_directory().join("cache"));
}
