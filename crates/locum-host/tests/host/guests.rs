//! Guests made on the spot from WebAssembly text, most of them up to no good.

use std::path::{Path, PathBuf};

use locum_host::{Engines, Loaded, Loader};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// A folder with a loader that caches in it.
pub(crate) struct Bench {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) loader: Loader,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let loader = Loader::new(Engines::new().unwrap(), dir.path().join("cache")).unwrap();
        Self { dir, loader }
    }

    pub(crate) fn write(&self, wasm: &[u8]) -> PathBuf {
        let path = self.dir.path().join("plugin.wasm");
        std::fs::write(&path, wasm).unwrap();
        path
    }

    pub(crate) fn load(&self, wasm: &[u8]) -> Loaded {
        self.loader.load(self.write(wasm)).unwrap()
    }
}

/// A component of a world of the WIT package, from the text of its core module.
pub(crate) fn component(world: &str, core: &str) -> Vec<u8> {
    component_of(&format!("package test:guest; world guest {{ include locum:plugin/{world}@1.0.0; }}"), core)
}

/// A component of the world `guest` of this WIT.
pub(crate) fn component_of(wit: &str, core: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    resolve.push_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit")).unwrap();
    let package = resolve.push_str("guest.wit", wit).unwrap();
    let world = resolve.select_world(&[package], Some("guest")).unwrap();
    let mut module = wat::parse_str(core).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap()
}

/// Memory and an allocator that never frees.
pub(crate) const MEMORY: &str = r#"
    (memory (export "memory") 2)
    (global $next (mut i32) (i32.const 4096))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (global.get $next)
        (global.set $next
            (i32.and (i32.add (i32.add (global.get $next) (local.get 3)) (i32.const 7)) (i32.const -8))))
"#;

/// A policy with this promise (its case number) and this body of `place`. Locals hold the columns; the body leaves
/// the address of its answer: `$give` makes one of an address and a length.
pub(crate) fn policy(promise: u32, place: &str) -> Vec<u8> {
    component(
        "policy",
        &format!(
            r#"(module {MEMORY}
            (global $calls (mut i32) (i32.const 0))
            (func $give (param $at i32) (param $length i32) (result i32)
                (i32.store (i32.const 16) (local.get $at))
                (i32.store (i32.const 20) (local.get $length))
                (i32.const 16))
            (func (export "locum:plugin/assignment@1.0.0#promised") (result i32) (i32.const {promise}))
            (func (export "locum:plugin/assignment@1.0.0#place")
                (param $why i32) (param $ids i32) (param $users i32)
                (param $homes i32) (param i32) (param $nodes i32) (param i32)
                (param $weights i32) (param i32) (param $classes i32) (param i32)
                (param $groups i32) (param i32) (param $available i32) (param i32)
                (result i32)
                {place}))"#
        ),
    )
}

/// Calls itself for ever, and is no loop to a compiler.
pub(crate) const DIVE: &str = r#"
    (func $dive (param $depth i32) (result i32)
        (i32.add (call $dive (i32.add (local.get $depth) (i32.const 1))) (local.get $depth)))
"#;

/// A probe that imports nothing, whose check has this body.
pub(crate) fn pure_probe(body: &str) -> Vec<u8> {
    let check = format!(r#"(func (export "locum:plugin/check@1.0.0#probe") (param i32 i32 i32) (result i32) {body})"#);
    component("probe", &format!("(module {MEMORY} {DIVE} {check})"))
}
