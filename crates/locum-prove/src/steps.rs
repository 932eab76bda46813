//! One node and one input: worked out once by the shipped state machine, and remembered.

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use locum_core::{
    Clock, Command, Core, Directory, Echoes, Effect, Health, Heartbeat, Input, LAW, Law, LeaseRecord, LeaseReply, News,
    Rank, Settings, Start,
};

use crate::config::Config;
use crate::invariants::Stepped;
use crate::node::{Disk, Form, Forms, TIMERS, USERS};
use crate::witness::{Answer, Compared, Told};
use crate::{Side, invariants};

/// What runs the state machine. All of it is timeless: it stands at [`Core::TIMELESS_MS`].
pub trait Machine {
    /// As [`Core::start`].
    fn start(&mut self, settings: Settings, start: Start) -> (Core, Vec<Effect>);
    /// As [`Core::handle_by_rows`].
    fn handle(&mut self, core: Core, input: Input) -> (Core, Vec<Effect>, Vec<&'static str>);
}

/// The state machine itself.
#[derive(Clone, Copy, Debug)]
pub struct Native {
    /// What it goes by: the law that ships, or one that a test has broken.
    pub law: Law,
}

impl Default for Native {
    fn default() -> Self {
        Self { law: LAW }
    }
}

impl Machine for Native {
    fn start(&mut self, settings: Settings, start: Start) -> (Core, Vec<Effect>) {
        Core::start_by(self.law, settings, start)
    }

    fn handle(&mut self, mut core: Core, input: Input) -> (Core, Vec<Effect>, Vec<&'static str>) {
        let (effects, rows) = core.handle_by(self.law, Core::TIMELESS_MS, input);
        (core, effects, rows)
    }
}

/// What may be done to one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Push {
    Start,
    Runs(Clock),
    Hears { words: u16, news: News, echoes: Echoes },
    Probe { service: u16, health: Health },
    Moved(bool),
    Asked(Command),
    KernelTells,
    HasUsers,
    Witness(Option<Answer>),
}

/// What comes of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// The form that the node takes.
    pub(crate) form: u32,
    /// Whether it announces something else from now on.
    pub(crate) news: bool,
    /// Whether it sends.
    pub(crate) sends: bool,
    /// Whether it leaves: its daemon ends.
    pub(crate) leaves: bool,
    /// The violation that this step is, by its number plus one.
    pub(crate) violation: u32,
    /// Whether the row `automatic-fallback` applied.
    pub(crate) falls_back: bool,
}

/// Everything worked out so far.
pub(crate) struct Steps<'a> {
    pub(crate) forms: Forms,
    machine: &'a mut dyn Machine,
    settings: [Settings; 2],
    outcomes: HashMap<u64, Outcome, RandomState>,
    down: HashMap<u32, u32, RandomState>,
    pub(crate) violations: Vec<(&'static str, String)>,
}

impl<'a> Steps<'a> {
    pub(crate) fn new(config: &Config, machine: &'a mut dyn Machine) -> Self {
        Self {
            forms: Forms::default(),
            machine,
            settings: Side::BOTH.map(|side| config.settings(side)),
            outcomes: HashMap::default(),
            down: HashMap::default(),
            violations: Vec::new(),
        }
    }

    /// How many steps have been worked out.
    pub(crate) fn len(&self) -> usize {
        self.outcomes.len()
    }

    /// What comes of this push.
    pub(crate) fn push(&mut self, side: Side, form: u32, push: Push) -> Outcome {
        // A form whose daemon does not run is the same for both nodes; one that runs knows which it is.
        let key = u64::from(form) << 32 | (side.place() as u64) << 31 | u64::from(code(push));
        if let Some(outcome) = self.outcomes.get(&key) {
            return *outcome;
        }
        let outcome = self.work_out(side, form, push);
        self.outcomes.insert(key, outcome);
        outcome
    }

    /// The form that a node takes when its daemon dies.
    pub(crate) fn kill(&mut self, form: u32) -> u32 {
        if let Some(down) = self.down.get(&form) {
            return *down;
        }
        let Form::Up(core) = self.forms.form(form) else { return form };
        let disk = Disk { memory: Some(core.memory().clone()), directory: core.announces().1, booted: false };
        let down = self.forms.number(Form::Down(disk));
        self.down.insert(form, down);
        down
    }

    /// The form that a node whose daemon does not run takes when this is done to its disk.
    pub(crate) fn change(&mut self, form: u32, change: impl FnOnce(&mut Disk)) -> u32 {
        let Form::Down(disk) = self.forms.form(form) else { return form };
        let mut disk = disk.clone();
        change(&mut disk);
        self.forms.number(Form::Down(disk))
    }

    fn work_out(&mut self, side: Side, form: u32, push: Push) -> Outcome {
        let before = self.forms.form(form).clone();
        let version = |core: &Core| core.version();
        let (core, effects, rows) = match (&before, push) {
            (Form::Down(disk), Push::Start) => {
                let memory = disk.memory.clone();
                let start = Start { now_ms: Core::TIMELESS_MS, boot_id: 16, incarnation_min: 0, memory };
                let (core, mut effects) = self.machine.start(self.settings[side.place()].clone(), start);
                let (core, more, rows) = self.machine.handle(core, Input::Directory(disk.directory));
                effects.extend(more);
                (core, effects, rows)
            }
            (Form::Up(core), push) => {
                let mut core = (**core).clone();
                let input = self.input(&mut core, push);
                self.handle(core, input)
            }
            (Form::Down(_), _) => unreachable!("nothing reaches a daemon that does not run"),
        };
        let stepped =
            Stepped { before: &before, push_epoch: epoch_of(push), after: &core, effects: &effects, rows: &rows };
        let violation = invariants::step(&stepped).map_or(0, |violation| {
            self.violations.push(violation);
            self.violations.len() as u32
        });
        let news = match &before {
            Form::Up(before) => version(&core) != version(before),
            Form::Down(_) => true,
        };
        let mut after = core;
        after.timeless();
        Outcome {
            form: self.forms.number(Form::Up(Box::new(after))),
            news,
            sends: effects.iter().any(|effect| matches!(effect, Effect::Send(_))),
            leaves: effects.contains(&Effect::Leave),
            violation,
            falls_back: rows.contains(&"automatic-fallback"),
        }
    }

    fn handle(&mut self, core: Core, input: Vec<Input>) -> (Core, Vec<Effect>, Vec<&'static str>) {
        input.into_iter().fold((core, Vec::new(), Vec::new()), |(core, mut effects, mut rows), input| {
            let (core, more, applied) = self.machine.handle(core, input);
            effects.extend(more);
            rows.extend(applied);
            (core, effects, rows)
        })
    }

    fn input(&self, core: &mut Core, push: Push) -> Vec<Input> {
        vec![match push {
            Push::Start => unreachable!("a daemon that runs does not start"),
            Push::Runs(clock) => Input::Timer { token: core.run_out(clock).expect("the timer runs") },
            Push::Hears { words, news, echoes } => {
                let (announced, directory) = self.forms.words(words).clone();
                Input::Heartbeat(heartbeat(core, announced, directory, news, echoes))
            }
            Push::Probe { service, health } => Input::Probe { service, run: core.run(), health },
            Push::Moved(moved) => Input::UsersMoved { token: core.moving().expect("users move"), moved },
            Push::Asked(command) => Input::Command { token: 0, command },
            Push::KernelTells => {
                use locum_core::PeerLoss::{PortRefused, StreamClosed};
                return vec![Input::PeerLoss(StreamClosed), Input::PeerLoss(PortRefused)];
            }
            Push::HasUsers => Input::Directory(USERS),
            Push::Witness(answer) => answered(core, answer),
        }]
    }
}

/// What the witness says, as the machine hears it. A record that has changed is a later one.
fn answered(core: &mut Core, answer: Option<Answer>) -> Input {
    let asked = core.asked().expect("the witness is asked");
    if answer.is_some_and(|answer| answer.late) {
        core.asked_long_ago();
    }
    let reply = |told: Told| LeaseReply {
        swapped: told.record == Compared::Swapped,
        record: LeaseRecord {
            revision: Core::COUNT + u64::from(told.record != Compared::Same),
            holder: told.holder.map(|side| if side == Side::A { Rank::First } else { Rank::Second }),
            epoch: Core::COUNT + PEER_AHEAD,
        },
    };
    Input::Witness { token: asked.token, leases: answer.map(|answer| answer.leases.map(reply)) }
}

/// A peer always knows of a later epoch: so the one that a takeover raises is seen to be above both.
fn heartbeat(
    core: &Core,
    announced: locum_core::Announced,
    directory: Directory,
    news: News,
    echoes: Echoes,
) -> Heartbeat {
    let heartbeat = core.heard(announced, directory, news, echoes);
    Heartbeat { epoch: heartbeat.epoch + PEER_AHEAD, ..heartbeat }
}

/// By how much the epoch of the peer is ahead.
const PEER_AHEAD: u64 = 1;

fn epoch_of(push: Push) -> u64 {
    match push {
        Push::Hears { .. } | Push::Witness(Some(_)) => PEER_AHEAD,
        _ => 0,
    }
}

/// A number for each push; they are all different.
fn code(push: Push) -> u32 {
    let (kind, rest) = match push {
        Push::Start => (0, 0),
        Push::Runs(clock) => (1, clock_code(clock)),
        Push::Hears { words, news, echoes } => (2, u32::from(words) << 4 | (news as u32) << 2 | echoes as u32),
        Push::Probe { service, health } => (3, u32::from(service) << 2 | health as u32),
        Push::Moved(moved) => (4, u32::from(moved)),
        Push::Asked(command) => (5, command as u32),
        Push::KernelTells => (6, 0),
        Push::HasUsers => (7, 0),
        Push::Witness(None) => (8, 0),
        Push::Witness(Some(Answer { leases, late })) => {
            let told = |Told { holder, record, outdated: _ }: Told| {
                holder.map_or(0, |side| side as u32 + 1) << 2 | record as u32
            };
            (8, 1 << 9 | u32::from(late) << 8 | told(leases[0]) << 4 | told(leases[1]))
        }
    };
    kind << 27 | rest
}

fn clock_code(clock: Clock) -> u32 {
    let timers = TIMERS.iter().position(|timer| *timer == clock);
    timers.map_or_else(
        || match clock {
            Clock::KeepAlive => 16,
            Clock::LongStall => 18,
            Clock::Witness => 20,
            Clock::Right(term, home) => 32 + (term as u32) * 2 + home as u32,
            _ => 19,
        },
        |place| place as u32,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_pushes_have_one_number() {
        let clocks = TIMERS.into_iter().chain([Clock::KeepAlive, Clock::LongStall, Clock::Silence { deaf: false }]);
        let pushes = clocks.map(Push::Runs).chain(Command::ALL.into_iter().map(Push::Asked)).chain([
            Push::Start,
            Push::Moved(false),
            Push::Moved(true),
            Push::KernelTells,
            Push::HasUsers,
            Push::Witness(None),
            Push::Runs(Clock::Witness),
            Push::Runs(Clock::Right(locum_core::Term::Watched, locum_core::Home::Peers)),
            Push::Hears { words: 1, news: News::Same, echoes: Echoes::Nothing },
            Push::Hears { words: 0, news: News::Boot, echoes: Echoes::PresentLongAgo },
            Push::Probe { service: 1, health: Health::Up },
            Push::Probe { service: 0, health: Health::Down },
        ]);
        let mut codes: Vec<_> = pushes.map(code).collect();
        let all = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all);
    }
}
