//! One node, apart from its peer: every form that it takes has a number.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use locum_core::{Announced, Clock, Core, Directory, Gate, Health, Home, Memory, Reason, State, Term, Wish};

/// What is left of a node whose daemon does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    /// What its state machine remembers.
    pub memory: Option<Memory>,
    /// The user directory that it has.
    pub directory: Directory,
    /// Whether its host has booted since.
    pub booted: bool,
}

/// A form that a node takes.
#[derive(Clone, Debug)]
pub enum Form {
    /// Its daemon runs.
    Up(Box<Core>),
    /// Its daemon does not run.
    Down(Disk),
}

/// What the joint state needs to know of a form, without asking the machine again.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Whether its daemon runs.
    pub up: bool,
    /// Its state.
    pub state: State,
    /// Its reason.
    pub reason: Reason,
    /// Whose users it serves.
    pub gate: Gate,
    /// Whether it counts its peer silent.
    pub peer_silent: bool,
    /// Whether nothing at all has arrived of its peer for the keep-alive timeout.
    pub deaf: bool,
    /// Whether it has heard its peer since it started.
    pub has_heard: bool,
    /// Whether it is leaving.
    pub leaving: bool,
    /// Whether its services are meant to run.
    pub serves: bool,
    /// Whether its critical services have started.
    pub started: bool,
    /// Whether a critical service is down past its delay, or did not start.
    pub unhealthy: bool,
    /// What its probes see, one place a service.
    pub seen: [Option<Health>; 2],
    /// Whether a user move is under way.
    pub moving: bool,
    /// Whether its host has booted since its daemon last ran.
    pub booted: bool,
    /// Whether it has the users that the group has.
    pub has_users: bool,
    /// Whether an automatic fallback has become due already, and something else kept it from happening.
    pub was_due: bool,
    /// How often high availability was switched, as far as it knows.
    pub switches: u64,
    /// What it announces, by its number.
    pub(crate) words: u16,
    /// Whether its peer is not heard, and may still serve.
    pub apart: bool,
    /// Whether it lays claim to its own home, and to its peer's.
    pub claims: [bool; 2],
    /// What it has asked the witness.
    pub(crate) asked: Option<[Wish; 2]>,
    /// What its rights rest on and has not ended, a bit each.
    terms: u8,
    /// Which timers run, a bit each; see [`TIMERS`].
    pub(crate) timers: u8,
}

/// The timers that may run out only at times, in the order of their bits; and the stall that short timeouts leave no room
/// for.
pub(crate) const TIMERS: [Clock; 7] = [
    Clock::Silence { deaf: true },
    Clock::Service(0),
    Clock::Service(1),
    Clock::Start,
    Clock::Fallback,
    Clock::Goodbye,
    Clock::Stall,
];

/// The users that the group has.
pub(crate) const USERS: Directory = Directory { revision: 1, digest: 1 };

/// Every form seen so far.
#[derive(Default)]
pub(crate) struct Forms {
    forms: Vec<Form>,
    known: Vec<Known>,
    numbers: HashMap<Box<[u8]>, u32, RandomState>,
    words: Vec<(Announced, Directory)>,
    words_numbers: HashMap<Vec<u8>, u16, RandomState>,
}

impl Forms {
    /// The number of a form. A core must be timeless.
    pub(crate) fn number(&mut self, form: Form) -> u32 {
        let key = match &form {
            Form::Up(core) => core.snapshot(),
            Form::Down(disk) => {
                // No snapshot of a machine is so short.
                let memory = disk.memory.as_ref().map_or_else(Vec::new, Memory::encode);
                [memory, vec![disk.booted.into(), disk.directory.revision as u8]].concat()
            }
        };
        if let Some(number) = self.numbers.get(&*key) {
            return *number;
        }
        let number = self.forms.len() as u32;
        let known = self.look(&form);
        self.forms.push(form);
        self.known.push(known);
        self.numbers.insert(key.into(), number);
        number
    }

    pub(crate) fn form(&self, number: u32) -> &Form {
        &self.forms[number as usize]
    }

    pub(crate) fn known(&self, number: u32) -> &Known {
        &self.known[number as usize]
    }

    pub(crate) fn words(&self, number: u16) -> &(Announced, Directory) {
        &self.words[usize::from(number)]
    }

    pub(crate) fn len(&self) -> usize {
        self.forms.len()
    }

    fn look(&mut self, form: &Form) -> Known {
        match form {
            Form::Down(disk) => Known {
                up: false,
                state: disk.memory.as_ref().map_or(State::Normal, |memory| memory.state),
                reason: disk.memory.as_ref().map_or(Reason::Normal, |memory| memory.reason),
                gate: Gate::default(),
                peer_silent: false,
                deaf: false,
                has_heard: false,
                leaving: false,
                serves: false,
                started: false,
                unhealthy: false,
                seen: [None; 2],
                moving: false,
                booted: disk.booted,
                has_users: disk.directory == USERS,
                was_due: false,
                switches: 0,
                apart: false,
                claims: [false; 2],
                asked: None,
                terms: 0,
                words: 0,
                timers: 0,
            },
            Form::Up(core) => {
                let view = core.view();
                let (announced, directory) = core.announces();
                let mut seen = [None; 2];
                for (seen, service) in seen.iter_mut().zip(&view.services) {
                    *seen = service.health;
                }
                let runs = |clock: Clock| core.clone().run_out(clock).is_some();
                let timers = (0..).zip(TIMERS).map(|(bit, clock)| u8::from(runs(clock)) << bit).sum();
                Known {
                    up: true,
                    state: view.state,
                    reason: view.reason,
                    gate: view.gate,
                    peer_silent: view.peer_silent,
                    deaf: core.is_deaf(),
                    has_heard: view.peer.is_some(),
                    leaving: view.leaving,
                    serves: view.started || view.unhealthy || core.starting(),
                    started: view.started,
                    unhealthy: view.unhealthy,
                    seen,
                    moving: core.moving().is_some(),
                    booted: false,
                    has_users: directory == USERS,
                    was_due: core.fallback_was_due(),
                    switches: announced.high_availability.decision,
                    apart: core.is_apart(),
                    claims: Home::BOTH.map(|home| core.claims(home)),
                    asked: core.asked().map(|request| request.wishes),
                    terms: terms().map(|(bit, term, home)| u8::from(core.has_term(term, home)) << bit).sum(),
                    timers,
                    words: self.words_number(announced.clone(), directory),
                }
            }
        }
    }

    fn words_number(&mut self, announced: Announced, directory: Directory) -> u16 {
        let key = serde_json::to_vec(&(&announced, directory)).expect("plain data");
        *self.words_numbers.entry(key).or_insert_with(|| {
            self.words.push((announced, directory));
            (self.words.len() - 1) as u16
        })
    }
}

/// Everything that a right rests on, with its bit.
fn terms() -> impl Iterator<Item = (u32, Term, Home)> {
    let all = Term::ALL.into_iter().flat_map(|term| Home::BOTH.map(|home| (term, home)));
    (0..).zip(all).map(|(bit, (term, home))| (bit, term, home))
}

impl Known {
    /// Whether this of a right has not ended yet.
    pub(crate) fn has_term(&self, term: Term, home: Home) -> bool {
        self.terms & (1 << (term as u32 * 2 + home as u32)) != 0
    }

    /// Whether this timer, one of [`TIMERS`], runs.
    pub(crate) fn runs(&self, timer: Clock) -> bool {
        TIMERS.iter().position(|known| *known == timer).is_some_and(|bit| self.timers & (1 << bit) != 0)
    }

    /// Whether the node is up and fit to serve users.
    pub fn is_fit(&self) -> bool {
        self.up && self.started && !self.unhealthy && !self.leaving
    }
}
