//! Compiled components on disk.
//!
//! A compiled component is machine code: loading one is running it. So the cache trusts only what it wrote itself.
//! Its folder belongs to us and to nobody else, and each file carries a keyed hash over its name and content, checked
//! on the very bytes that are then loaded. Whatever fails the check is compiled again.

use std::fs::{self, DirBuilder, Metadata};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::error::HostError;

const KEY_FILE: &str = "key";
const KEY_BYTES: usize = 32;
const MAC_BYTES: usize = blake3::OUT_LEN;

/// A folder of compiled components, and the key to it.
pub(crate) struct Cache {
    dir: PathBuf,
    key: [u8; KEY_BYTES],
}

impl Cache {
    pub(crate) fn open(dir: &Path) -> Result<Self, HostError> {
        let failed = |source| HostError::Io { path: dir.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
        let metadata = fs::symlink_metadata(dir).map_err(failed)?;
        if !metadata.is_dir() {
            return Err(unsafe_cache(dir, "it is a link, not a folder"));
        }
        check_owner(dir, &metadata, 0o022, "others may write to it")?;
        Ok(Self { key: key(dir)?, dir: dir.to_owned() })
    }

    /// The component with this digest, if this cache has it for this engine.
    pub(crate) fn get(&self, engine: &Engine, digest: &str) -> Option<Component> {
        let name = file_name(engine, digest);
        let file = fs::read(self.dir.join(&name)).ok()?;
        let (mac, compiled) = file.split_at_checked(MAC_BYTES)?;
        if self.mac(&name, compiled) != blake3::Hash::from_slice(mac).ok()? {
            tracing::warn!(
                "{}: not as it was written; the component is compiled again",
                self.dir.join(&name).display()
            );
            return None;
        }
        deserialize(engine, compiled)
    }

    /// Keeps a compiled component. The file appears whole or not at all.
    pub(crate) fn put(&self, engine: &Engine, digest: &str, compiled: &[u8]) -> io::Result<()> {
        let name = file_name(engine, digest);
        let mut file = NamedTempFile::new_in(&self.dir)?;
        file.write_all(self.mac(&name, compiled).as_bytes())?;
        file.write_all(compiled)?;
        file.persist(self.dir.join(&name)).map_err(|error| error.error)?;
        Ok(())
    }

    /// The name is hashed too, so that one file cannot stand in for another.
    fn mac(&self, name: &str, compiled: &[u8]) -> blake3::Hash {
        blake3::Hasher::new_keyed(&self.key).update(name.as_bytes()).update(&[0]).update(compiled).finalize()
    }
}

#[expect(unsafe_code, reason = "wasmtime cannot check compiled code; the keyed hash has")]
fn deserialize(engine: &Engine, compiled: &[u8]) -> Option<Component> {
    // SAFETY: these bytes came out of `Component::serialize` in this program: their keyed hash has just been checked
    // in memory, and the key lies where only our own user can read it. wasmtime itself refuses a file of another
    // version or other settings.
    unsafe { Component::deserialize(engine, compiled) }.ok()
}

fn file_name(engine: &Engine, digest: &str) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{digest}-{:016x}.cwasm", hasher.finish())
}

/// The key of this folder, made at its first use.
fn key(dir: &Path) -> Result<[u8; KEY_BYTES], HostError> {
    let path = dir.join(KEY_FILE);
    let failed = |source| HostError::Io { path: path.clone(), source };
    if !path.exists() {
        write_key(dir, &path).map_err(failed)?;
    }
    let metadata = fs::symlink_metadata(&path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(unsafe_cache(&path, "it is not a plain file"));
    }
    check_owner(&path, &metadata, 0o077, "others may read it")?;
    let key = fs::read(&path).map_err(failed)?;
    key.try_into().map_err(|_| unsafe_cache(&path, "it is not a key of 32 bytes"))
}

/// Writes a random key, unless another process has just done so.
fn write_key(dir: &Path, path: &Path) -> io::Result<()> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let mut file = NamedTempFile::new_in(dir)?;
    file.write_all(&key)?;
    match file.persist_noclobber(path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

fn check_owner(path: &Path, metadata: &Metadata, forbidden: u32, reason: &str) -> Result<(), HostError> {
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(unsafe_cache(path, "it belongs to another user"));
    }
    if metadata.mode() & forbidden != 0 {
        return Err(unsafe_cache(path, reason));
    }
    Ok(())
}

fn unsafe_cache(path: &Path, reason: &str) -> HostError {
    HostError::UnsafeCache { path: path.to_owned(), reason: reason.to_owned() }
}
