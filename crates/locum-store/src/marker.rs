//! The marker beside the store: it says that this node has had one. A store that is missing beside its marker was
//! lost, and is no fresh start.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::{
    Identity, StoreError,
    open::{lock, sync_folder},
    schema::FILE_NAME,
};

/// The name of the marker within the state directory. That it is there counts; whose it is, it says to people.
pub const MARKER_NAME: &str = "identity.json";

/// Whether the store of this directory has its marker.
pub(crate) fn is_there(dir: &Path) -> Result<bool, StoreError> {
    let path = dir.join(MARKER_NAME);
    path.try_exists().map_err(|source| StoreError::Unreachable { path, source })
}

/// Writes the marker, whole or not at all.
pub(crate) fn write(dir: &Path, identity: &Identity) -> Result<(), StoreError> {
    let path = dir.join(MARKER_NAME);
    let write = || -> io::Result<()> {
        let new = path.with_extension("json.new");
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec_pretty(identity)?)?;
        file.sync_all()?;
        fs::rename(&new, &path)?;
        sync_folder(dir)
    };
    write().map_err(|source| StoreError::Unreachable { path: path.clone(), source })
}

/// Sets aside what there is of the store in this directory, then removes its marker: the node starts with an empty
/// store, and catches up from its peer. Gives where the old file is now, if there was one; it takes the place of what
/// was set aside before.
///
/// # Errors
/// A store that is open, a directory that cannot be written.
pub fn renew(dir: &Path) -> Result<Option<PathBuf>, StoreError> {
    let path = dir.join(FILE_NAME);
    let old = path.with_extension("redb.old");
    let unreachable = |source| StoreError::Unreachable { path: path.clone(), source };
    let set_aside = match File::open(&path) {
        Ok(file) => {
            lock(&file, &path)?;
            fs::rename(&path, &old).map_err(unreachable)?;
            sync_folder(dir).map_err(unreachable)?;
            Some(old)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(source) => return Err(unreachable(source)),
    };
    if is_there(dir)? {
        let marker = dir.join(MARKER_NAME);
        fs::remove_file(&marker).map_err(|source| StoreError::Unreachable { path: marker, source })?;
        sync_folder(dir).map_err(unreachable)?;
    }
    Ok(set_aside)
}
