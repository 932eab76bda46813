//! Memory, cover, journal and outcomes survive; the wrong store is refused.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::{identity, open};
use locum_store::{
    Cover, FILE_NAME, Identity, JournalEntry, OUTCOME_KEPT_MS, OUTCOMES_KEPT, SCHEMA_VERSION, Store, StoreError, check,
};
use redb::{Database, ReadableDatabase, TableDefinition};

const RECORDS: TableDefinition<&str, &[u8]> = TableDefinition::new("records");

fn entry(kind: &str) -> JournalEntry {
    JournalEntry::new(
        1_700_000_000_000,
        kind,
        "row 12: Normal → Failing Over",
        serde_json::json!({ "row": 12, "timers": [null, 1.5] }),
    )
}

#[test]
fn one_step_saves_memory_journal_and_cover() {
    let dir = tempfile::tempdir().unwrap();
    let cover = Cover { epoch: 7, homes: vec!["alpha".into(), "beta".into()], directory_revision: 3 };
    {
        let store = open(dir.path());
        assert_eq!((store.memory().unwrap(), store.cover().unwrap(), store.last_sequence().unwrap()), (None, None, 0));
        assert_eq!(store.save(Some(b"memory"), &[entry("a"), entry("b")], Some(&cover)).unwrap(), 2);
        assert_eq!(store.append(&JournalEntry { sequence: 99, ..entry("c") }).unwrap(), 3);
        store.save_memory(b"later").unwrap();
    }
    let store = open(dir.path());
    assert_eq!(store.memory().unwrap().as_deref(), Some(&b"later"[..]));
    assert_eq!(store.cover().unwrap(), Some(cover));
    let entries = store.journal(2, 10).unwrap();
    assert_eq!(entries, [JournalEntry { sequence: 2, ..entry("b") }, JournalEntry { sequence: 3, ..entry("c") }]);
    assert_eq!(store.journal(1, 1).unwrap()[0].kind, "a");
    assert_eq!(store.journal(4, 10).unwrap(), []);
}

#[test]
fn outcomes_are_kept_a_day_and_ten_thousand_at_most() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(store.recall("k", 0).unwrap(), None);
    store.remember("k", r#"{"ok":false}"#, 1_000).unwrap();
    store.remember("k", r#"{"ok":true}"#, 2_000).unwrap();
    assert_eq!(store.recall("k", 3_000).unwrap().as_deref(), Some(r#"{"ok":true}"#));
    assert_eq!(store.recall("other", 3_000).unwrap(), None);
    assert!(store.recall("k", 2_000 + OUTCOME_KEPT_MS - 1).unwrap().is_some());
    assert_eq!(store.recall("k", 2_000 + OUTCOME_KEPT_MS).unwrap(), None);
    store.remember("next", "{}", 2_000 + OUTCOME_KEPT_MS).unwrap();
    drop(store);
    assert_eq!(check(dir.path()).unwrap().outcomes, 1, "what has expired is gone from the disk too");

    let store = open(dir.path());
    for n in 0..OUTCOMES_KEPT {
        store.remember(&format!("key-{n}"), "{}", 3_000 + OUTCOME_KEPT_MS).unwrap();
    }
    assert_eq!(store.recall("next", 3_000 + OUTCOME_KEPT_MS).unwrap(), None);
    assert!(store.recall("key-0", 3_000 + OUTCOME_KEPT_MS).unwrap().is_some());
    drop(store);
    assert_eq!(check(dir.path()).unwrap().outcomes, OUTCOMES_KEPT);
}

#[test]
fn a_key_that_nobody_means_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for key in [String::new(), "x".repeat(256)] {
        let error = store.remember(&key, "{}", 0).unwrap_err();
        assert!(error.to_string().contains("give one of 1 to 255"), "{error}");
    }
}

#[test]
fn the_store_of_another_node_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).save_memory(b"mine").unwrap();
    for (group, node) in [("pair", "beta"), ("other", "alpha")] {
        let error = Store::open(dir.path(), &Identity { group: group.into(), node: node.into() }).err().unwrap();
        let text = error.to_string();
        assert!(text.contains("belongs to node `alpha` of group `pair`"), "{text}");
        assert!(text.contains(&format!("node `{node}` of group `{group}`")), "{text}");
        assert!(text.contains("state_directory"), "{text}");
    }
    assert_eq!(open(dir.path()).memory().unwrap().as_deref(), Some(&b"mine"[..]));
}

#[test]
fn an_open_store_is_refused_to_a_second_opener() {
    let dir = tempfile::tempdir().unwrap();
    let _held = open(dir.path());
    let error = Store::open(dir.path(), &identity()).err().unwrap();
    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
    assert!(matches!(check(dir.path()).unwrap_err(), StoreError::InUse { .. }));
}

#[test]
fn the_schema_of_another_version_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    rewrite(dir.path(), "schema", &[9]);
    let error = Store::open(dir.path(), &identity()).err().unwrap().to_string();
    assert!(error.contains(&format!("schema 9, this locum reads schema {SCHEMA_VERSION}")), "{error}");
}

#[test]
fn a_file_that_is_no_store_is_refused_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE_NAME);
    fs::write(&path, "not a database, but somebody's notes").unwrap();
    let error = Store::open(dir.path(), &identity()).err().unwrap();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert!(fs::read_to_string(&path).unwrap().ends_with("notes"));
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Store::open(&file.join("state"), &identity()).err().unwrap();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
    assert!(matches!(check(dir.path()).unwrap_err(), StoreError::Unreachable { .. }));
    assert!(!dir.path().join(FILE_NAME).exists(), "a check makes no file");
}

#[test]
fn nobody_else_on_the_host_can_look_into_the_directory() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("var/state");
    let _store = open(&state);
    assert_eq!(fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o700);
}

/// Replaces one record behind the store's back.
fn rewrite(dir: &std::path::Path, record: &str, bytes: &[u8]) {
    let database = Database::open(dir.join(FILE_NAME)).unwrap();
    assert!(database.begin_read().unwrap().open_table(RECORDS).unwrap().get(record).unwrap().is_some());
    let transaction = database.begin_write().unwrap();
    transaction.open_table(RECORDS).unwrap().insert(record, bytes).unwrap();
    transaction.commit().unwrap();
}
