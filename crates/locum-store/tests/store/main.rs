//! The store from outside: what survives, what is refused, and what a kill leaves behind.

mod crash;
mod csv;
mod directory;
mod durable;
mod marker;

use std::path::Path;

use locum_store::{Identity, NewUser, Store};

fn identity() -> Identity {
    Identity { group: "pair".into(), node: "alpha".into() }
}

fn open(dir: &Path) -> Store {
    Store::open(dir, &identity()).unwrap()
}

fn user(name: &str, home: &str) -> NewUser {
    NewUser { home: Some(home.into()), ..NewUser::new(name) }
}
