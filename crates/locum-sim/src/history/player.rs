//! Playing a history.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use locum_config::Faults;
use locum_store::NewUser;

use super::{History, Trace, What, user_name};
use crate::log::Logged;
use crate::network::{LINKS, Weather};
use crate::node::Node;
use crate::pair::Pair;
use crate::parts::Parts;
use crate::policy::promise_of;

thread_local! {
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread would be caught now, and stand in a trace: nobody else needs to tell of it.
pub fn is_caught() -> bool {
    CAUGHT.get()
}

/// What comes of a history with these parts. Something that must never happen, in a part or between them, ends it and
/// stands in the trace.
///
/// # Errors
/// Its parameters are none.
pub fn play(history: &History, parts: Parts) -> Result<Trace, Faults> {
    let mut player = Player::new(history, parts)?;
    player.guarded(|player| {
        for happening in &history.happenings {
            player.wait_until(happening.at_ms);
            player.perform(&happening.what);
        }
        player.wait_until(history.ends_ms());
    });
    Ok(player.trace())
}

/// A pair to which things happen.
pub struct Player {
    pair: Pair,
    users: u32,
    is_broken: bool,
}

impl Player {
    /// The pair of a history, to which nothing has happened yet: neither node runs.
    ///
    /// # Errors
    /// Its parameters are none.
    pub fn new(history: &History, parts: Parts) -> Result<Player, Faults> {
        let parameters = history.parameters()?;
        let pair = Pair::with_services(parts, &parameters, &history.guarded()).with_seed(history.seed);
        let users = history.first_users(promise_of(&parameters));
        let mut pair = pair.with_users(users).expect("these users have good names");
        for (service, guarded) in (0..).zip(&history.services) {
            Node::BOTH.into_iter().for_each(|node| pair.set_pace(node, service, guarded.start_ms, guarded.probe_ms));
        }
        Ok(Player { pair, users: history.users, is_broken: false })
    }

    /// The pair as it is now.
    pub fn pair(&mut self) -> &mut Pair {
        &mut self.pair
    }

    /// Lets virtual time pass until so many milliseconds after the beginning.
    pub fn wait_until(&mut self, at_ms: u64) {
        self.pair.advance(at_ms.saturating_sub(self.pair.passed_ms()));
    }

    /// Does something that ends, and stands in the trace, where a part panics or a rule of the pair is broken.
    pub fn guarded(&mut self, act: impl FnOnce(&mut Player)) {
        let before = CAUGHT.replace(true);
        let done = catch_unwind(AssertUnwindSafe(|| act(self)));
        CAUGHT.set(before);
        if let Err(panic) = done {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let what = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_owned();
            self.pair.note(Logged::Broken { what });
            self.is_broken = true;
        }
    }

    /// Whether something has happened that must never happen: the pair is good for nothing any more.
    pub fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Something happens now.
    pub fn perform(&mut self, what: &What) {
        let pair = &mut self.pair;
        pair.note(Logged::Happened(what.clone()));
        let on = |link: &Option<u32>| link.map_or(0..LINKS, |link| link..link + 1);
        match *what {
            What::Start { node } => pair.start(node),
            What::Kill { node } | What::MachineTraps { node } => pair.kill(node),
            What::Reboot { node } => pair.reboot(node),
            What::Goodbye { node } => pair.say_goodbye(node),
            What::LoseDisk { node } => pair.lose_disk(node),
            What::Disk { node, disk } => pair.set_disk(node, disk),
            What::ServiceFails { node, service } => pair.set_service(node, service, false),
            What::ServiceMends { node, service } => pair.set_service(node, service, true),
            What::ServicePace { node, service, start_ms, probe_ms } => pair.set_pace(node, service, start_ms, probe_ms),
            What::ProbeUnknown { node, service } => pair.probe_unknown(node, service),
            What::Moves { node, moves } => pair.set_moves(node, moves),
            What::Freeze { node } => pair.set_frozen(node, true),
            What::Thaw { node } => pair.set_frozen(node, false),
            What::ClockJump { node, by_ms } => pair.leap(node, by_ms),
            What::Cut { node, ref link } => on(link).for_each(|link| pair.set_weather(node, link, Weather::Cut)),
            What::Heal { node, ref link } => on(link).for_each(|link| pair.set_weather(node, link, Weather::Fair)),
            What::Weather { node, ref link, rough } => {
                on(link).for_each(|link| pair.set_weather(node, link, Weather::Rough(rough)));
            }
            What::TransportTraps { node } => pair.renew_transport(node),
            What::PolicyTraps { node } => pair.trap_policy(node),
            What::KernelTells { node } if !pair.is_running(node) => pair.kernel_tells(node),
            What::KernelTells { .. } => {}
            What::AddUsers { node, count } => self.add_users(node, count),
            What::Command { node, command } => {
                let answer = pair.command(node, command);
                pair.note(Logged::Answered { node, command, answer });
            }
        }
    }

    fn add_users(&mut self, node: Node, count: u32) {
        let users = (self.users..self.users + count).map(|number| NewUser::new(user_name(number)));
        match self.pair.add_users(node, users) {
            Ok(()) => {
                self.users += count;
                self.pair.note(Logged::UsersAdded { node, count });
            }
            Err(refusal) => self.pair.note(Logged::UsersRefused { node, why: refusal.to_string() }),
        }
    }

    /// How many users there are, if nobody has been lost.
    pub fn users(&self) -> u32 {
        self.users
    }

    /// What has come of it so far.
    pub fn trace(mut self) -> Trace {
        let broken = self.is_broken;
        let pair = &mut self.pair;
        Trace {
            lasted_ms: pair.passed_ms(),
            twice_ms: Node::BOTH.map(|home| pair.served_twice_ms(home)),
            inputs: pair.inputs(),
            // A part that has panicked is not asked again.
            ends: Node::BOTH.map(|node| if broken { None } else { pair.state(node) }),
            directories: Node::BOTH.map(|node| {
                let directory = pair.directory(node);
                (directory.len() as u64, directory.revision(), directory.digest().prefix())
            }),
            entries: pair.take_log(),
        }
    }
}
