//! The gate: whether this node serves a user now. It opens and closes only at the state machine's word.

use std::sync::{Arc, PoisonError, RwLock};

use locum_core::Gate as Open;
use locum_store::Store;

use crate::api::Admission;
use crate::clock;

/// The gate of this node, shared by all who ask.
#[derive(Clone)]
pub struct Gate {
    inner: Arc<Inner>,
}

struct Inner {
    node: String,
    peer: Option<String>,
    store: Arc<Store>,
    open: RwLock<Open>,
}

impl Gate {
    /// A closed gate.
    pub(crate) fn closed(node: String, peer: Option<String>, store: Arc<Store>) -> Gate {
        Gate { inner: Arc::new(Inner { node, peer, store, open: RwLock::new(Open::default()) }) }
    }

    /// From now on these users are served, and no others.
    pub(crate) fn set(&self, open: Open) {
        *self.inner.open.write().unwrap_or_else(PoisonError::into_inner) = open;
    }

    /// Whose users are served now.
    pub fn now(&self) -> Open {
        *self.inner.open.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The homes whose users are served.
    pub fn homes(&self) -> Vec<String> {
        let open = self.now();
        let own = open.own.then(|| self.inner.node.clone());
        let peer = self.inner.peer.clone().filter(|_| open.peer);
        own.into_iter().chain(peer).collect()
    }

    /// Whether each of these users is served, and under which epoch. Users whom the directory does not know, or
    /// who have no home, are not.
    pub fn admit(&self, users: &[String]) -> Vec<Admission> {
        let directory = self.inner.store.directory();
        // Held while deciding: a gate that closes waits for the answers under way, and none comes after it.
        let open = self.inner.open.read().unwrap_or_else(PoisonError::into_inner);
        let serves = |home: &str| {
            (open.own && home == self.inner.node) || (open.peer && Some(home) == self.inner.peer.as_deref())
        };
        users
            .iter()
            .map(|user| Admission {
                user: user.clone(),
                serve: directory.row_of_name(user).and_then(|row| directory.user(row).home).is_some_and(serves),
                epoch: open.epoch,
                at_us: clock::now_us(),
            })
            .collect()
    }
}
