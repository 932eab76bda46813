//! What may happen next to a joint state, and what comes of it.

use locum_core::{Clock, Command, Echoes, Health, News, Partition, State};

use crate::action::Action;
use crate::config::{Config, Scope};
use crate::joint::{Flight, Gap, Joint};
use crate::node::{Known, USERS};
use crate::steps::{Push, Steps};
use crate::{Kind, Side};

/// A joint state that comes of an action.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Next {
    pub(crate) action: Action,
    pub(crate) joint: Joint,
    /// The violation that the step on the way is, by its number plus one.
    pub(crate) violation: u32,
    /// A node fell back by itself.
    pub(crate) falls_back: bool,
    /// What is sent on the way crowds out a message, for which there would be room in [`Scope::FULL`].
    pub(crate) crowds_out: bool,
}

impl Next {
    /// What happens, in the words of [`Scope::FULL`]: what is crowded out gets lost there.
    pub(crate) fn spelt_out(&self) -> impl Iterator<Item = Action> {
        let lost = Action::GetsLost(self.action.side().peer(), 0);
        [self.action].into_iter().chain(self.crowds_out.then_some(lost))
    }
}

/// The rules of what may happen.
pub(crate) struct Moves<'a> {
    pub(crate) config: &'a Config,
    pub(crate) steps: Steps<'a>,
}

/// Services by their places.
const SERVICES: [u16; 2] = [0, 1];

impl Moves<'_> {
    /// Two hosts that are up and share their users, with daemons that have never run.
    pub(crate) fn first(&mut self) -> Joint {
        let disk = crate::node::Disk { memory: None, directory: USERS, booted: false };
        let form = self.steps.forms.number(crate::node::Form::Down(disk));
        Joint::new([form; 2])
    }

    pub(crate) fn known(&self, joint: &Joint, side: Side) -> &Known {
        self.steps.forms.known(joint.forms[side.place()])
    }

    /// Everything that may happen, with what comes of it. What changes nothing is left out.
    pub(crate) fn next(&mut self, joint: &Joint, found: &mut Vec<Next>) {
        found.clear();
        for side in Side::BOTH {
            self.next_of(joint, side, found);
        }
    }

    fn next_of(&mut self, joint: &Joint, side: Side, found: &mut Vec<Next>) {
        let config = self.config;
        let scope = config.scope;
        let known = *self.known(joint, side);
        let peer = *self.known(joint, side.peer());
        let (world, peer_world) = (joint.worlds[side.place()], joint.worlds[side.peer().place()]);
        let services = config.databases.len();
        let rights = self.rights(joint, side);
        let mut offer = |action| {
            if let Some(next) = self.act(joint, action)
                && next.joint != *joint
            {
                found.push(next);
            }
        };
        if scope.cuts {
            let lane = joint.lanes[side.place()];
            offer(if lane.cut { Action::Mend(side) } else { Action::Cut(side) });
        }
        for service in SERVICES.into_iter().take(services) {
            let sound = world.sound[usize::from(service)];
            offer(if sound { Action::ServiceFails(side, service) } else { Action::ServiceMended(side, service) });
        }
        for place in 0..joint.lanes[side.peer().place()].under_way() {
            offer(Action::GetsLost(side, place as u8));
        }
        if !known.up {
            offer(Action::Start(side));
            if scope.hosts && !known.booted {
                offer(Action::Boot(side));
            }
            if scope.disks {
                offer(Action::LoseDisk(side));
            }
            return;
        }
        if scope.crashes {
            offer(Action::Crash(side));
        }
        if scope.hosts {
            offer(Action::HostDown(side));
        }
        if world.frozen {
            if !world.missed {
                offer(Action::Thaw(side));
                if known.runs(Clock::Stall) {
                    offer(Action::ThawLate(side));
                }
            }
            return offer(Action::ThawVeryLate(side));
        }
        if scope.stalls {
            offer(Action::Freeze(side));
        }
        for place in 0..joint.lanes[side.peer().place()].under_way() {
            offer(Action::Arrives(side, place as u8));
        }
        offer(Action::Beats(side));
        let unheard = !peer.up || world.gap != Gap::None || peer_world.frozen || joint.is_cut();
        if known.runs(Clock::Silence { deaf: true }) && unheard {
            offer(Action::Silence(side));
        }
        if config.parameters.fast_peer_loss && !peer.up && !peer.booted {
            offer(Action::KernelTells(side));
        }
        for service in SERVICES.into_iter().take(services) {
            let place = usize::from(service);
            if known.serves && known.seen[place] != Some(health(world.sound[place])) {
                offer(Action::Probes(side, service));
            }
            if scope.blind_probes && known.serves && known.seen[place] != Some(Health::Unknown) {
                offer(Action::ProbeUnknown(side, service));
            }
            if known.runs(Clock::Service(service)) {
                offer(Action::ServiceDelay(side, service));
            }
        }
        // Services that work come up before their time is over.
        if known.runs(Clock::Start) && world.sound.iter().take(services).any(|sound| !sound) {
            offer(Action::StartTimeout(side));
        }
        if known.runs(Clock::Fallback) {
            offer(Action::FallbackDue(side));
        }
        if known.runs(Clock::Goodbye) {
            offer(Action::GoodbyeTimeout(side));
        }
        if known.moving {
            offer(Action::UsersMoved(side));
            if scope.moves_fail {
                offer(Action::MoveFails(side));
            }
        }
        if config.parameters.partition != Partition::Available {
            rights.into_iter().for_each(&mut offer);
        }
        if !known.has_users && peer.up && peer.has_users && !joint.is_cut() {
            offer(Action::CatchesUp(side));
        }
        if scope.commands {
            // What an administrator vouches for is theirs to answer for.
            let vouches = |command: &Command| *command == Command::ForceTakeOver && known.apart;
            for command in Command::ALL.into_iter().filter(|command| !vouches(command)) {
                let switches = matches!(command, Command::HighAvailabilityOn | Command::HighAvailabilityOff);
                if !switches || known.switches.max(peer.switches) < scope.switches {
                    offer(Action::Asked(side, command));
                }
            }
        }
    }

    /// What comes of an action; `None` if it cannot happen.
    pub(crate) fn act(&mut self, joint: &Joint, action: Action) -> Option<Next> {
        let side = action.side();
        let (place, peer_place) = (side.place(), side.peer().place());
        let mut next = Next { action, joint: *joint, violation: 0, falls_back: false, crowds_out: false };
        let after = &mut next.joint;
        match action {
            Action::Cut(_) | Action::Mend(_) => {
                after.lanes[place].cut = matches!(action, Action::Cut(_));
                if after.lanes[place].cut {
                    after.split = true;
                    after.worlds.iter_mut().for_each(|world| world.gap = Gap::Cut);
                }
            }
            Action::ServiceFails(_, service) => after.worlds[place].sound[usize::from(service)] = false,
            Action::ServiceMended(_, service) => after.worlds[place].sound[usize::from(service)] = true,
            Action::GetsLost(_, flight) => after.to(side).lose(usize::from(flight)),
            Action::Boot(_) => after.forms[place] = self.steps.change(joint.forms[place], |disk| disk.booted = true),
            Action::LoseDisk(_) => {
                after.forms[place] = self.steps.change(joint.forms[place], |disk| {
                    (disk.memory, disk.directory) = (None, Default::default());
                });
            }
            Action::Crash(_) => self.end(after, side),
            Action::HostDown(_) => {
                self.end(after, side);
                after.forms[place] = self.steps.change(after.forms[place], |disk| disk.booted = true);
            }
            Action::Freeze(_) => after.worlds[place].frozen = true,
            Action::Thaw(_) => after.worlds[place].frozen = false,
            Action::Start(_) => {
                let since = if self.known(joint, side).booted { News::Boot } else { News::Incarnation };
                after.lanes[place].news = after.lanes[place].news.max(since);
                after.to(side).receiver_starts();
                after.worlds[place].gap = if joint.is_cut() { Gap::Cut } else { Gap::None };
                self.push(&mut next, side, Push::Start);
            }
            Action::ThawLate(_) => {
                (after.worlds[place].frozen, after.worlds[place].missed) = (false, false);
                self.push(&mut next, side, Push::Runs(Clock::Stall));
            }
            Action::ThawVeryLate(_) => {
                (after.worlds[place].frozen, after.worlds[place].missed) = (false, false);
                after.to(side).receiver_was_late();
                self.push(&mut next, side, Push::Runs(Clock::LongStall));
            }
            Action::Arrives(_, flight) => {
                let Flight { words, news, echoes } = after.to(side).arrive(usize::from(flight))?;
                let news = if self.known(joint, side).has_heard { news } else { News::Same };
                let peer_runs = self.known(joint, side.peer()).up && !joint.worlds[peer_place].frozen;
                if peer_runs && !joint.is_cut() {
                    after.worlds[place].gap = Gap::None;
                }
                self.push(&mut next, side, Push::Hears { words, news, echoes });
            }
            Action::Beats(_) => self.push(&mut next, side, Push::Runs(Clock::KeepAlive)),
            Action::Silence(_) => {
                let world = &mut after.worlds[peer_place];
                world.missed |= world.frozen;
                // Where only the other way is cut, heartbeats arrive and name nothing recent.
                let deaf = !joint.lanes[place].cut || joint.lanes[peer_place].cut;
                self.push(&mut next, side, Push::Runs(Clock::Silence { deaf }));
            }
            Action::KernelTells(_) => self.push(&mut next, side, Push::KernelTells),
            Action::Probes(_, service) => {
                let health = health(joint.worlds[place].sound[usize::from(service)]);
                self.push(&mut next, side, Push::Probe { service, health });
            }
            Action::ProbeUnknown(_, service) => {
                self.push(&mut next, side, Push::Probe { service, health: Health::Unknown });
            }
            Action::ServiceDelay(_, service) => self.push(&mut next, side, Push::Runs(Clock::Service(service))),
            Action::StartTimeout(_) => self.push(&mut next, side, Push::Runs(Clock::Start)),
            Action::FallbackDue(_) => self.push(&mut next, side, Push::Runs(Clock::Fallback)),
            Action::GoodbyeTimeout(_) => self.push(&mut next, side, Push::Runs(Clock::Goodbye)),
            Action::UsersMoved(_) => self.push(&mut next, side, Push::Moved(true)),
            Action::MoveFails(_) => self.push(&mut next, side, Push::Moved(false)),
            Action::CatchesUp(_) => self.push(&mut next, side, Push::HasUsers),
            Action::Asked(_, command) => self.push(&mut next, side, Push::Asked(command)),
            Action::RightEnds(_, term, home) => {
                self.end_term(after, side, term, home);
                self.push(&mut next, side, Push::Runs(Clock::Right(term, home)));
            }
            Action::AsksWitness(_) => self.push(&mut next, side, Push::Runs(Clock::Witness)),
            Action::WitnessDecides(_) => after.witness.decide(side, self.known(joint, side).asked?),
            Action::WitnessAnswers(_) => {
                let answer = after.witness.take(side)?;
                self.push(&mut next, side, Push::Witness(Some(answer)));
            }
            Action::WitnessFails(_) => {
                after.witness.answers[place] = None;
                self.push(&mut next, side, Push::Witness(None));
            }
        }
        self.tidy(&mut next.joint);
        Some(next)
    }

    /// A node gets a push, and says what it has to say.
    fn push(&mut self, next: &mut Next, side: Side, push: Push) {
        let place = side.place();
        let before = next.joint.forms[place];
        let outcome = self.steps.push(side, before, push);
        let joint = &mut next.joint;
        joint.forms[place] = outcome.form;
        next.violation = next.violation.max(outcome.violation);
        next.falls_back |= outcome.falls_back;
        if outcome.news {
            joint.to(side).receiver_changes();
            let lane = &mut joint.lanes[place];
            lane.news = lane.news.max(News::Version);
        }
        if outcome.sends {
            next.crowds_out |= self.send(joint, side);
        }
        if outcome.leaves {
            self.end(joint, side);
        }
    }

    /// What this node has to say goes on its way, unless it would tell its peer nothing. Returns whether that crowds out
    /// what [`Scope::FULL`] has room for.
    fn send(&mut self, joint: &mut Joint, side: Side) -> bool {
        let (place, peer) = (side.place(), side.peer());
        let own = *self.known(joint, side);
        let theirs = *self.known(joint, peer);
        if joint.lanes[place].cut || !theirs.up {
            return false;
        }
        let echoes = if own.has_heard { echoes_of(joint, side) } else { Echoes::Nothing };
        let echoes = match echoes {
            Echoes::Present if own.deaf => Echoes::PresentLongAgo,
            Echoes::Earlier if own.deaf => Echoes::Nothing,
            echoes => echoes,
        };
        let lane = &joint.lanes[place];
        let empty = lane.flights[0].is_none();
        let clears_nothing = joint.worlds[peer.place()].gap == Gap::None || joint.is_cut();
        if empty && clears_nothing {
            let news = if theirs.has_heard { lane.news } else { News::Same };
            let push = Push::Hears { words: own.words, news, echoes };
            let form = joint.forms[peer.place()];
            let told = self.steps.push(peer, form, push);
            if told.form == form && !told.sends && !told.news && news == News::Same {
                return false;
            }
        }
        let messages = self.config.scope.messages;
        joint.lanes[place].send(own.words, echoes, messages) && messages < Scope::FULL.messages
    }

    /// The daemon of this node ends.
    fn end(&mut self, joint: &mut Joint, side: Side) {
        let place = side.place();
        joint.forms[place] = self.steps.kill(joint.forms[place]);
        let world = &mut joint.worlds[place];
        (world.frozen, world.missed, world.gap) = (false, false, Gap::None);
        let gap = &mut joint.worlds[side.peer().place()].gap;
        *gap = (*gap).max(Gap::Died);
        joint.witness.forget(side);
    }

    /// What can make no difference any more is forgotten.
    fn tidy(&self, joint: &mut Joint) {
        for side in Side::BOTH {
            let known = self.known(joint, side);
            if !known.has_heard {
                let lane = joint.to(side);
                match &mut lane.flights[0] {
                    Some(first) => first.news = News::Same,
                    None => lane.news = News::Same,
                }
            }
            if !known.up {
                joint.worlds[side.place()].gap = Gap::None;
            }
        }
        if joint.split {
            joint.split = !self.is_over(joint);
        }
    }

    /// Whether nothing that came of a cut goes on: the links are mended, nothing is under way, and no node that runs is
    /// in a transition, or counts a peer silent that runs too.
    fn is_over(&self, joint: &Joint) -> bool {
        let [a, b] = Side::BOTH.map(|side| self.known(joint, side));
        let both = a.up && b.up;
        !joint.is_cut()
            && joint.lanes.iter().all(|lane| lane.flights[0].is_none())
            && joint.worlds.iter().all(|world| world.gap != Gap::Cut)
            && [a, b].into_iter().all(|known| !known.up || !(known.state.is_transition() || both && known.peer_silent))
            && !self.serves_twice(joint)
    }

    /// The nodes that serve the users at home with this one.
    pub(crate) fn servers(&self, joint: &Joint, home: Side) -> impl Iterator<Item = Side> {
        let serves = |side: Side| {
            let gate = self.known(joint, side).gate;
            let world = joint.worlds[side.place()];
            // What a paused node serves is ended by the fence when its right does.
            !(self.config.fence && world.frozen && world.missed) && if side == home { gate.own } else { gate.peer }
        };
        let serving = Side::BOTH.map(|side| serves(side).then_some(side));
        serving.into_iter().flatten()
    }

    /// Whether users of either home are served by both nodes.
    pub(crate) fn serves_twice(&self, joint: &Joint) -> bool {
        Side::BOTH.into_iter().any(|home| self.servers(joint, home).count() > 1)
    }

    /// Whether everything works: what is left is the pair's own affair.
    pub(crate) fn is_mended(&self, joint: &Joint) -> bool {
        let services = self.config.databases.len();
        !joint.is_cut()
            && Side::BOTH.into_iter().all(|side| self.known(joint, side).up)
            && joint.worlds.iter().all(|world| !world.frozen && world.sound.iter().take(services).all(|sound| *sound))
    }

    /// Whether `status` recommends this command to an administrator.
    pub(crate) fn recommends(&self, joint: &Joint, side: Side, command: Command) -> bool {
        use locum_core::Advice;
        let [own, peer] = [side, side.peer()].map(|side| {
            let known = self.known(joint, side);
            known.up.then_some((known.state, known.reason))
        });
        let Some(own) = own else { return false };
        match locum_core::advise(own, peer) {
            Advice::FallBackHere | Advice::RepairHere => command == Command::Fallback,
            Advice::ForceHere => command == Command::ForceTakeOver,
            Advice::Recover | Advice::RecoverMove => command == Command::Recover,
            Advice::SwitchOn => command == Command::HighAvailabilityOn,
            _ => false,
        }
    }

    /// Everything that may be counted on, on the way back to Normal/Normal. Administrators do what `status` recommends,
    /// even where they do nothing else.
    pub(crate) fn next_back(&mut self, joint: &Joint, found: &mut Vec<Next>) {
        self.next(joint, found);
        found.retain(|next| self.is_way_back(joint, next.action));
        if self.config.scope.commands {
            return;
        }
        for side in Side::BOTH {
            for command in Command::ALL {
                if self.recommends(joint, side, command) && !joint.worlds[side.place()].frozen {
                    found.extend(self.act(joint, Action::Asked(side, command)).filter(|next| next.joint != *joint));
                }
            }
        }
    }

    /// Whether an action may be counted on, on the way back to Normal/Normal.
    pub(crate) fn is_way_back(&self, joint: &Joint, action: Action) -> bool {
        match action.kind() {
            Kind::Progress | Kind::Upkeep | Kind::Mending => true,
            Kind::Fault => false,
            Kind::Command => {
                matches!(action, Action::Asked(side, command) if self.recommends(joint, side, command))
            }
        }
    }

    /// Whether both nodes are Normal.
    pub(crate) fn is_normal(&self, joint: &Joint) -> bool {
        Side::BOTH.into_iter().all(|side| {
            let known = self.known(joint, side);
            known.up && known.state == State::Normal
        })
    }
}

/// What a node's heartbeat echoes of its peer, by what has changed there since the last that it heard.
fn echoes_of(joint: &Joint, side: Side) -> Echoes {
    let lane = &joint.lanes[side.peer().place()];
    let news = lane.flights.iter().flatten().map(|flight| flight.news).chain([lane.news]).max();
    match news.unwrap_or(News::Same) {
        News::Same => Echoes::Present,
        News::Version => Echoes::Earlier,
        News::Incarnation | News::Boot => Echoes::Nothing,
    }
}

fn health(sound: bool) -> Health {
    if sound { Health::Up } else { Health::Down }
}
