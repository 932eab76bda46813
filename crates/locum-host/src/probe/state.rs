//! What a probe's host functions know and remember.

use std::io;

use rustix::io::Errno;

use crate::limits::Meter;
use crate::{Grant, Grants, Limits};

/// The most bytes that one host function hands to a probe.
pub(super) const TRANSFER_BYTES_MAX: usize = 64 << 10;

/// The data of a probe's store.
pub(crate) struct State {
    pub(super) meter: Meter,
    grants: Grants,
    ticks_left: u64,
    trouble: Option<String>,
}

impl State {
    pub(super) fn new(grants: Grants, limits: Limits) -> Self {
        Self { meter: Meter::new(limits), grants, ticks_left: 0, trouble: None }
    }

    /// A new check, with this many ticks to compute.
    pub(super) fn begin(&mut self, ticks: u64) {
        self.ticks_left = ticks;
        self.trouble = None;
    }

    /// Takes off one tick; false when none was left.
    pub(super) fn spend_tick(&mut self) -> bool {
        self.ticks_left = self.ticks_left.saturating_sub(1);
        self.ticks_left > 0
    }

    /// Whether this may be done. A refusal is remembered: it makes the verdict unknown, whatever the probe makes of it.
    pub(super) fn permits(&mut self, grant: Option<Grant>, asked: &str) -> bool {
        let permitted = grant.is_some_and(|grant| self.grants.allows(&grant));
        if !permitted {
            self.remember(format!("the probe asked for {asked}, which is not granted"));
        }
        permitted
    }

    /// Remembers a failure that is this machine's own and says nothing about the service.
    pub(super) fn note(&mut self, what: &str, error: &io::Error) {
        let shortage = [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::NOBUFS, Errno::AGAIN];
        if shortage.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error())) {
            self.remember(format!("the host could not {what}: {error}"));
        }
    }

    pub(super) fn take_trouble(&mut self) -> Option<String> {
        self.trouble.take()
    }

    fn remember(&mut self, trouble: String) {
        self.trouble.get_or_insert(trouble);
    }
}

/// A state with these grants, for the tests of the host functions.
#[cfg(test)]
pub(super) fn state_with(grants: &[String]) -> State {
    State::new(Grants::parse(grants).unwrap(), Limits::of(crate::World::Probe))
}
