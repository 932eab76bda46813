//! What is loaded, what is refused, and what the cache trusts.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::guests::{Bench, MEMORY, component_of, policy};
use locum_host::policy::Policy;
use locum_host::transport::Transport;
use locum_host::{Engines, Loader, World, inspect};

const ASSIGNMENT: &str = r#"
    (func (export "locum:plugin/assignment@1.0.0#promised") (result i32) (i32.const 2))
    (func (export "locum:plugin/assignment@1.0.0#place")
        (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) unreachable)"#;

fn a_policy() -> Vec<u8> {
    policy(2, "unreachable")
}

fn refusal(bench: &Bench, wasm: &[u8]) -> String {
    let path = bench.write(wasm);
    let error = bench.loader.load(&path).err().expect("it is refused").to_string();
    error.strip_prefix(&format!("{}: ", path.display())).expect("the file is named").to_owned()
}

#[test]
fn inspection_tells_what_a_component_is() {
    let bench = Bench::new();
    let wasm = a_policy();
    let inspection = inspect(bench.write(&wasm)).unwrap();
    assert_eq!(inspection.world, World::Policy);
    assert_eq!(inspection.package_version, "1.0.0");
    assert_eq!(inspection.imports, Vec::<String>::new());
    assert_eq!(inspection.size_bytes, wasm.len() as u64);
    assert_eq!(inspection.digest.len(), 64);
    assert_eq!(bench.load(&wasm).inspection(), &inspection);
}

#[test]
fn inspection_tells_which_powers_a_probe_wants() {
    let wit = "package test:guest; world guest {
        import locum:plugin/tcp@1.0.0; import locum:plugin/exec@1.0.0; export locum:plugin/check@1.0.0; }";
    let core = format!(
        r#"(module
        (import "locum:plugin/tcp@1.0.0" "exchange" (func (param i32 i32 i32 i32 i32 i32 i32)))
        (import "locum:plugin/exec@1.0.0" "run" (func (param i32 i32 i32 i32)))
        {MEMORY}
        (func (export "locum:plugin/check@1.0.0#probe") (param i32 i32 i32) (result i32) unreachable))"#
    );
    let bench = Bench::new();
    let inspection = inspect(bench.write(&component_of(wit, &core))).unwrap();
    assert_eq!(inspection.world, World::Probe);
    assert_eq!(inspection.imports, ["locum:plugin/tcp@1.0.0", "locum:plugin/exec@1.0.0"]);
    assert_eq!(inspection.grants_wanted, ["tcp:HOST:PORT", "exec:/path/to/command"]);
}

#[test]
fn a_component_of_another_world_is_refused_by_the_handle() {
    let bench = Bench::new();
    let loaded = bench.load(&a_policy());
    let error = Transport::new(&loaded, 1).err().unwrap().to_string();
    assert!(error.ends_with("this is a policy plugin, but a transport plugin is wanted here"), "{error}");
}

#[test]
fn what_is_no_plugin_is_refused() {
    let bench = Bench::new();
    let core = wat::parse_str("(module)").unwrap();
    assert_eq!(
        refusal(&bench, &core),
        "not a WebAssembly component: it is a core module; make a component of it (`cargo xtask components` does)"
    );
    assert!(refusal(&bench, b"hello").starts_with("not a WebAssembly component: "));
    let mut cut = a_policy();
    cut.truncate(cut.len() / 2);
    assert!(refusal(&bench, &cut).starts_with("not a WebAssembly component: "));
    let empty = wat::parse_str("(component)").unwrap();
    assert!(
        refusal(&bench, &empty).starts_with("not a plugin of this host: it exports nothing; a plugin exports one of")
    );
}

#[test]
fn a_policy_that_imports_anything_is_refused() {
    let wit = "package test:guest; world guest {
        import locum:plugin/tcp@1.0.0; export locum:plugin/assignment@1.0.0; }";
    let core = format!(
        r#"(module
        (import "locum:plugin/tcp@1.0.0" "exchange" (func (param i32 i32 i32 i32 i32 i32 i32)))
        {MEMORY} {ASSIGNMENT})"#
    );
    assert_eq!(
        refusal(&Bench::new(), &component_of(wit, &core)),
        "a policy plugin may import nothing, but this component imports locum:plugin/tcp@1.0.0"
    );
}

#[test]
fn a_component_with_the_name_of_a_world_but_not_its_functions_is_refused() {
    let wasm =
        wat::parse_str(r#"(component (instance $empty) (export "locum:plugin/assignment@1.0.0" (instance $empty)))"#)
            .unwrap();
    let loaded = Bench::new().load(&wasm);
    let error = Policy::new(&loaded).err().unwrap().to_string();
    assert!(error.contains("promised"), "{error}");
}

/// The one compiled component in the cache, and the number of its inode: a file that is written again has a new one.
fn cached(bench: &Bench) -> (PathBuf, u64) {
    let files = fs::read_dir(bench.dir.path().join("cache")).unwrap().map(|entry| entry.unwrap().path());
    let mut files = files.filter(|path| path.extension().is_some_and(|extension| extension == "cwasm"));
    let file = files.next().expect("one is kept");
    assert_eq!(files.next(), None);
    let inode = fs::metadata(&file).unwrap().ino();
    (file, inode)
}

#[test]
fn what_was_compiled_is_not_compiled_again() {
    let bench = Bench::new();
    let wasm = a_policy();
    bench.load(&wasm);
    let first = cached(&bench);
    let digest = inspect(bench.write(&wasm)).unwrap().digest;
    assert!(first.0.file_name().unwrap().to_str().unwrap().starts_with(&digest));
    // Another process would open the same folder.
    let loader = Loader::new(Engines::new().unwrap(), bench.dir.path().join("cache")).unwrap();
    let policy = Policy::new(&loader.load(bench.write(&wasm)).unwrap());
    assert!(policy.is_ok());
    assert_eq!(cached(&bench), first);
}

#[test]
fn a_file_that_was_tampered_with_is_compiled_again() {
    let bench = Bench::new();
    let wasm = a_policy();
    bench.load(&wasm);
    let (file, mut inode) = cached(&bench);
    let good = fs::read(&file).unwrap();
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    for bad in [flipped(0), flipped(40), flipped(good.len() - 1), good[..good.len() - 1].to_vec(), Vec::new()] {
        fs::write(&file, bad).unwrap();
        assert!(Policy::new(&bench.load(&wasm)).is_ok());
        let now = cached(&bench);
        assert_ne!(now.1, inode, "it was written again");
        inode = now.1;
    }
}

#[test]
fn one_cached_file_cannot_stand_in_for_another() {
    let bench = Bench::new();
    bench.load(&a_policy());
    let (of_a, _) = cached(&bench);
    let foreign = fs::read(&of_a).unwrap();
    fs::remove_file(&of_a).unwrap();
    let other = policy(0, "unreachable");
    bench.load(&other);
    let (of_b, inode) = cached(&bench);
    fs::write(&of_b, foreign).unwrap();
    let policy = Policy::new(&bench.load(&other)).unwrap();
    assert_eq!(policy.promised(), locum_host::policy::Promise::Balanced);
    assert_ne!(cached(&bench).1, inode);
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_cache_that_others_could_write_to_is_refused() {
    let bench = Bench::new();
    let cache = bench.dir.path().join("cache");
    assert_eq!(fs::metadata(&cache).unwrap().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(cache.join("key")).unwrap().mode() & 0o777, 0o600);
    let open = |dir: &Path| Loader::new(Engines::new().unwrap(), dir).err().map(|error| error.to_string());

    chmod(&cache, 0o777);
    assert!(open(&cache).unwrap().ends_with("is not safe: others may write to it; remove it, or name another"));
    chmod(&cache, 0o700);
    chmod(&cache.join("key"), 0o644);
    assert!(open(&cache).unwrap().contains("key, is not safe: others may read it"));
    chmod(&cache.join("key"), 0o600);
    let link = bench.dir.path().join("link");
    std::os::unix::fs::symlink(&cache, &link).unwrap();
    assert!(open(&link).unwrap().contains("it is a link"));
    assert_eq!(open(&cache), None);
}
