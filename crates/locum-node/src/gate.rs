//! The gate: whether this node serves a user now. It opens and closes only at the state machine's word.

use std::sync::atomic::{AtomicU64, Ordering};
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
    /// When the last heartbeat went out, on the boot clock, in milliseconds.
    sent_ms: AtomicU64,
    /// How long the peer waits for the next, in milliseconds.
    keep_alive_timeout_ms: AtomicU64,
}

impl Gate {
    /// A closed gate.
    pub(crate) fn closed(node: String, peer: Option<String>, store: Arc<Store>, keep_alive_timeout_ms: u64) -> Gate {
        let (open, sent_ms) = (RwLock::new(Open::default()), AtomicU64::new(0));
        let keep_alive_timeout_ms = AtomicU64::new(keep_alive_timeout_ms);
        Gate { inner: Arc::new(Inner { node, peer, store, open, sent_ms, keep_alive_timeout_ms }) }
    }

    /// A heartbeat went out at this time. Once the last one is older than the keep-alive timeout the gate lets nobody
    /// through: the peer may have taken over, and a daemon that wakes from a pause, or waits for its disk, must not
    /// serve the same users.
    pub(crate) fn heartbeat_sent(&self, at_ms: u64) {
        self.inner.sent_ms.store(at_ms, Ordering::Relaxed);
    }

    /// The keep-alive timeout is another from now on.
    pub(crate) fn set_keep_alive_timeout_ms(&self, timeout_ms: u64) {
        self.inner.keep_alive_timeout_ms.store(timeout_ms, Ordering::Relaxed);
    }

    /// Whether the peer must still wait for this node.
    fn is_current(&self) -> bool {
        let silent_ms = clock::now_ms().saturating_sub(self.inner.sent_ms.load(Ordering::Relaxed));
        self.inner.peer.is_none() || silent_ms < self.inner.keep_alive_timeout_ms.load(Ordering::Relaxed)
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
        let open = if self.is_current() { self.now() } else { Open::default() };
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
        let current = self.is_current();
        let own = |home: &str| open.own && home == self.inner.node;
        let peer = |home: &str| open.peer && Some(home) == self.inner.peer.as_deref();
        let serves = |home: &str| current && (own(home) || peer(home));
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
