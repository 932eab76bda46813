//! How the users fare: asked of both gates, and of both directories.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use anyhow::Result;

use super::Stage;
use crate::{
    demo::{
        clients,
        summary::{Tally, thousands},
    },
    pair::{node::Node, users},
};

impl Stage {
    /// Asks both gates for all users: one of them, and one only, serves each.
    pub(in crate::demo) async fn roll_call(&self) {
        let [a, b] = Node::BOTH.map(|node| clients::roll_call(self.daemon(node).socket(), &self.users));
        let (a, b) = tokio::join!(a, b);
        let who = |wanted: fn(bool, bool) -> bool| {
            let found = self.users.names().iter().zip(a.iter().zip(&b)).filter(move |(_, (a, b))| wanted(**a, **b));
            found.map(|(name, _)| name.clone()).collect::<BTreeSet<_>>()
        };
        let (lost, twice) = (who(|a, b| !a && !b), who(|a, b| a && b));
        let count = |served: &[bool]| thousands(served.iter().filter(|served| **served).count());
        let text = format!("Roll call of {} users: a serves {}, b serves {}", thousands(a.len()), count(&a), count(&b));
        match (lost.len(), twice.len()) {
            (0, 0) => self.proof(text + "."),
            (lost, twice) => self.fault(format!("{text}; nobody serves {lost}, both serve {twice}.")),
        }
        let mut tally = lock(&self.tally);
        tally.lost.extend(lost);
        tally.twice.extend(twice);
    }

    /// Compares the directory on each node's disk with the file that was imported.
    pub(in crate::demo) async fn count_directories(&self) -> Result<()> {
        for node in Node::BOTH {
            let export = self.export(node).await?;
            let missing = users::missing(&self.csv, &export)?;
            lock(&self.tally).lost.extend(missing.into_iter().map(str::to_owned));
        }
        Ok(())
    }

    /// Takes in which homes both nodes served at once, from `since_us` on.
    pub(in crate::demo) fn count_twice(&self, since_us: u64) {
        for home in Node::BOTH {
            if let [first, ..] = self.clients.spans().overlaps(home, since_us)[..] {
                let ms = (first.last_us - first.first_us).div_ceil(1000);
                let text = format!("Both nodes served the users of {home}, for {ms} ms or more.");
                self.fault(text);
                lock(&self.tally).twice.extend(self.users.at_home(home).into_iter().map(str::to_owned));
            }
        }
    }

    /// Ends the count of an act, and begins the next.
    pub(in crate::demo) fn close_tally(&self) -> Tally {
        let tally = std::mem::take(&mut *lock(&self.tally));
        let mut total = lock(&self.total);
        total.lost.extend(tally.lost.iter().cloned());
        total.twice.extend(tally.twice.iter().cloned());
        tally
    }
}

pub(super) fn lock(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}
