//! The fence: until when services may serve without a further word of their daemon (`docs/behaviour.md` §9.9).

use std::io;
use std::os::fd::OwnedFd;

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};

/// The daemon's last word on how long its services may serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence {
    /// When it was said, on the boot clock, in milliseconds.
    pub said_ms: u64,
    /// The moment from which on they may not, on the boot clock, in milliseconds. [`u64::MAX`] is never: nobody is
    /// served here, or nobody else could take over.
    pub until_ms: u64,
}

impl Fence {
    /// How many bytes [`Fence::to_bytes`] gives.
    pub(super) const BYTES: usize = 16;

    /// There is none.
    pub const NONE: Fence = Fence { said_ms: 0, until_ms: u64::MAX };

    /// What holds once `next` was said. What is said after the moment has passed does not take it back: others may be
    /// serving by then.
    pub(super) fn then(self, next: Fence) -> Fence {
        if next.said_ms < self.until_ms { next } else { self }
    }

    /// Whether the moment has passed.
    pub(super) fn has_fallen(self, now_ms: u64) -> bool {
        now_ms >= self.until_ms
    }

    pub(super) fn to_bytes(self) -> [u8; Fence::BYTES] {
        (u128::from(self.said_ms) << 64 | u128::from(self.until_ms)).to_le_bytes()
    }

    pub(super) fn from_bytes(bytes: [u8; Fence::BYTES]) -> Fence {
        let [until_ms, said_ms] = [0, 64].map(|shift| (u128::from_le_bytes(bytes) >> shift) as u64);
        Fence { said_ms, until_ms }
    }
}

/// A timer on the boot clock. It counts the time in which the host sleeps, as ordinary waiting does not.
pub(super) struct Timer(OwnedFd);

impl Timer {
    pub(super) fn new() -> io::Result<Timer> {
        Ok(Timer(timerfd_create(TimerfdClockId::Boottime, TimerfdFlags::CLOEXEC)?))
    }

    /// Sets it to this moment, in milliseconds, in place of the one before. [`u64::MAX`] is never.
    pub(super) fn set(&self, at_ms: u64) -> io::Result<()> {
        let never = Timespec { tv_sec: 0, tv_nsec: 0 };
        let at = match i64::try_from(at_ms.max(1)) {
            Ok(at_ms) => Timespec { tv_sec: at_ms / 1_000, tv_nsec: at_ms % 1_000 * 1_000_000 },
            Err(_) => never,
        };
        let once = Itimerspec { it_interval: never, it_value: at };
        timerfd_settime(&self.0, TimerfdTimerFlags::ABSTIME, &once)?;
        Ok(())
    }

    /// Waits for the moment.
    pub(super) fn wait(&self) -> io::Result<()> {
        let mut times = [0; 8];
        loop {
            match rustix::io::read(&self.0, &mut times) {
                Err(rustix::io::Errno::INTR) => {}
                read => return Ok(read.map(drop)?),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_said_before_the_moment_moves_it() {
        let fence = Fence { said_ms: 1_000, until_ms: 1_350 };
        let renewed = Fence { said_ms: 1_100, until_ms: 1_450 };
        assert_eq!(fence.then(renewed), renewed);
        let late = Fence { said_ms: 1_350, until_ms: 1_700 };
        assert_eq!(fence.then(late), fence);
        assert_eq!(fence.then(Fence { said_ms: 1_350, ..Fence::NONE }), fence, "nor does an end of it");
        assert_eq!(Fence::NONE.then(late), late);
        assert!(!fence.has_fallen(1_349) && fence.has_fallen(1_350) && !Fence::NONE.has_fallen(u64::MAX - 1));
    }

    #[test]
    fn what_is_said_is_heard() {
        for fence in [Fence::NONE, Fence { said_ms: 7, until_ms: 1 << 40 }] {
            assert_eq!(Fence::from_bytes(fence.to_bytes()), fence);
        }
    }
}
