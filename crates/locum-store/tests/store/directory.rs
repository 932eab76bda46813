//! The user directory: changes, staging, catching up, and what is refused.

use crate::{identity, open, user};
use locum_store::{
    Directory, DirectoryChange, DirectoryError, FILE_NAME, NO_HOME, NewUser, Snapshot, Store, StoreError, User, check,
};
use proptest::prelude::*;
use redb::{Database, TableDefinition};

fn three() -> DirectoryChange {
    let users = [user("mona", "beta"), user("ada", "alpha"), NewUser { weight: 5, class: 2, ..NewUser::new("zoë") }];
    DirectoryChange::importing(&Directory::empty(0), users)
}

fn refusal(store: &Store, change: DirectoryChange) -> String {
    let (before, staged) = (store.directory(), store.staged());
    let error = store.apply(&change).unwrap_err();
    assert!(matches!(error, StoreError::Directory(_)), "{error}");
    assert_eq!((store.directory().digest(), store.staged()), (before.digest(), staged), "nothing changed");
    error.to_string()
}

#[test]
fn users_are_found_by_id_and_by_name_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let digest = open(dir.path()).apply(&three()).unwrap().digest();
    let store = open(dir.path());
    let directory = store.directory();
    assert_eq!((directory.revision(), directory.len(), directory.digest()), (1, 3, digest));
    assert_eq!(directory.ids(), [1, 2, 3]);
    assert_eq!(directory.weights(), [1, 1, 5]);
    assert_eq!(directory.classes(), [0, 0, 2]);
    assert_eq!(directory.nodes(), ["alpha", "beta"]);
    assert_eq!(directory.homes(), [1, 0, NO_HOME]);
    assert_eq!(directory.homes_among(&["beta", "gamma"]), [0, NO_HOME, NO_HOME]);
    assert_eq!(
        (directory.count_at_home("alpha"), directory.count_at_home("gamma"), directory.count_unassigned()),
        (1, 0, 1)
    );
    assert_eq!(directory.row_of_name("zoë"), Some(2));
    assert_eq!(directory.row_of_name("zoe"), None);
    assert_eq!(directory.row_of_id(2), Some(1));
    assert_eq!(directory.user(1).home, Some("alpha"));
    let names = |after| directory.users_by_name(after).map(|user| user.name).collect::<Vec<_>>();
    assert_eq!(names(None), ["ada", "mona", "zoë"]);
    assert_eq!(names(Some("ada")), ["mona", "zoë"]);
    assert_eq!(names(Some("b")), ["mona", "zoë"]);
}

#[test]
fn a_known_user_keeps_the_id_and_removal_makes_room() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.apply(&three()).unwrap();
    let moved = DirectoryChange::importing(&store.directory(), [user("ada", "beta"), user("bob", "alpha")]);
    assert_eq!(moved.upserts.iter().map(|user| user.id).collect::<Vec<_>>(), [2, 4]);
    store.apply(&moved).unwrap();
    let directory = store.apply(&DirectoryChange::removing(&store.directory(), ["mona".to_owned()])).unwrap();
    assert_eq!(directory.revision(), 3);
    assert_eq!(directory.ids(), [2, 3, 4]);
    assert_eq!(directory.user(0).home, Some("beta"));
    drop(store);
    let report = check(dir.path()).unwrap();
    assert_eq!((report.users, report.unassigned, report.revision, report.digest), (3, 1, 3, directory.digest()));
}

#[test]
fn every_bad_change_is_refused_with_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.apply(&three()).unwrap();
    let base = store.directory();
    let adding = |users: Vec<NewUser>| DirectoryChange::importing(&base, users);
    let stale = refusal(&store, three());
    assert!(stale.contains("revision 0 of the directory, which is at 1"), "{stale}");
    let cases = [
        (adding(vec![NewUser::new("")]), "the name is empty"),
        (adding(vec![NewUser::new("x".repeat(129))]), "129 bytes; shorten it to 128"),
        (adding(vec![NewUser::new("a b")]), "holds ' '"),
        (adding(vec![NewUser::new("a,b")]), "holds ','"),
        (adding(vec![NewUser::new("a\u{7}")]), "holds '\\u{7}'"),
        (adding(vec![user("bob", "node 1")]), "home \"node 1\""),
        (adding(vec![NewUser::new("bob"), NewUser::new("bob")]), "\"bob\" is named twice"),
        (adding(vec![NewUser::new("ada"), NewUser::new("ada")]), "\"ada\" is named twice"),
        (DirectoryChange::removing(&base, ["nobody".into()]), "no user \"nobody\""),
        (DirectoryChange::removing(&base, ["ada".into(), "ada".into()]), "\"ada\" is named twice"),
        (with_ids(&base, &[("ada", 9)]), "\"ada\" has the id 2, not 9"),
        (with_ids(&base, &[("bob", 2)]), "both have the id 2"),
        (with_ids(&base, &[("bob", 9), ("carl", 9)]), "both have the id 9"),
        (with_ids(&base, &[("bob", u32::MAX), ("ada", 9)]), "\"ada\" has the id 2"),
    ];
    for (change, expected) in cases {
        let text = refusal(&store, change);
        assert!(text.contains(expected), "{expected:?} in {text:?}");
    }
    assert!(
        NewUser::new("x".repeat(128)).name.len() == 128
            && base.with(&adding(vec![NewUser::new("x".repeat(128))])).is_ok()
    );
}

fn with_ids(base: &Directory, users: &[(&str, u32)]) -> DirectoryChange {
    let user = |&(name, id): &(&str, u32)| User { id, name: name.into(), home: None, weight: 1, class: 0 };
    DirectoryChange { base_revision: base.revision(), upserts: users.iter().map(user).collect(), removals: vec![] }
}

#[test]
fn a_staged_change_is_durable_and_not_visible_until_committed() {
    let dir = tempfile::tempdir().unwrap();
    let staged = {
        let store = open(dir.path());
        let staged = store.stage(three()).unwrap();
        assert_eq!(store.stage(three()).unwrap(), staged, "asked twice, done once");
        assert_eq!((staged.revision, store.directory().len()), (1, 0));
        let text = refusal(&store, three());
        assert!(text.contains("commit or discard it first"), "{text}");
        let other = DirectoryChange::importing(&store.directory(), [NewUser::new("other")]);
        assert!(store.stage(other).is_err());
        staged
    };
    let store = open(dir.path());
    assert_eq!((store.staged(), store.directory().len()), (Some(staged), 0));
    let error = store.commit_staged(2).unwrap_err().to_string();
    assert!(error.contains("no change to revision 2 is staged; the directory is at 0"), "{error}");
    assert_eq!(store.commit_staged(1).unwrap().digest(), staged.digest);
    assert_eq!(store.commit_staged(1).unwrap().digest(), staged.digest, "asked twice, done once");
    assert_eq!(store.staged(), None);
    drop(store);
    let report = check(dir.path()).unwrap();
    assert_eq!((report.revision, report.digest, report.staged), (1, staged.digest, None));
}

#[test]
fn a_discarded_change_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.discard_staged().unwrap();
    store.stage(three()).unwrap();
    store.discard_staged().unwrap();
    assert_eq!(store.staged(), None);
    assert!(store.commit_staged(1).is_err());
    drop(store);
    assert_eq!(open(dir.path()).staged(), None);
}

#[test]
fn a_node_that_returns_takes_the_whole_directory() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let peer = Store::open(theirs.path(), &locum_store::Identity { node: "beta".into(), ..identity() }).unwrap();
    peer.apply(&three()).unwrap();
    let latest = peer.apply(&DirectoryChange::removing(&peer.directory(), ["ada".into()])).unwrap();
    let store = open(ours.path());
    store
        .apply(&DirectoryChange::importing(&store.directory(), (0..50).map(|n| NewUser::new(format!("old-{n}")))))
        .unwrap();
    store.stage(DirectoryChange::removing(&store.directory(), ["old-3".into()])).unwrap();
    let snapshot = Snapshot::from_bytes(&latest.snapshot().to_bytes()).unwrap();
    let caught_up = store.replace_directory(&snapshot).unwrap();
    assert_eq!((caught_up.revision(), caught_up.digest()), (2, latest.digest()));
    drop(store);
    let report = check(ours.path()).unwrap();
    assert_eq!((report.users, report.revision, report.digest, report.staged), (2, 2, latest.digest(), None));
}

#[test]
fn a_snapshot_that_no_directory_can_be_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.apply(&three()).unwrap();
    let user = |id, name: &str| User { id, name: name.into(), home: None, weight: 1, class: 0 };
    for users in [vec![user(1, "a"), user(1, "b")], vec![user(1, "a"), user(2, "a")], vec![user(1, "a b")]] {
        assert!(store.replace_directory(&Snapshot { revision: 9, users }).is_err());
    }
    assert_eq!(store.directory().revision(), 1);
}

#[test]
fn the_digest_knows_the_contents_and_not_how_they_came() {
    let users = ["a", "b", "c"].map(|name| user(name, "alpha"));
    let empty = Directory::empty(0);
    let at_once = empty.with(&DirectoryChange::importing(&empty, users.clone())).unwrap();
    let mut one_by_one = empty;
    for user in users {
        one_by_one = one_by_one.with(&DirectoryChange::importing(&one_by_one, [user])).unwrap();
    }
    assert_eq!((at_once.digest(), at_once.revision(), one_by_one.revision()), (one_by_one.digest(), 1, 3));
    let moved = at_once.with_homes(&["alpha", "beta"], &[0, 0, 1]).unwrap();
    assert_ne!(moved.digest(), at_once.digest());
    let hex = at_once.digest().to_string();
    assert_eq!(hex.len(), 64);
    assert_eq!(hex[..16], format!("{:016x}", at_once.digest().prefix()));
    let json = serde_json::to_string(&at_once.digest()).unwrap();
    assert_eq!(json, format!("\"{hex}\""));
    assert_eq!(serde_json::from_str::<locum_store::Digest>(&json).unwrap(), at_once.digest());
}

#[test]
fn a_policys_answer_becomes_one_change() {
    let empty = Directory::empty(4);
    let import = DirectoryChange::importing(&empty, ["a", "b", "c"].map(NewUser::new));
    let candidate = empty.with(&import).unwrap();
    let assigned = candidate.with_homes(&["alpha", "beta"], &[0, 1, NO_HOME]).unwrap();
    let change = DirectoryChange::between(&empty, &assigned);
    let result = empty.with(&change).unwrap();
    assert_eq!((change.base_revision, result.revision(), result.digest()), (4, 5, assigned.digest()));
    for (nodes, homes) in [(vec!["alpha"], vec![0, 1, 0]), (vec!["alpha"], vec![0, 0]), (vec!["al pha"], vec![0, 0, 0])]
    {
        assert!(candidate.with_homes(&nodes, &homes).is_err());
    }
}

#[test]
fn bytes_that_are_no_change_are_refused() {
    let bytes = three().to_bytes();
    assert_eq!(DirectoryChange::from_bytes(&bytes).unwrap(), three());
    for bad in [&bytes[..bytes.len() - 1], &[bytes.as_slice(), &[0]].concat()] {
        let error = DirectoryChange::from_bytes(bad).unwrap_err();
        assert!(matches!(error, DirectoryError::Bytes { what: "change", .. }), "{error}");
    }
}

#[test]
fn a_row_changed_behind_the_stores_back_is_found() {
    const USERS: TableDefinition<u32, &[u8]> = TableDefinition::new("users");
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).apply(&three()).unwrap();
    {
        let database = Database::open(dir.path().join(FILE_NAME)).unwrap();
        let transaction = database.begin_write().unwrap();
        transaction.open_table(USERS).unwrap().remove(2).unwrap().unwrap();
        transaction.commit().unwrap();
    }
    for error in [check(dir.path()).unwrap_err(), Store::open(dir.path(), &identity()).err().unwrap()] {
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("digest"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Any two directories: the change between them leads from one to the other, and the order by name holds.
    #[test]
    fn the_change_between_two_directories_leads_from_one_to_the_other(
        before in directory(), after in directory(),
    ) {
        let result = before.with(&DirectoryChange::between(&before, &after)).unwrap();
        prop_assert_eq!(result.digest(), after.digest());
        prop_assert_eq!(result.revision(), before.revision() + 1);
        let names: Vec<&str> = result.users_by_name(None).map(|user| user.name).collect();
        prop_assert!(names.is_sorted());
        for (row, user) in result.users().enumerate() {
            prop_assert_eq!(result.row_of_name(user.name), Some(row));
            prop_assert_eq!(result.row_of_id(user.id), Some(row));
        }
    }
}

prop_compose! {
    fn directory()(users in prop::collection::btree_map(0..30_u32, (0..40_u32, 0..3_u32, 0..3_u32), 0..25)) -> Directory {
        let mut names = std::collections::BTreeSet::new();
        let users = users.into_iter().filter(|(_, (name, ..))| names.insert(*name)).map(|(id, (name, home, weight))| User {
            id,
            name: format!("user-{name}"),
            home: (home > 0).then(|| format!("node-{home}")),
            weight,
            class: 0,
        });
        Snapshot { revision: 3, users: users.collect() }.to_directory().unwrap()
    }
}

#[test]
fn fifteen_thousand_users_come_and_move_in_one_change_each() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let users = (0..15_000).map(|n| NewUser::new(format!("user-{:05}", n * 7 % 15_000)));
    store.apply(&DirectoryChange::importing(&store.directory(), users)).unwrap();
    let before = store.directory();
    let halves: Vec<u32> = (0..15_000).map(|row| row % 2).collect();
    let after = before.with_homes(&["alpha", "beta"], &halves).unwrap();
    store.apply(&DirectoryChange::between(&before, &after)).unwrap();
    drop(store);
    let store = open(dir.path());
    let directory = store.directory();
    assert_eq!((directory.revision(), directory.len(), directory.count_at_home("beta")), (2, 15_000, 7_500));
    assert!((1..=15_000).eq(directory.ids().iter().copied()));
}
