//! The timeline: what happens, as it happens, for a person or one JSON object a line.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use locum_core::State;
use owo_colors::{AnsiColors, OwoColorize, Style as Paint};
use serde_json::json;

use crate::pair::node::{Node, now_us};

/// The two daemons are heard separately: what is told is held back this long, so that it comes in order.
const HELD_BACK_US: u64 = 100_000;
const TIME_COLUMN: usize = 9;
const STATE_COLUMN: usize = 28;
const TEXT_COLUMN_MIN: usize = 30;

/// How the timeline looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// One object a line.
    Json,
    /// For people, this many columns wide.
    Text { colours: bool, width: usize },
}

/// Something that happens.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// An act begins; the prologue is number 0.
    Act { number: usize, title: String },
    /// The demo does something.
    Deed(String),
    /// A node has changed its state.
    State { node: Node, state: State, reason: String, text: String },
    /// A node does not answer any more.
    Gone(Node),
    /// A node says something else.
    Word { node: Node, kind: String, text: String },
    /// Something is as it should be.
    Proof(String),
    /// Something is not.
    Fault(String),
}

/// The timeline. Clones are the same one.
#[derive(Clone)]
pub(super) struct Timeline(Arc<Mutex<Inner>>);

struct Inner {
    look: Look,
    start_us: u64,
    /// Not printed yet: when, and what.
    held: Vec<(u64, What)>,
    /// As last printed.
    shown: [Option<State>; 2],
}

impl Timeline {
    pub(super) fn new(look: Look) -> Timeline {
        Timeline(Arc::new(Mutex::new(Inner { look, start_us: now_us(), held: Vec::new(), shown: [None; 2] })))
    }

    /// Something that happens now.
    pub(super) fn now(&self, what: What) {
        self.at(now_us(), what);
    }

    /// Something that happened a moment ago, on the clock of the host.
    pub(super) fn at(&self, at_us: u64, what: What) {
        self.inner().held.push((at_us, what));
    }

    /// Prints what nothing earlier can come before any more.
    pub(super) fn print(&self) {
        self.inner().print_until(now_us().saturating_sub(HELD_BACK_US));
    }

    /// Prints everything.
    pub(super) fn print_all(&self) {
        self.inner().print_until(u64::MAX);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn print_until(&mut self, until_us: u64) {
        self.held.sort_by_key(|(at_us, _)| *at_us);
        let due = self.held.partition_point(|(at_us, _)| *at_us <= until_us);
        for (at_us, what) in self.held.drain(..due).collect::<Vec<_>>() {
            let since_ms = at_us.saturating_sub(self.start_us) / 1000;
            match self.look {
                Look::Json => println!("{}", document(since_ms, &what)),
                Look::Text { colours, width } => {
                    let lines = picture(since_ms, &what, &mut self.shown, width);
                    lines.iter().for_each(|line| println!("{}", line.show(colours)));
                }
            }
        }
    }
}

fn document(at_ms: u64, what: &What) -> serde_json::Value {
    match what {
        What::Act { number, title } => json!({ "type": "act", "at_ms": at_ms, "number": number, "title": title }),
        What::Deed(text) => json!({ "type": "deed", "at_ms": at_ms, "text": text }),
        What::State { node, state, reason, text } => json!({ "type": "state", "at_ms": at_ms, "node": node.name(),
            "state": state.name(), "reason": reason, "text": text }),
        What::Gone(node) => json!({ "type": "gone", "at_ms": at_ms, "node": node.name() }),
        What::Word { node, kind, text } => json!({ "type": "event", "at_ms": at_ms, "node": node.name(),
            "kind": kind, "text": text }),
        What::Proof(text) => json!({ "type": "proof", "at_ms": at_ms, "text": text }),
        What::Fault(text) => json!({ "type": "fault", "at_ms": at_ms, "text": text }),
    }
}

/// A line of pieces, each with how it is painted on a terminal.
#[derive(Default)]
struct Line(Vec<(String, Paint)>);

impl Line {
    fn show(&self, colours: bool) -> String {
        let piece =
            |(text, paint): &(String, Paint)| if colours { text.style(*paint).to_string() } else { text.clone() };
        let line: String = self.0.iter().map(piece).collect();
        line.trim_end().to_owned()
    }
}

/// What happens as lines: the time, a column for each node, and words.
fn picture(at_ms: u64, what: &What, shown: &mut [Option<State>; 2], width: usize) -> Vec<Line> {
    let plain = Paint::new();
    let (changed, text, paint) = match what {
        What::Act { number, title } => return heading(*number, title, width),
        What::Deed(text) => (None, format!("▶ {text}"), plain.bold()),
        What::State { node, state, reason, text } => {
            (Some((*node, Some(*state))), format!("{node}: {reason}. {text}"), plain)
        }
        What::Gone(node) => (Some((*node, None)), format!("{node} answers no more."), plain),
        What::Word { node, kind, text } if kind == "alarm" => (None, format!("{node}: {text}"), plain.yellow()),
        What::Word { node, text, .. } => (None, format!("{node}: {text}"), plain.dimmed()),
        What::Proof(text) => (None, format!("✓ {text}"), plain.green()),
        What::Fault(text) => (None, format!("✖ {text}"), plain.red().bold()),
    };
    if let Some((node, state)) = changed {
        shown[node.index()] = state;
    }
    let states = Node::BOTH.map(|node| {
        let (symbol, name, colour) = face(shown[node.index()]);
        let lines = match changed {
            Some((changed, _)) if changed == node => wrap(name, STATE_COLUMN - 3),
            _ => Vec::new(),
        };
        (symbol, lines, colour)
    });
    let words = wrap(&text, width.saturating_sub(TIME_COLUMN + 2 * STATE_COLUMN + 2).max(TEXT_COLUMN_MIN));
    let height = states.iter().map(|(_, lines, _)| lines.len()).max().unwrap_or(0).max(words.len());
    let line = |row: usize| {
        let time = if row == 0 { format!("{}.{:03}", at_ms / 1000, at_ms % 1000) } else { String::new() };
        let mut line = Line(vec![(format!("{time:>TIME_COLUMN$}  "), plain.dimmed())]);
        for (symbol, lines, colour) in &states {
            let (cell, paint) = match lines.get(row) {
                Some(name) if row == 0 => (format!("{symbol} {name}"), plain.color(*colour).bold()),
                Some(name) => (format!("  {name}"), plain.color(*colour).bold()),
                None => ("│".to_owned(), plain.color(*colour).dimmed()),
            };
            line.0.push((format!("{cell:STATE_COLUMN$}"), paint));
        }
        line.0.push((words.get(row).cloned().unwrap_or_default(), paint));
        line
    };
    (0..height).map(line).collect()
}

fn heading(number: usize, title: &str, width: usize) -> Vec<Line> {
    let number = if number > 0 { format!("{number}. ") } else { String::new() };
    let title = format!("━━ {number}{title} ");
    let rule = "━".repeat(width.saturating_sub(title.chars().count()));
    let head = format!("{:>TIME_COLUMN$}  {:STATE_COLUMN$}{:STATE_COLUMN$}what happens", "seconds", "node a", "node b");
    let bold = Paint::new().bold();
    vec![Line::default(), Line(vec![(title + &rule, bold)]), Line(vec![(head, Paint::new().dimmed())])]
}

/// How a state looks; none is a daemon that does not run.
fn face(state: Option<State>) -> (&'static str, &'static str, AnsiColors) {
    use State::{BackupActivated, Normal, RunningInBackupMode, RunningInFailedMode, Unknown};
    let Some(state) = state else { return ("✖", "not running", AnsiColors::Red) };
    let (symbol, colour) = match state {
        Normal => ("●", AnsiColors::Green),
        RunningInBackupMode | BackupActivated => ("◆", AnsiColors::Cyan),
        RunningInFailedMode | Unknown => ("✖", AnsiColors::Red),
        state if state.is_transition() => ("◐", AnsiColors::Yellow),
        _ => ("○", AnsiColors::Magenta),
    };
    (symbol, state.name(), colour)
}

/// Breaks a text between words; a word that is too long stands alone.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(what: &What, shown: &mut [Option<State>; 2]) -> String {
        picture(12_034, what, shown, 110).iter().map(|line| line.show(false) + "\n").collect()
    }

    #[test]
    fn texts_break_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("unbreakable a", 4), ["unbreakable", "a"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn a_change_stands_in_the_column_of_its_node() {
        let mut shown = [Some(State::Normal); 2];
        let state = State::TakingOver;
        let what = What::State { node: Node::B, state, reason: "Peer Down".into(), text: "The peer is silent.".into() };
        let expected =
            "   12.034  │                           ◐ Taking Over               b: Peer Down. The peer is silent.\n";
        assert_eq!(text(&what, &mut shown), expected);
        assert_eq!(shown, [Some(State::Normal), Some(State::TakingOver)]);
    }

    #[test]
    fn long_states_and_texts_go_on_below() {
        let mut shown = [None; 2];
        let state = State::FailedOverWithCriticalServicesNotRunning;
        let words = "The peer covers this node, whose critical services do not run.".to_owned();
        let what = What::State { node: Node::A, state, reason: "Critical Service Down".into(), text: words };
        let text = text(&what, &mut shown);
        let lines: Vec<_> = text.lines().collect();
        let column = |line: &str, from: usize| line.chars().skip(from).collect::<String>();
        assert!(column(lines[0], 11).starts_with("○ Failed Over with Critical │"), "{text}");
        assert!(column(lines[1], 11).starts_with("  Services not Running      │"), "{text}");
        assert!(column(lines[1], 67).starts_with("this node, whose"), "{text}");
    }

    #[test]
    fn colours_are_only_for_terminals() {
        let line = &picture(1, &What::Deed("kill".into()), &mut [None; 2], 110)[0];
        assert!(line.show(true).contains("\u{1b}[") && !line.show(false).contains('\u{1b}'));
    }

    #[test]
    fn a_program_reads_objects() {
        let object = document(5, &What::Gone(Node::A));
        assert_eq!(object, json!({ "type": "gone", "at_ms": 5, "node": "a" }));
    }
}
