//! One entry after the other: what must have happened for a node to write this down.

use locum_core::{Command, Reason, State, table, table::On};
use locum_node::api::Event;
use locum_sim::{
    Node, UserMoves,
    history::{Guarded, Happening, What},
};
use serde_json::Value;

use super::{Journal, Seen, guess::Timers, happening, transition_of};
use crate::render::duration;

/// What has been concluded so far.
pub(super) struct Conclusions<'a> {
    entries: Vec<(Node, u64, &'a Event)>,
    timers: &'a Timers,
    services: &'a [Guarded],
    names: &'a [String; 2],
    has_journal: [bool; 2],
    running: [bool; 2],
    failing: [Vec<u16>; 2],
    /// When the stream to this node closed.
    closed_ms: [Option<u64>; 2],
    /// When a node's journal was last written to.
    written_ms: [u64; 2],
    changed_ms: [u64; 2],
    /// When a node was last given a command.
    commanded_ms: [Option<u64>; 2],
    /// When high availability was last switched on.
    switched_on_ms: Option<u64>,
    parted: bool,
    revision: u64,
    pub(super) happenings: Vec<Happening>,
    pub(super) inferred: Vec<String>,
    pub(super) seen: Vec<Seen>,
    pub(super) ends_ms: u64,
}

impl<'a> Conclusions<'a> {
    pub(super) fn new(
        journals: &'a [Journal],
        timers: &'a Timers,
        services: &'a [Guarded],
        names: &'a [String; 2],
    ) -> Conclusions<'a> {
        let begun = |journal: &Journal| journal.events.first().is_some_and(is_start);
        let has_journal = [true, journals.len() > 1];
        let begins = [begun(&journals[0]), journals.get(1).is_some_and(begun)];
        let first_ms = journals.iter().filter_map(|journal| journal.events.first()).map(|event| event.at_unix_ms).min();
        let offset_ms = first_ms.unwrap_or(0);
        // Where all begins with the start of a node whose users nobody covered, the other one started with it.
        let together = Node::BOTH.into_iter().zip(journals).find_map(|(node, journal)| {
            let first = journal.events.first().filter(|first| is_start(first) && first.at_unix_ms == offset_ms);
            first.filter(|_| begins != [true; 2] && !was_covered(journal)).map(|_| node)
        });
        // Who runs already when the journals begin gets the time to find its place first.
        let lead_ms = if begins == [true; 2] || together.is_some() { 0 } else { lead_ms(timers) };
        let nodes = Node::BOTH.into_iter().zip(journals);
        let mut entries: Vec<(Node, u64, &Event)> = nodes
            .flat_map(|(node, journal)| journal.events.iter().map(move |event| (node, event)))
            .map(|(node, event)| (node, event.at_unix_ms.saturating_sub(offset_ms) + lead_ms, event))
            .collect();
        entries.sort_by_key(|(_, at_ms, event)| (*at_ms, event.sequence));
        let ends_ms = entries.last().map_or(0, |(_, at_ms, _)| *at_ms) + lead_ms_after(timers);
        let mut conclusions = Conclusions {
            entries,
            timers,
            services,
            names,
            has_journal,
            running: [false; 2],
            failing: [Vec::new(), Vec::new()],
            closed_ms: [None; 2],
            written_ms: [0; 2],
            changed_ms: [0; 2],
            commanded_ms: [None; 2],
            switched_on_ms: None,
            parted: false,
            revision: 0,
            happenings: Vec::new(),
            inferred: Vec::new(),
            seen: Vec::new(),
            ends_ms,
        };
        for node in Node::BOTH.into_iter().filter(|node| !begins[*node as usize]) {
            conclusions.happen(0, What::Start { node });
            let name = conclusions.name(node).to_owned();
            conclusions.inferred.push(match has_journal[node as usize] {
                _ if together.is_some() => {
                    format!("{name} is taken to have started together with {}.", names[node.peer() as usize])
                }
                true => format!("{name} ran before its journal begins, and was Normal."),
                false => format!("{name} was there from the beginning, and well: there is no journal of it."),
            });
        }
        if has_journal == [true; 2] {
            let clocks = "The clocks of both hosts are taken to agree: what the journals say is put in order by them.";
            conclusions.inferred.push(clocks.into());
        }
        conclusions
    }

    pub(super) fn draw(&mut self) {
        for (node, at_ms, event) in self.entries.clone() {
            match &*event.kind {
                "transition" => self.transition(node, at_ms, event),
                "daemon" if is_start(event) => self.started(node, at_ms),
                "daemon" if event.text == "The daemon stops." => self.stopped(node, at_ms),
                "service" => self.service(node, at_ms, &event.fields),
                "stall" => self.stall(node, at_ms, &event.fields),
                "users" => self.users(node, at_ms, &event.fields),
                "policy" => self.happen(self.changed_ms[node as usize].saturating_sub(1), What::PolicyTraps { node }),
                _ if event.fields.get("stream").is_some() => self.stream(node.peer(), at_ms, &event.fields["stream"]),
                _ if event.text.starts_with("The transport failed") => {
                    self.happen(at_ms, What::TransportTraps { node })
                }
                _ => {}
            }
            self.written_ms[node as usize] = at_ms;
        }
    }

    fn name(&self, node: Node) -> &str {
        &self.names[node as usize]
    }

    /// Something happened, and what it does to whether daemons run.
    fn happen(&mut self, at_ms: u64, what: What) {
        let node = what.node() as usize;
        match what {
            What::Start { .. } => self.running[node] = true,
            What::Kill { .. } | What::Reboot { .. } | What::Goodbye { .. } => self.running[node] = false,
            _ => {}
        }
        self.happenings.push(happening(at_ms, what));
    }

    /// Something is concluded, and told.
    fn conclude(&mut self, at_ms: u64, what: What, because: &str) {
        let text = what.text([&self.names[0], &self.names[1]]);
        self.inferred.push(format!("{:.3} s: {text} {because}", at_ms as f64 / 1000.0));
        self.happen(at_ms, what);
    }

    fn started(&mut self, node: Node, at_ms: u64) {
        if self.running[node as usize] {
            let died_ms = self.written_ms[node as usize].max(at_ms.saturating_sub(100));
            self.conclude(died_ms, What::Kill { node }, "Its daemon starts again, and nothing says when it ended.");
        }
        self.happen(at_ms, What::Start { node });
    }

    fn stopped(&mut self, node: Node, at_ms: u64) {
        if self.running[node as usize] {
            self.conclude(at_ms, What::Kill { node }, "Its daemon stopped, and its peer heard of no goodbye.");
        }
    }

    fn service(&mut self, node: Node, at_ms: u64, fields: &Value) {
        let Some(service) = self.service_of(fields, "service") else { return };
        match fields["health"].as_str() {
            Some("down") => self.fails(node, at_ms, service),
            Some("up") => self.mends(node, at_ms, service),
            Some("unknown") => self.happen(at_ms, What::ProbeUnknown { node, service }),
            _ => {}
        }
    }

    fn fails(&mut self, node: Node, at_ms: u64, service: u16) {
        if !self.failing[node as usize].contains(&service) {
            self.failing[node as usize].push(service);
            self.happen(at_ms, What::ServiceFails { node, service });
        }
    }

    fn mends(&mut self, node: Node, at_ms: u64, service: u16) {
        let failing = &mut self.failing[node as usize];
        if let Some(place) = failing.iter().position(|failing| *failing == service) {
            failing.swap_remove(place);
            self.happen(at_ms, What::ServiceMends { node, service });
        }
    }

    fn service_of(&self, fields: &Value, key: &str) -> Option<u16> {
        let name = fields.get(key)?.as_str()?;
        let place = self.services.iter().position(|service| service.name == name)?;
        u16::try_from(place).ok()
    }

    fn stall(&mut self, node: Node, at_ms: u64, fields: &Value) {
        let late_ms = fields["late_ms"].as_u64().unwrap_or(0);
        self.conclude(at_ms.saturating_sub(late_ms), What::Freeze { node }, "It says itself that it was late.");
        self.happen(at_ms, What::Thaw { node });
    }

    fn users(&mut self, node: Node, at_ms: u64, fields: &Value) {
        let number = |key: &str| fields.get(key).and_then(Value::as_u64);
        let (Some(revision), Some(changed)) = (number("revision"), number("changed")) else { return };
        // The users that were there from the beginning came in the same way.
        if revision > self.revision && self.revision > 0 && changed > 0 {
            self.happen(at_ms, What::AddUsers { node, count: u32::try_from(changed).unwrap_or(u32::MAX) });
        }
        self.revision = self.revision.max(revision);
    }

    /// The stream to this node opens or closes.
    fn stream(&mut self, peer: Node, at_ms: u64, stream: &Value) {
        match stream.as_str() {
            Some("closed") => self.closed_ms[peer as usize] = Some(at_ms),
            Some("open") => self.back(peer, at_ms, "The stream to it opens."),
            _ => {}
        }
    }

    /// A node is heard again.
    fn back(&mut self, node: Node, at_ms: u64, because: &str) {
        if self.parted {
            self.parted = false;
            for node in Node::BOTH {
                self.conclude(at_ms.saturating_sub(2), What::Heal { node, link: None }, because);
            }
        } else if !self.running[node as usize] && !self.has_journal[node as usize] {
            self.conclude(at_ms.saturating_sub(2), What::Start { node }, because);
        }
    }

    fn transition(&mut self, node: Node, at_ms: u64, event: &Event) {
        let Some(to) = transition_of(event) else { return };
        let fields = &event.fields;
        self.seen.push(Seen { node, at_ms, to });
        let trigger = fields["trigger"].as_str().unwrap_or_default();
        if let Some(service) = self.service_of(fields, "failing_service") {
            let since_ms = match to.1 {
                // It did not work when it was started, which the change before this one did.
                Reason::StartOfCriticalServicesFailed => self.changed_ms[node as usize].saturating_sub(1),
                _ => at_ms.saturating_sub(fields["down_ms"].as_u64().unwrap_or(0)),
            };
            self.fails(node, since_ms, service);
        }
        if trigger == "Heartbeat" && fields["from"]["state"] == State::Unknown.name() {
            self.switched_on(node, at_ms);
        }
        if trigger == "Heartbeat" {
            self.heard(node.peer(), at_ms, to, fields);
        }
        // What a command sets going may be several changes, at the same moment.
        if trigger == "Command" && self.commanded_ms[node as usize].replace(at_ms) != Some(at_ms) {
            match asked(fields, to.0) {
                Some(command) => self.happen(at_ms, What::Command { node, command }),
                None => self.inferred.push(format!("A command to {} is not known here.", self.name(node))),
            }
        }
        match to.1 {
            Reason::TakeOverUsersFailed | Reason::TakeBackUsersFailed if trigger == "UsersMoved" => {
                let since_ms = self.changed_ms[node as usize].saturating_sub(1);
                let until_ms = at_ms + 2 * self.timers.parameters.keep_alive_interval_ms;
                self.conclude(since_ms, What::Moves { node, moves: UserMoves::Fail }, "The move did.");
                self.happen(until_ms, What::Moves { node, moves: UserMoves::Succeed });
            }
            Reason::PeerDown if to.0 == State::TakingOver => self.lost(node, at_ms, trigger, fields),
            Reason::PeerReboot if to.0 == State::TakingOver => self.left(node.peer(), at_ms, fields),
            Reason::PeerDownDuringInitialization if self.running[node.peer() as usize] => {
                let because = "It was not heard when the other one started.";
                self.conclude(self.changed_ms[node as usize], What::Kill { node: node.peer() }, because);
            }
            _ => {}
        }
        self.changed_ms[node as usize] = at_ms;
    }

    /// High availability is on again: it is once both nodes have heard of the command, which one of them was given.
    fn switched_on(&mut self, node: Node, at_ms: u64) {
        let timeout_ms = self.timers.parameters.keep_alive_timeout_ms;
        if self.switched_on_ms.is_none_or(|since_ms| at_ms > since_ms + timeout_ms) {
            let on = What::Command { node, command: Command::HighAvailabilityOn };
            self.conclude(at_ms.saturating_sub(2), on, "Both nodes had it on from then.");
            self.switched_on_ms = Some(at_ms);
        }
    }

    /// A node took its peer for dead.
    fn lost(&mut self, node: Node, at_ms: u64, trigger: &str, fields: &Value) {
        let peer = node.peer();
        if !self.running[peer as usize] || self.parted {
            return;
        }
        let silent_ms = fields["peer_silent_ms"].as_u64().unwrap_or(0);
        if trigger == "PeerLoss" {
            let closed_ms = self.closed_ms[peer as usize].filter(|closed_ms| at_ms - closed_ms.min(&at_ms) < 1_000);
            let told_ms = closed_ms.unwrap_or(at_ms).max(1);
            self.conclude(told_ms - 1, What::Kill { node: peer }, "The kernel told so.");
            return self.happen(told_ms, What::KernelTells { node: peer });
        }
        let since_ms = at_ms.saturating_sub(silent_ms) + 1;
        let heard = format!("{} heard nothing for {}.", self.name(node), duration(silent_ms));
        match self.fate(peer, since_ms, at_ms) {
            // That it stalled it writes down itself.
            Fate::Stalled => {}
            Fate::Died => {
                let because = format!("{heard} A cut cable looks the same.");
                self.conclude(since_ms, What::Kill { node: peer }, &because);
            }
            Fate::LivedOn => {
                for node in Node::BOTH {
                    let because = format!("{heard} The other one went on writing its journal: the links were cut.");
                    self.conclude(since_ms, What::Cut { node, link: None }, &because);
                }
                self.parted = true;
            }
        }
    }

    /// What became of a node that was not heard from `since_ms` to `at_ms`, as its next entry tells.
    fn fate(&self, node: Node, since_ms: u64, at_ms: u64) -> Fate {
        let margin_ms = self.timers.parameters.keep_alive_interval_ms;
        let later = self.entries.iter().filter(|(of, when_ms, _)| *of == node && *when_ms > since_ms + margin_ms);
        let Some((_, when_ms, next)) = later.into_iter().next() else { return Fate::Died };
        let late_ms = next.fields.get("late_ms").and_then(Value::as_u64).unwrap_or(0);
        if next.kind == "stall" && when_ms.saturating_sub(late_ms) <= at_ms {
            Fate::Stalled
        } else if is_start(next) {
            Fate::Died
        } else {
            Fate::LivedOn
        }
    }

    /// A node said goodbye, or its host has booted.
    fn left(&mut self, node: Node, at_ms: u64, fields: &Value) {
        if !self.running[node as usize] {
            return;
        }
        if fields["peer"]["state"].as_str() == Some(State::Initializing.name()) {
            self.conclude(at_ms.saturating_sub(200), What::Reboot { node }, "It was heard after a boot.");
            self.happen(at_ms.saturating_sub(2), What::Start { node });
        } else {
            self.conclude(at_ms.saturating_sub(2), What::Goodbye { node }, "It said so to its peer.");
        }
    }

    /// A node has heard something of its peer that made it act: where there is no journal of the peer, that is all that
    /// is known of it.
    fn heard(&mut self, peer: Node, at_ms: u64, to: (State, Reason), fields: &Value) {
        self.back(peer, at_ms, "It is heard again.");
        if self.has_journal[peer as usize] {
            return;
        }
        let before_ms = at_ms.saturating_sub(2);
        let delay_ms = self.timers.parameters.critical_service_delay_ms;
        match to {
            (State::TakingOver, Reason::OnAdminRequest) => {
                let failover = What::Command { node: peer, command: Command::Failover };
                self.conclude(before_ms, failover, "It said so to its peer.");
            }
            (State::FallingBack, Reason::OnAdminRequest) => {
                for service in self.failing[peer as usize].clone() {
                    self.mends(peer, at_ms.saturating_sub(500), service);
                }
                let fallback = What::Command { node: peer, command: Command::Fallback };
                self.conclude(before_ms, fallback, "It said so to its peer.");
            }
            (State::TakingOver, Reason::CriticalServiceDown | Reason::DatabaseFailure)
                if fields["failing_service"].is_null() =>
            {
                let database = to.1 == Reason::DatabaseFailure;
                let place = self.services.iter().position(|service| service.database == database);
                let service = place.and_then(|place| u16::try_from(place).ok()).unwrap_or(0);
                self.inferred
                    .push(format!("A critical service of {} failed; which one is not known.", self.name(peer)));
                self.fails(peer, at_ms.saturating_sub(delay_ms), service);
            }
            _ => {}
        }
    }
}

/// The command that made a node change its state: as the row says, or else by where that leads.
fn asked(fields: &Value, to: State) -> Option<Command> {
    let row = table::ROWS.iter().find(|row| Some(row.id) == fields["row"].as_str());
    if let Some(On::Asked(command)) = row.map(|row| row.on) {
        return Some(command);
    }
    let from = fields["from"]["state"].as_str().and_then(State::from_name)?;
    match (from, to) {
        (_, State::Unknown) => Some(Command::HighAvailabilityOff),
        (State::Unknown, _) => Some(Command::HighAvailabilityOn),
        (State::RunningInFailedMode, _) => Some(Command::Recover),
        (_, State::FailingOver) => Some(Command::Failover),
        (_, State::TakingBack) => Some(Command::Fallback),
        (State::Idle, _) => Some(Command::ForceTakeOver),
        _ => None,
    }
}

/// What becomes of a node that is not heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It died, as far as anybody knows.
    Died,
    /// It ran, and was cut off.
    LivedOn,
    /// It stood still.
    Stalled,
}

fn is_start(event: &Event) -> bool {
    event.kind == "daemon" && event.text.ends_with(" has started.")
}

/// Whether a node that started found its users covered by its peer.
fn was_covered(journal: &Journal) -> bool {
    journal.events.iter().find_map(transition_of).is_some_and(|(state, _)| state == State::FailedOver)
}

/// How long nodes that start get to find their place, in milliseconds.
fn lead_ms(timers: &Timers) -> u64 {
    timers.parameters.initialization_keep_alive_timeout_ms + 10 * timers.parameters.keep_alive_interval_ms
}

/// For how long a history goes on after the last that is known, in milliseconds.
fn lead_ms_after(timers: &Timers) -> u64 {
    2 * timers.parameters.keep_alive_timeout_ms
}
