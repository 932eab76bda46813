use locum_store::{Directory, DirectoryChange, NewUser, Snapshot};

/// The first byte says which of the two follows: a whole directory, or a change.
const WHOLE: u8 = 0;
const CHANGE: u8 = 1;

/// Three users at revision 1.
fn before() -> Directory {
    let user = |name: &str, home: &str| NewUser { home: Some(home.into()), ..NewUser::new(name) };
    let users = [user("ada", "a"), user("bob", "b"), NewUser::new("carol")];
    Directory::empty(0).with(&DirectoryChange::importing(&Directory::empty(0), users)).expect("three users")
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let before = before();
    let import = DirectoryChange::importing(&before, [NewUser::new("dave"), NewUser::new("ada")]);
    let removal = DirectoryChange::removing(&before, ["bob".to_owned()]);
    let changes = [import, removal].map(|change| [&[CHANGE][..], &change.to_bytes()].concat());
    [[&[WHOLE][..], &before.snapshot().to_bytes()].concat()].into_iter().chain(changes).collect()
}

pub(super) fn attempt(bytes: &[u8]) -> String {
    let made = match bytes.split_first() {
        Some((&WHOLE, bytes)) => Snapshot::from_bytes(bytes).and_then(|snapshot| snapshot.to_directory()),
        Some((&CHANGE, bytes)) => DirectoryChange::from_bytes(bytes).and_then(|change| before().with(&change)),
        _ => return "neither".into(),
    };
    match made {
        Ok(directory) => {
            let again =
                Snapshot::from_bytes(&directory.snapshot().to_bytes()).and_then(|snapshot| snapshot.to_directory());
            assert_eq!(again.map(|again| again.digest()), Ok(directory.digest()), "it is not read as it was written");
            assert!(directory.users().all(|user| directory.row_of_name(user.name) == directory.row_of_id(user.id)));
            "a directory".into()
        }
        Err(error) => error.to_string(),
    }
}
