//! A disk in memory: with a cache that a power cut empties, with a log of what was asked of it, and with faults.

use std::{
    fmt, io,
    sync::{Arc, Mutex, MutexGuard},
};

use redb::StorageBackend;

use super::pages::Pages;

/// What is asked of a disk and changes it.
#[derive(Clone)]
pub(crate) enum Op {
    Write { offset: usize, data: Vec<u8> },
    SetLen(usize),
    Sync,
}

impl Op {
    /// Does it to what is on a disk.
    pub(crate) fn apply(&self, pages: &mut Pages) {
        match self {
            Op::Write { offset, data } => pages.write(*offset, data),
            Op::SetLen(len) => pages.set_len(*len),
            Op::Sync => {}
        }
    }

    /// The two halves of a write.
    pub(crate) fn halves(&self) -> Option<[Op; 2]> {
        let Op::Write { offset, data } = self else { return None };
        let (first, second) = data.split_at(data.len() / 2);
        let half = |offset, data: &[u8]| Op::Write { offset, data: data.to_vec() };
        Some([half(*offset, first), half(offset + first.len(), second)])
    }
}

/// How an operation fails, and what becomes of its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing of it is done. What a sync should have put on the disk is read back all the same, and never gets there:
    /// so does Linux.
    Undone,
    /// Half of a write, or all that was to be synced.
    Done,
}

/// A disk; clones are the same disk.
#[derive(Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// What reads see.
    seen: Pages,
    /// What a power cut leaves.
    durable: Pages,
    /// What has been asked since the last sync.
    cached: Vec<Op>,
    log: Vec<Op>,
    /// At which operation it fails, and how.
    fault: Option<(usize, Fault)>,
}

impl Disk {
    /// A disk that has this on it, and of which nothing has been asked yet.
    pub(crate) fn with(pages: Pages) -> Disk {
        Disk(Arc::new(Mutex::new(State { seen: pages.clone(), durable: pages, ..State::default() })))
    }

    /// An empty disk that fails at the n-th operation.
    pub(crate) fn failing_at(operation: usize, fault: Fault) -> Disk {
        Disk(Arc::new(Mutex::new(State { fault: Some((operation, fault)), ..State::default() })))
    }

    /// How many operations there were.
    pub(crate) fn operations(&self) -> usize {
        self.state().log.len()
    }

    /// All operations so far.
    pub(crate) fn log(&self) -> Vec<Op> {
        self.state().log.clone()
    }

    /// Whether it has failed.
    pub(crate) fn has_failed(&self) -> bool {
        let state = self.state();
        state.fault.is_some_and(|(operation, _)| operation < state.log.len())
    }

    /// The same disk for the next process on a host that goes on running.
    pub(crate) fn reopened(&self) -> Disk {
        let state = self.state();
        let (seen, durable, cached) = (state.seen.clone(), state.durable.clone(), state.cached.clone());
        Disk(Arc::new(Mutex::new(State { seen, durable, cached, ..State::default() })))
    }

    /// The disk after a power cut.
    pub(crate) fn after_power_cut(&self) -> Disk {
        Disk::with(self.state().durable.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn ask(&self, op: Op) -> io::Result<()> {
        let mut state = self.state();
        let State { seen, durable, cached, log, fault } = &mut *state;
        let fault = fault.filter(|(operation, _)| *operation == log.len()).map(|(_, fault)| fault);
        log.push(op.clone());
        let done = match (fault, &op) {
            (None, _) => Some(op.clone()),
            (Some(Fault::Undone), _) => None,
            (Some(Fault::Done), Op::Write { .. }) => op.halves().map(|[first, _]| first),
            (Some(Fault::Done), _) => Some(op.clone()),
        };
        match done {
            Some(Op::Sync) => cached.drain(..).for_each(|op| op.apply(durable)),
            Some(op) => {
                op.apply(seen);
                cached.push(op);
            }
            None if matches!(op, Op::Sync) => cached.retain(|op| matches!(op, Op::SetLen(_))),
            None => {}
        }
        let kind = if matches!(op, Op::Sync) { io::ErrorKind::Other } else { io::ErrorKind::StorageFull };
        fault.map_or(Ok(()), |_| Err(kind.into()))
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a disk after {} operations", self.operations())
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.state().seen.read(offset as usize, out).ok_or(io::ErrorKind::UnexpectedEof.into())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.ask(Op::SetLen(len as usize))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.ask(Op::Sync)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.ask(Op::Write { offset: offset as usize, data: data.to_vec() })
    }
}
