//! The marker: a store that is lost is no fresh start, and a first opening that was interrupted is one.

use std::{fs, path::Path};

use crate::{identity, open, user};
use locum_store::{DirectoryChange, FILE_NAME, MARKER_NAME, Store, StoreError, check, renew};
use redb::Database;

/// A store in which something is, closed.
fn used(dir: &Path) {
    let store = open(dir);
    store.save_memory(b"mine").unwrap();
    store.apply(&DirectoryChange::importing(&store.directory(), [user("mona", "alpha")])).unwrap();
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_first_opening_leaves_a_marker_that_says_whose_store_it_is() {
    let dir = tempfile::tempdir().unwrap();
    used(dir.path());
    assert_eq!(names(dir.path()), [MARKER_NAME, FILE_NAME]);
    let marker: serde_json::Value = serde_json::from_slice(&fs::read(dir.path().join(MARKER_NAME)).unwrap()).unwrap();
    assert_eq!(marker, serde_json::json!({ "group": "pair", "node": "alpha" }));
    assert!(check(dir.path()).unwrap().marked);
}

#[test]
fn a_store_from_before_there_were_markers_gets_one() {
    let dir = tempfile::tempdir().unwrap();
    used(dir.path());
    fs::remove_file(dir.path().join(MARKER_NAME)).unwrap();
    assert!(!check(dir.path()).unwrap().marked);
    assert_eq!(open(dir.path()).memory().unwrap().as_deref(), Some(&b"mine"[..]));
    assert!(check(dir.path()).unwrap().marked);
}

#[test]
fn a_lost_store_is_refused_until_it_is_back_or_renewed() {
    type Loss = fn(&Path);
    let losses: [(&str, Loss); 4] = [
        ("missing", |path| fs::remove_file(path).unwrap()),
        ("empty", |path| fs::write(path, "").unwrap()),
        ("empty", |path| fs::write(path, [0; 8192]).unwrap()),
        ("without an owner", |path| {
            fs::remove_file(path).unwrap();
            drop(Database::create(path).unwrap());
        }),
    ];
    for (what, lose) in losses {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE_NAME);
        used(dir.path());
        let backup = fs::read(&path).unwrap();
        lose(&path);
        for error in [Store::open(dir.path(), &identity()).err().unwrap(), check(dir.path()).unwrap_err()] {
            assert!(matches!(error, StoreError::Lost { .. }), "{error}");
            let text = error.to_string();
            let told = [FILE_NAME, MARKER_NAME, &format!("is {what},"), "put the file back", "locum store renew"];
            assert!(told.iter().all(|part| text.contains(part)), "{text}");
        }
        assert_eq!(path.exists(), what != "missing", "nothing is made in its place");

        fs::write(&path, backup).unwrap();
        assert_eq!(open(dir.path()).memory().unwrap().as_deref(), Some(&b"mine"[..]));
        lose(&path);
        assert_eq!(renew(dir.path()).unwrap().is_some(), what != "missing");
        let store = open(dir.path());
        assert_eq!((store.memory().unwrap(), store.directory().revision()), (None, 0));
    }
}

#[test]
fn a_store_that_is_renewed_is_set_aside_and_not_while_it_is_open() {
    let dir = tempfile::tempdir().unwrap();
    used(dir.path());
    let held = open(dir.path());
    assert!(matches!(renew(dir.path()).unwrap_err(), StoreError::InUse { .. }));
    assert_eq!(names(dir.path()), [MARKER_NAME, FILE_NAME]);
    drop(held);
    let old = renew(dir.path()).unwrap().unwrap();
    assert_eq!(renew(dir.path()).unwrap(), None, "renewed twice, done once");
    assert_eq!(open(dir.path()).memory().unwrap(), None);
    fs::rename(old, dir.path().join(FILE_NAME)).unwrap();
    assert_eq!(open(dir.path()).memory().unwrap().as_deref(), Some(&b"mine"[..]));
}

#[test]
fn a_renewal_that_was_interrupted_is_done_again() {
    let dir = tempfile::tempdir().unwrap();
    used(dir.path());
    // The file is set aside first; the marker still stands.
    fs::rename(dir.path().join(FILE_NAME), dir.path().join("locum.redb.old")).unwrap();
    assert!(matches!(Store::open(dir.path(), &identity()).err().unwrap(), StoreError::Lost { .. }));
    assert_eq!(renew(dir.path()).unwrap(), None);
    open(dir.path());
    assert!(dir.path().join("locum.redb.old").exists());
}

#[test]
fn a_first_opening_that_was_interrupted_anywhere_is_begun_again() {
    type Interruption = fn(&Path);
    let interruptions: [Interruption; 6] = [
        |_| {},
        |dir| fs::write(dir.join(FILE_NAME), "").unwrap(),
        |dir| fs::write(dir.join(FILE_NAME), [0; 1 << 20]).unwrap(),
        |dir| drop(Database::create(dir.join(FILE_NAME)).unwrap()),
        |dir| {
            drop(open(dir));
            fs::remove_file(dir.join(MARKER_NAME)).unwrap();
        },
        |dir| {
            drop(open(dir));
            fs::rename(dir.join(MARKER_NAME), dir.join("identity.json.new")).unwrap();
            fs::write(dir.join("identity.json.new"), "{ \"gro").unwrap();
        },
    ];
    for interrupt in interruptions {
        let dir = tempfile::tempdir().unwrap();
        interrupt(dir.path());
        used(dir.path());
        assert_eq!(names(dir.path()), [MARKER_NAME, FILE_NAME]);
        assert_eq!(check(dir.path()).unwrap().users, 1);
    }
}
