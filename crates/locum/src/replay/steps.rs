//! A trace, step by step.

use locum_core::{Answer, Health, Notice, State, table};
use locum_sim::{
    Entry, Logged, Node, Served,
    history::{Guarded, Trace, What},
};
use serde::Serialize;

use super::Story;

/// Something that happens, and where both nodes are then.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Step {
    /// Counts from 1.
    pub(crate) step: usize,
    /// When, in milliseconds since the beginning; a proof has no clock.
    pub(crate) at_ms: Option<u64>,
    /// What kind of step it is.
    pub(crate) mark: Mark,
    /// The node that it is about, if it is one.
    pub(crate) node: Option<String>,
    /// What happens, for people.
    pub(crate) text: String,
    /// The same in a few words.
    pub(crate) short: String,
    /// Where both nodes are then; `None` for one whose daemon does not run.
    pub(crate) states: [Option<(&'static str, &'static str)>; 2],
    /// Who serves the users of each node then.
    pub(crate) serving: [Served; 2],
}

/// Kinds of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mark {
    /// Something comes from outside.
    Happening,
    /// A node changes its state.
    Transition,
    /// Other nodes serve somebody.
    Serving,
    /// A node says something else.
    Word,
    /// What must never happen.
    Fault,
}

/// The steps of a trace.
pub(crate) fn steps(trace: &Trace, story: &Story) -> Vec<Step> {
    let mut telling = Telling { story, states: [None; 2], serving: [Served::Nobody; 2] };
    let told = trace.entries.iter().filter_map(|entry| telling.tell(entry));
    told.zip(1..).map(|(told, step)| Step { step, ..told }).collect()
}

/// A name from a file, with what would move about on a terminal escaped.
pub(crate) fn printable(name: &str) -> String {
    let shown = |letter: char| match letter.is_control() {
        true => letter.escape_default().to_string(),
        false => letter.to_string(),
    };
    name.chars().map(shown).collect()
}

struct Telling<'a> {
    story: &'a Story,
    states: [Option<(&'static str, &'static str)>; 2],
    serving: [Served; 2],
}

impl Telling<'_> {
    fn tell(&mut self, entry: &Entry) -> Option<Step> {
        let names = [&*self.story.names[0], &*self.story.names[1]];
        let name = |node: Node| names[node as usize];
        let (mark, node, text) = match &entry.what {
            Logged::Happened(what) => {
                self.outside(what);
                (Mark::Happening, Some(what.node()), self.in_words(what))
            }
            Logged::Transition { node, transition } => {
                let (state, reason) = transition.to;
                self.states[*node as usize] = Some((state.name(), reason.name()));
                let why = table::ROWS.iter().find(|row| row.id == transition.row).map_or("", |row| row.why);
                let mut text = format!("{reason}. {why}");
                let silent_ms = transition.evidence.peer_silent_ms;
                if silent_ms > 0 && state == State::TakingOver {
                    text += &format!(" The peer was last heard {silent_ms} ms ago.");
                }
                (Mark::Transition, Some(*node), format!("{}: {text}", name(*node)))
            }
            Logged::Noticed { node, notice } => (Mark::Word, Some(*node), self.notice(name(*node), notice)),
            Logged::Served { home, by, users } => {
                self.serving[*home as usize] = *by;
                let who = match by {
                    Served::Nobody => "Nobody serves".to_owned(),
                    Served::By(node) => format!("{} serves", name(*node)),
                    Served::Twice => "Both nodes serve".to_owned(),
                };
                (Mark::Serving, Some(*home), format!("{who} the {users} users of {}.", name(*home)))
            }
            Logged::Answered { node, answer, .. } => {
                let said = match answer {
                    None => "nobody answers.".to_owned(),
                    Some(Answer::Accepted) => "accepted.".to_owned(),
                    Some(Answer::AlreadyDone) => "done already.".to_owned(),
                    Some(Answer::Refused(refusal)) => {
                        format!(
                            "refused in {} ({}): {:?} stands in the way.",
                            refusal.state, refusal.reason, refusal.obstacle
                        )
                    }
                };
                (Mark::Word, Some(*node), format!("{}: {said}", name(*node)))
            }
            // What was asked has been told.
            Logged::UsersAdded { .. } => return None,
            Logged::UsersRefused { node, why } => {
                (Mark::Word, Some(*node), format!("{}: no users are added: {why}.", name(*node)))
            }
            Logged::PolicyFailed { node } => (
                Mark::Word,
                Some(*node),
                format!("{}: the policy failed, and the built-in answer is used.", name(*node)),
            ),
            Logged::Stopped { node } => {
                self.states[*node as usize] = None;
                let text = format!("{}: the daemon stops, since its disk stores nothing.", name(*node));
                (Mark::Word, Some(*node), text)
            }
            Logged::Left { node } => (Mark::Word, Some(*node), format!("{} has left.", name(*node))),
            Logged::Broken { what } => (Mark::Fault, None, format!("This must never happen: {what}")),
        };
        let short = match &entry.what {
            Logged::Transition { node, transition } => {
                format!("{} → {} ({})", name(*node), transition.to.0, transition.to.1)
            }
            _ => text.clone(),
        };
        let node = node.map(|node| name(node).to_owned());
        let at_ms = Some(entry.at_ms);
        Some(Step { step: 0, short, at_ms, mark, node, text, states: self.states, serving: self.serving })
    }

    /// Daemons start and die without a transition.
    fn outside(&mut self, what: &What) {
        match what {
            What::Start { node } if self.states[*node as usize].is_none() => {
                self.states[*node as usize] = Some((State::Initializing.name(), "Initialization"));
            }
            What::Kill { node } | What::Reboot { node } | What::MachineTraps { node } => {
                self.states[*node as usize] = None;
            }
            _ => {}
        }
    }

    /// What happens, with services by name.
    fn in_words(&self, what: &What) -> String {
        let text = what.text([&*self.story.names[0], &*self.story.names[1]]);
        match what.service() {
            Some(service) => {
                text.replacen(&format!("ervice {service} "), &format!("ervice {} ", self.service(service)), 1)
            }
            None => text,
        }
    }

    fn service(&self, service: u16) -> String {
        let guarded = self.story.history.services.get(usize::from(service));
        let named = guarded.filter(|Guarded { name, .. }| !name.is_empty());
        named.map_or_else(|| service.to_string(), |guarded| printable(&guarded.name))
    }

    fn notice(&self, name: &str, notice: &Notice) -> String {
        match notice {
            Notice::Stalled { late_ms } => {
                format!("{name}: it was {late_ms} ms late itself, and suspects nobody for now.")
            }
            Notice::ServiceHealth { service, health } => {
                let health = match health {
                    Health::Up => "up",
                    Health::Down => "down",
                    Health::Unknown => "unknown",
                };
                format!("{name}: service {} is {health}.", self.service(*service))
            }
            Notice::Alarm { alarm, raised: true } => format!("{name}: alarm: {}.", alarm.text()),
            Notice::Alarm { alarm, raised: false } => format!("{name}: alarm ended: {}.", alarm.text()),
        }
    }
}
