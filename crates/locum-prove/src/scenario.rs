//! A counterexample as a scenario, in the words of `features/`.

use std::fmt::Write as _;

use locum_core::{Parameters, Reason, State};

use crate::action::{Action, Kind, Side};
use crate::counterexample::{Impossible, Sight, StepsFile};
use crate::invariants;
use crate::steps::Machine;

/// How long the services of a node may take to start in the scenarios, in milliseconds.
const START_TIMEOUT_MS: u64 = 200_000;
/// How wide the text around the steps is, in characters.
const WIDTH: usize = 110;
/// What the scenario does not promise.
const HEAD: &str = "The steps below follow the way that was found, with a as node 1 and b as node 2. Which heartbeat arrives \
                    when is left to what plays them, and either node may be the first by name: where the fault needs more \
                    than that, the last steps fail.";
/// The rules about pairs in which nothing changes by itself.
const RESTING: [&str; 3] = ["served-once", "nobody-serves", "transitions-end"];
/// Why no daemon plays it.
const TAG: &str = "@simulated:timers-that-run-out-to-the-moment-need-a-clock-that-stands-still";

/// The way to a violation as a feature with one scenario, that ends with what was found.
///
/// # Errors
/// The first step that cannot happen.
pub fn scenario(file: &StepsFile, machine: &mut dyn Machine) -> Result<String, Impossible> {
    let sights = file.walk(machine)?;
    let mut teller = Teller { file, sights: &sights, told: Vec::new(), booted: [false; 2], cut: [false; 2] };
    let begin = match normal(&sights) {
        Some(place) => place,
        None => {
            teller.remark("The way begins with daemons that have never run. These have.");
            Side::BOTH.into_iter().for_each(|side| teller.step(format!("the daemon of {} dies", node(side))));
            0
        }
    };
    Side::BOTH.into_iter().for_each(|side| teller.foretell_move(side, begin, true));
    (begin..file.steps.len()).for_each(|place| teller.tell(place));
    if RESTING.contains(&&*file.invariant) {
        teller.step("the pair comes to rest".to_owned());
    }
    let rule = invariants::ALL.into_iter().find(|invariant| invariant.name == file.invariant);
    let mut text = String::new();
    if let Some(rule) = rule {
        text += &wrapped("# ", &format!("The rule: {} ({})", rule.says, rule.cites));
    }
    text += &wrapped("# ", &format!("What `locum prove` found: {}.", file.what));
    text += &wrapped("# ", HEAD);
    _ = writeln!(text, "Feature: A way to break the rule {}\n\n  {TAG}\n  Scenario: As it was found", file.invariant);
    _ = writeln!(text, "    Given {}", given(file));
    let mut keyword = "When";
    for line in teller.told {
        match line {
            Line::Remark(remark) => text += &wrapped("    # ", &remark),
            Line::Step(step) => {
                _ = writeln!(text, "    {keyword} {step}");
                keyword = "And";
            }
        }
    }
    text += &end(file, &sights);
    Ok(text)
}

/// How many steps lead to Normal/Normal, and keep the pair there, where nothing worse happens than that heartbeats get
/// lost.
fn normal(sights: &[Sight]) -> Option<usize> {
    let is_plain = |action: Action| match action {
        Action::Start(_) | Action::GetsLost(..) => true,
        other => other.kind() == Kind::Progress,
    };
    let plain = (0..).zip(sights).take_while(|(_, sight)| sight.action.is_none_or(is_plain));
    let normal = plain.filter(|(_, sight)| sight.nodes == [Some((State::Normal, Reason::Normal)); 2]);
    normal.last().map(|(place, _)| place)
}

fn given(file: &StepsFile) -> &'static str {
    match (file.automatic_fallback, file.at_once) {
        (false, _) => "both nodes are Normal",
        (true, false) => "automatic fallback is on, and both nodes are Normal",
        (true, true) => "automatic fallback is on without delay, and both nodes are Normal",
    }
}

/// What was found at the end.
fn end(file: &StepsFile, sights: &[Sight]) -> String {
    let Some(last) = sights.last() else { return String::new() };
    let is = |side: Side, how: &str| match last.nodes[side.place()] {
        Some((state, reason)) => format!("{} {how} {state} ({reason})", node(side)),
        None => format!("{} {how} not running", node(side)),
    };
    let served = |home: Side| {
        let by = match &*last.served_by[home.place()] {
            [] => "nobody",
            [one] => node(*one),
            _ => "both nodes",
        };
        format!("the users of {} are served by {by}", node(home))
    };
    let both = [is(Side::A, "is"), is(Side::B, "is")];
    let ends = match &*file.invariant {
        "served-twice" => [[served(Side::A), served(Side::B)], both].concat(),
        rule if RESTING.contains(&rule) => [both, [served(Side::A), served(Side::B)]].concat(),
        _ => {
            let side = last.action.map_or(Side::A, Action::side);
            vec![is(side, "passes through"), is(side.peer(), "is")]
        }
    };
    format!("    Then {}\n", ends.join("\n    And "))
}

/// A line of the scenario.
enum Line {
    /// A step, without its keyword.
    Step(String),
    /// What there is no step for.
    Remark(String),
}

struct Teller<'a> {
    file: &'a StepsFile,
    /// One more than there are steps: before the first, and after each.
    sights: &'a [Sight],
    told: Vec<Line>,
    /// The host of this node has booted, and its daemon has not started since.
    booted: [bool; 2],
    /// What this node sends gets lost.
    cut: [bool; 2],
}

impl Teller<'_> {
    fn step(&mut self, step: String) {
        self.told.push(Line::Step(step));
    }

    fn remark(&mut self, remark: &str) {
        self.told.push(Line::Remark(remark.to_owned()));
    }

    /// Time passes, in milliseconds.
    fn pass(&mut self, ms: u64) {
        self.step(format!("{} pass", duration(ms)));
    }

    /// The step in this place. What comes by itself is not told.
    fn tell(&mut self, place: usize) {
        use Action::*;
        let times = Parameters::classic();
        let action = self.file.steps[place];
        let side = action.side();
        let node = node(side);
        match action {
            Arrives(_, 0) | Beats(_) | CatchesUp(_) => {}
            Start(_) if std::mem::take(&mut self.booted[side.place()]) => {
                self.step(format!("the host of {node} reboots"));
            }
            Start(_) => self.step(format!("the daemon of {node} starts")),
            Crash(_) | HostDown(_) => {
                self.booted[side.place()] = matches!(action, HostDown(_));
                self.step(format!("the daemon of {node} dies"));
            }
            Boot(_) => self.booted[side.place()] = true,
            LoseDisk(_) => self.step(format!("{node} loses its disk")),
            Freeze(_) => self.step(format!("the daemon of {node} stands still")),
            Thaw(_) | ThawLate(_) | ThawVeryLate(_) => {
                match action {
                    ThawLate(_) => self.pass(2 * times.keep_alive_interval_ms + 1_000),
                    ThawVeryLate(_) => self.pass(times.keep_alive_timeout_ms),
                    _ => {}
                }
                self.step(format!("the daemon of {node} goes on"));
            }
            Cut(_) => {
                self.cut[side.place()] = true;
                self.step(format!("the heartbeats of {node} get lost"));
            }
            Mend(_) => self.mend(side),
            Silence(_) if self.is_initializing(place, side) => self.pass(times.initialization_keep_alive_timeout_ms),
            Silence(_) => {
                self.step(format!("{node} has not heard its peer for {}", duration(times.keep_alive_timeout_ms)));
            }
            // The steps of services say what their probes see.
            ServiceFails(_, service) | ServiceMended(_, service) => {
                if !self.is_seen_later(place, side, service) {
                    self.tell_service(side, service, place);
                }
            }
            Probes(_, service) => self.tell_probed(side, service, place),
            ProbeUnknown(_, service) => {
                self.step(format!("the probe of the {} of {node} cannot tell", self.service(service)));
            }
            ServiceDelay(..) => self.pass(times.critical_service_delay_ms),
            StartTimeout(_) => self.pass(START_TIMEOUT_MS),
            FallbackDue(_) => self.pass(times.automatic_fallback_delay_ms),
            GoodbyeTimeout(_) => self.pass(times.keep_alive_timeout_ms),
            UsersMoved(_) | MoveFails(_) => self.foretell_move(side, place + 1, matches!(action, UsersMoved(_))),
            Asked(_, command) => self.step(format!("an administrator asks {node} for {}", command.name())),
            AsksWitness(_) | WitnessDecides(_) | WitnessAnswers(_) => {}
            KernelTells(_) | Arrives(..) | GetsLost(..) | RightEnds(..) | WitnessFails(_) => {
                self.remark(&format!("There is no step for this: {action}."));
            }
        }
    }

    /// Both ways are mended by one step.
    fn mend(&mut self, side: Side) {
        self.cut[side.place()] = false;
        self.step("the link is mended".to_owned());
        if self.cut[side.peer().place()] {
            self.step(format!("the heartbeats of {} get lost", node(side.peer())));
        }
    }

    /// Whether the next user move of a node will succeed has to be said before it begins: from this place on, after one
    /// that has gone so.
    fn foretell_move(&mut self, side: Side, from: usize, succeeded: bool) {
        let outcome = |action: &Action| match action {
            Action::UsersMoved(of) if *of == side => Some(true),
            Action::MoveFails(of) if *of == side => Some(false),
            _ => None,
        };
        match self.file.steps[from..].iter().find_map(outcome) {
            Some(succeeds) if succeeds != succeeded => {
                let how = if succeeds { "succeed again" } else { "fail" };
                self.step(format!("user moves of {} {how}", node(side)));
            }
            _ => {}
        }
    }

    /// Whether the service does not change again before a probe has seen it as it is after this step.
    fn is_seen_later(&self, place: usize, side: Side, service: u16) -> bool {
        let about = |action: &&Action| changes(**action, side, service) || **action == Action::Probes(side, service);
        self.file.steps[place + 1..].iter().find(about).is_some_and(|action| matches!(action, Action::Probes(..)))
    }

    /// A probe sees what has become of a service since the last one.
    fn tell_probed(&mut self, side: Side, service: u16, place: usize) {
        let about = |place: &usize| {
            let action = self.file.steps[*place];
            changes(action, side, service) || action == Action::Probes(side, service)
        };
        let last = (0..place).rev().find(about);
        if let Some(changed) = last.filter(|last| changes(self.file.steps[*last], side, service)) {
            self.tell_service(side, service, changed);
        }
    }

    /// What becomes of a service in the step in this place.
    fn tell_service(&mut self, side: Side, service: u16, place: usize) {
        let fails = matches!(self.file.steps[place], Action::ServiceFails(..));
        let what = if fails { "fails" } else { "is repaired" };
        self.step(format!("the {} of {} {what}", self.service(service), node(side)));
    }

    fn service(&self, service: u16) -> &'static str {
        match self.file.databases.get(usize::from(service)) {
            Some(true) => "database",
            _ => "critical service",
        }
    }

    /// Before the step in this place.
    fn is_initializing(&self, place: usize, side: Side) -> bool {
        matches!(self.sights[place].nodes[side.place()], Some((State::Initializing, _)))
    }
}

/// Whether an action changes whether this service works.
fn changes(action: Action, side: Side, service: u16) -> bool {
    action == Action::ServiceFails(side, service) || action == Action::ServiceMended(side, service)
}

fn node(side: Side) -> &'static str {
    match side {
        Side::A => "node 1",
        Side::B => "node 2",
    }
}

/// `90 s`, `30 min`
fn duration(ms: u64) -> String {
    let s = ms / 1_000;
    if s.is_multiple_of(60) { format!("{} min", s / 60) } else { format!("{s} s") }
}

/// A text in lines that all begin so.
fn wrapped(begin: &str, text: &str) -> String {
    let mut lines = String::new();
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && line.len() + 1 + word.len() > WIDTH {
            _ = writeln!(lines, "{begin}{line}");
            line.clear();
        }
        line += if line.is_empty() { "" } else { " " };
        line += word;
    }
    lines + &format!("{begin}{line}\n")
}
