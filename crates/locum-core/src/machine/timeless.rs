//! The machine without its dates, for who explores every way that it can go (`locum prove`).
//!
//! Two machines that differ only in *when* things were, or in numbers that only count upwards, will do the same for
//! ever, if each timer that runs may run out at any moment. [`Core::timeless`] gives both the same form, and
//! [`Core::run_out`] lets one timer run out. What the machine then does is for [`Core::handle`] to say, as ever.

use super::{Core, Deadline, Home, STALL_INTERVALS, Term};
use crate::heartbeat::{Announced, Directory, Echo, Heartbeat};
use crate::memory::Memory;

/// What every number that only counts is in a timeless machine: its incarnation, version, epoch and the like, and those
/// of the peer as last heard. There is room below it.
const NUMBER: u64 = 16;

/// How the sender of a heartbeat has changed since the last one that was heard. The machine compares the two, so this
/// is all that the numbers in them tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum News {
    /// The sender has not changed since.
    Same,
    /// It announces something else.
    Version,
    /// Its daemon has started anew.
    Incarnation,
    /// Its host has booted.
    Boot,
}

/// What a heartbeat echoes of the timeless machine that receives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Echoes {
    /// Nothing of this start of its daemon that would count.
    Nothing,
    /// Its present version, sent within the keep-alive timeout.
    Present,
    /// An earlier version, sent within the keep-alive timeout.
    Earlier,
    /// Its present version, sent longer ago than the keep-alive timeout.
    PresentLongAgo,
}

/// A timer of a timeless machine, or what it means to be late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clock {
    /// The next heartbeat is due.
    KeepAlive,
    /// The peer has not been heard for the timeout; `deaf` if nothing at all has arrived of it.
    Silence {
        /// Nothing has arrived.
        deaf: bool,
    },
    /// The critical service in this place has been down for the critical service delay.
    Service(u16),
    /// The services have had their start timeout.
    Start,
    /// The automatic fallback is due.
    Fallback,
    /// A leaving node has waited long enough.
    Goodbye,
    /// What a right to serve rests on ends.
    Right(Term, Home),
    /// The witness is to be asked.
    Witness,
    /// The node did not run for a while, shorter than the keep-alive timeout: it listens again.
    Stall,
    /// The node did not run for the keep-alive timeout: its peer may have taken over.
    LongStall,
}

impl Core {
    /// What every number that only counts is in a timeless machine.
    pub const COUNT: u64 = NUMBER;

    /// The time at which every timeless machine stands, in milliseconds: later than any timer is long.
    pub const TIMELESS_MS: u64 = 1 << 50;

    /// Forgets when things were and how often: what has run out stays run out, and what runs has just begun. Nothing
    /// that a row of the table asks for changes.
    pub fn timeless(&mut self) {
        let parameters = &self.settings.parameters;
        let timeouts_ms = [parameters.keep_alive_timeout_ms, parameters.initialization_keep_alive_timeout_ms];
        let (interval_ms, delay_ms) = (parameters.keep_alive_interval_ms, parameters.automatic_fallback_delay_ms);
        let then_ms = core::mem::replace(&mut self.now_ms, Core::TIMELESS_MS);
        let present = Echo { incarnation: self.memory.incarnation, version: self.version, sent_ms: 0 };
        self.peer.timeless(then_ms, self.now_ms, timeouts_ms, present, NUMBER);
        self.timeless_rights(then_ms, NUMBER);
        self.services.timeless(self.now_ms);
        self.services.run = NUMBER;
        self.fallback.timeless(then_ms, self.now_ms, delay_ms);
        self.since_ms = self.now_ms;
        self.row.clear();
        self.alarms.clear();
        self.directories_differ_ms = None;
        self.moving = self.moving.map(|_| NUMBER);
        self.leaving_ms = self.leaving_ms.map(|_| self.now_ms);
        (self.boot_id, self.version, self.sequence, self.moves) = (NUMBER, NUMBER, NUMBER, NUMBER);
        (self.memory.incarnation, self.memory.epoch, self.memory.damping) = (NUMBER, NUMBER, 0);
        self.gate.epoch = NUMBER;
        self.next_heartbeat_ms = self.now_ms + interval_ms;
        self.set_deadline();
        self.deadline.token = NUMBER;
    }

    /// Lets one timer of a timeless machine run out, and no other. Returns the token for [`crate::Input::Timer`], which
    /// is to follow at [`Core::TIMELESS_MS`]; `None` if that timer does not run, and then nothing has changed.
    pub fn run_out(&mut self, clock: Clock) -> Option<u64> {
        let parameters = &self.settings.parameters;
        let (now_ms, timeout_ms) = (self.now_ms, parameters.keep_alive_timeout_ms);
        let mut late_ms = 0;
        let runs = match clock {
            Clock::KeepAlive => {
                self.next_heartbeat_ms = now_ms;
                true
            }
            Clock::Silence { deaf } => {
                let silence_ms = self.silence_ms();
                self.peer.run_out(now_ms, silence_ms, deaf)
            }
            Clock::Service(service) => self.services.run_out(now_ms, service, parameters.critical_service_delay_ms),
            Clock::Start => self.services.start_runs_out(now_ms),
            Clock::Fallback => self.fallback.run_out(now_ms, parameters.automatic_fallback_delay_ms),
            Clock::Goodbye => {
                let since_ms = self.leaving_ms.as_mut().filter(|_| !self.left);
                since_ms.map(|since_ms| *since_ms = now_ms - timeout_ms).is_some()
            }
            Clock::Right(term, home) => self.term_runs_out(term, home),
            Clock::Witness => self.ask_is_due(),
            // Between the two bounds: with short timeouts there is no such stall.
            Clock::Stall => {
                late_ms = STALL_INTERVALS * parameters.keep_alive_interval_ms + 1;
                late_ms + parameters.keep_alive_interval_ms < timeout_ms
            }
            Clock::LongStall => {
                late_ms = timeout_ms + 1;
                self.peer.hear_nothing_since(now_ms - timeout_ms);
                self.rights_run_out();
                true
            }
        };
        self.deadline = Deadline { at_ms: now_ms - late_ms, token: NUMBER };
        runs.then_some(NUMBER)
    }

    /// The token that ends the user move under way; `None` if there is none.
    pub fn moving(&self) -> Option<u64> {
        self.moving
    }

    /// The start of the services that counts, as probes name it.
    pub fn run(&self) -> u64 {
        self.services.run
    }

    /// Whether the count to the automatic fallback has run out.
    pub fn fallback_was_due(&self) -> bool {
        self.facts().fallback_due
    }

    /// Whether nothing at all has arrived of the peer for the keep-alive timeout.
    pub fn is_deaf(&self) -> bool {
        self.peer.is_deaf(self.now_ms, self.settings.parameters.keep_alive_timeout_ms)
    }

    /// Whether services are starting.
    pub fn starting(&self) -> bool {
        self.services.starting()
    }

    /// What must survive this machine.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Counts the changes of what the peer may act on.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// What the peer may act on, in this machine's heartbeats.
    pub fn announces(&self) -> (&Announced, Directory) {
        (&self.announced, self.directory)
    }

    /// A heartbeat as this timeless machine may get it of its peer: what that announces, with numbers that tell `news`
    /// and `echoes`.
    pub fn heard(&self, announced: Announced, directory: Directory, news: News, echoes: Echoes) -> Heartbeat {
        let since = |least: News| NUMBER + u64::from(news >= least);
        let echo = |version, age_ms| Some(Echo { incarnation: NUMBER, version, sent_ms: self.now_ms - age_ms });
        Heartbeat {
            incarnation: since(News::Incarnation),
            boot_id: since(News::Boot),
            sequence: NUMBER + 1,
            sent_ms: self.now_ms,
            version: since(News::Version),
            announced,
            epoch: NUMBER,
            directory,
            parameters: self.settings.parameters.clone(),
            echo: match echoes {
                Echoes::Nothing => None,
                Echoes::Present => echo(NUMBER, 0),
                Echoes::Earlier => echo(NUMBER - 1, 0),
                Echoes::PresentLongAgo => echo(NUMBER, self.settings.parameters.keep_alive_timeout_ms),
            },
        }
    }
}
