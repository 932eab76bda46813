//! The gate: whether this node serves a user now. It opens and closes only at the state machine's word.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use locum_core::Gate as Open;
use locum_store::Store;

use crate::api::Admission;
use crate::clock;

/// The part of the keep-alive timeout that is given away for clocks that do not run alike: a hundredth.
const CLOCK_MARGIN: u64 = 100;

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
    /// A moment that it may not be open beyond, whatever was sent, on the boot clock, in milliseconds.
    limit_ms: AtomicU64,
}

impl Gate {
    /// A closed gate.
    pub(crate) fn closed(node: String, peer: Option<String>, store: Arc<Store>, keep_alive_timeout_ms: u64) -> Gate {
        let (open, sent_ms) = (RwLock::new(Open::default()), AtomicU64::new(0));
        let keep_alive_timeout_ms = AtomicU64::new(keep_alive_timeout_ms);
        let limit_ms = AtomicU64::new(u64::MAX);
        Gate { inner: Arc::new(Inner { node, peer, store, open, sent_ms, keep_alive_timeout_ms, limit_ms }) }
    }

    /// A heartbeat went out at this time. Once the last one is nearly as old as the keep-alive timeout the gate lets
    /// nobody through: the peer may take over, and a daemon that wakes from a pause, or waits for its disk, must not
    /// serve the same users.
    pub(crate) fn heartbeat_sent(&self, at_ms: u64) {
        self.inner.sent_ms.store(at_ms, Ordering::Relaxed);
    }

    /// The keep-alive timeout is another from now on.
    pub(crate) fn set_keep_alive_timeout_ms(&self, timeout_ms: u64) {
        self.inner.keep_alive_timeout_ms.store(timeout_ms, Ordering::Relaxed);
    }

    /// The gate lets nobody through from this moment on, whatever was sent. [`u64::MAX`] is no limit.
    pub(crate) fn limit(&self, until_ms: u64) {
        self.inner.limit_ms.store(until_ms, Ordering::Relaxed);
    }

    /// As last set by [`Gate::limit`].
    pub(crate) fn limit_ms(&self) -> u64 {
        self.inner.limit_ms.load(Ordering::Relaxed)
    }

    /// From which moment on nobody is let through, on the boot clock, in milliseconds, unless a further heartbeat goes
    /// out. [`u64::MAX`] is never: there is no peer that could take over.
    pub(crate) fn until_ms(&self) -> u64 {
        let Inner { peer, sent_ms, keep_alive_timeout_ms, limit_ms, .. } = &*self.inner;
        let limit_ms = limit_ms.load(Ordering::Relaxed);
        if peer.is_none() {
            return limit_ms;
        }
        let timeout_ms = keep_alive_timeout_ms.load(Ordering::Relaxed);
        let patience_ms = timeout_ms - timeout_ms / CLOCK_MARGIN;
        sent_ms.load(Ordering::Relaxed).saturating_add(patience_ms).min(limit_ms)
    }

    /// Whether the peer must still wait for this node.
    fn is_current(&self) -> bool {
        clock::now_ms() < self.until_ms()
    }

    /// Until when the node serves whom the gate lets through now, if it lets anybody through.
    pub(crate) fn serves_until_ms(&self) -> Option<u64> {
        let open = self.now();
        let until_ms = self.until_ms();
        ((open.own || open.peer) && clock::now_ms() < until_ms).then_some(until_ms)
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

#[cfg(test)]
mod tests {
    use locum_store::Identity;

    use super::*;

    fn gate(folder: &tempfile::TempDir, peer: Option<&str>) -> Gate {
        let identity = Identity { group: "g".into(), node: "a".into() };
        let store = Arc::new(Store::open(folder.path(), &identity).unwrap());
        Gate::closed("a".into(), peer.map(str::to_owned), store, 60_000)
    }

    #[test]
    fn it_lets_somebody_through_for_less_than_the_timeout_after_a_heartbeat() {
        let folder = tempfile::tempdir().unwrap();
        let gate = gate(&folder, Some("b"));
        gate.set(Open { own: true, peer: false, epoch: 1 });
        let sent_ms = clock::now_ms();
        gate.heartbeat_sent(sent_ms);
        assert_eq!(gate.until_ms(), sent_ms + 59_400);
        assert_eq!((gate.homes(), gate.serves_until_ms()), (vec!["a".to_owned()], Some(sent_ms + 59_400)));
        gate.set_keep_alive_timeout_ms(100_000);
        assert_eq!(gate.until_ms(), sent_ms + 99_000);
        gate.limit(sent_ms);
        assert_eq!((gate.homes(), gate.serves_until_ms()), (vec![], None));
        gate.limit(u64::MAX);
        gate.set(Open::default());
        assert_eq!(gate.serves_until_ms(), None, "a closed gate");
    }

    #[test]
    fn without_a_peer_it_lets_people_through_whatever_was_sent() {
        let folder = tempfile::tempdir().unwrap();
        let gate = gate(&folder, None);
        gate.set(Open { own: true, peer: false, epoch: 0 });
        assert_eq!((gate.until_ms(), gate.serves_until_ms()), (u64::MAX, Some(u64::MAX)));
        assert_eq!(gate.homes(), ["a"]);
    }
}
