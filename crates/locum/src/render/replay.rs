//! What happened to a pair, step by step: node a │ node b │ what happens.

use locum_sim::{Node, Served};

use super::{
    paint::{Paint, Tone},
    table::{Cell, table},
    words::duration,
};
use crate::{
    commands::replay::{Document, Other},
    replay::{Mark, Outcome, Step},
};

const TIME_COLUMN: usize = 9;
const STATE_COLUMN: usize = 28;
/// A state that is longer ends in this.
const CUT: char = '…';
const TEXT_COLUMN: usize = 70;

/// Everything, where nobody steps.
pub(crate) fn replay(document: &Document, paint: Paint) -> String {
    let mut text = replay_head(document, paint);
    match &document.other {
        None => {
            text += &heading(document, paint);
            let mut states = None;
            for step in &document.steps {
                text += &line(step, &mut states, paint);
            }
        }
        Some(other) => text += &beside(document, other, paint),
    }
    text + "\n" + &replay_outcome(document, paint)
}

/// What to know before.
pub(crate) fn replay_head(document: &Document, paint: Paint) -> String {
    let mut text = String::new();
    if !document.inferred.is_empty() {
        text += &paint.tone(Tone::Title, "Concluded from the journals");
        text.push('\n');
        for inferred in &document.inferred {
            text += &wrapped(inferred, 100)
                .iter()
                .zip(0..)
                .map(|(line, place)| {
                    let bullet = if place == 0 { "  · " } else { "    " };
                    format!("{bullet}{line}\n")
                })
                .collect::<String>();
        }
        let verdict = match &document.departs {
            None => paint.tone(Tone::Good, "The replay goes through the same states as the nodes did."),
            Some(departs) => paint.tone(Tone::Warn, &format!("The replay departs from the journals. {departs}")),
        };
        text += &format!("  {verdict}\n\n");
    }
    text
}

/// What it came to, or both where there are two; nothing where there is no clock.
pub(crate) fn replay_outcome(document: &Document, paint: Paint) -> String {
    let set =
        |other: &Other| other.set.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ");
    let outcomes: Vec<&Outcome> =
        document.outcome.iter().chain(document.other.as_ref().map(|other| &other.outcome)).collect();
    if outcomes.is_empty() {
        return String::new();
    }
    let heads = std::iter::once("as it was".to_owned()).chain(document.other.as_ref().map(set));
    let mut rows = vec![std::iter::once(Cell::head("")).chain(heads.map(|head| Cell::head(&head))).collect::<Vec<_>>()];
    let mut row = |title: String, value: &dyn Fn(&Outcome) -> String| {
        let values: Vec<String> = outcomes.iter().map(|outcome| value(outcome)).collect();
        let tone = if values.windows(2).any(|pair| pair[0] != pair[1]) { Tone::Warn } else { Tone::Plain };
        rows.push(
            std::iter::once(Cell::from(title)).chain(values.into_iter().map(|value| Cell::new(value, tone))).collect(),
        );
    };
    for node in Node::BOTH {
        let (home, peer) = (&document.names[node as usize], &document.names[node.peer() as usize]);
        row(format!("users of {home}: served by {home}"), &|outcome| duration(outcome.homes[node as usize].at_home_ms));
        row(format!("users of {home}: served by {peer}"), &|outcome| duration(outcome.homes[node as usize].by_peer_ms));
        row(format!("users of {home}: served by nobody"), &|outcome| {
            let of = &outcome.homes[node as usize];
            match of.by_nobody_ms {
                0 => "never".into(),
                ms => format!("{} (longest {})", duration(ms), duration(of.longest_ms)),
            }
        });
        row(format!("users of {home}: served twice"), &|outcome| match outcome.homes[node as usize].twice_ms {
            0 => "never".into(),
            ms => duration(ms),
        });
    }
    row("failovers".into(), &|outcome| outcome.failovers.to_string());
    for node in Node::BOTH {
        row(format!("{} ends", document.names[node as usize]), &|outcome| state(outcome.ends[node as usize]));
    }
    format!("{}\n{}", paint.tone(Tone::Title, "What it came to"), table(&rows, "  ", 60, paint))
}

/// One step, with where both nodes are.
pub(crate) fn step(step: &Step, document: &Document, paint: Paint) -> String {
    let time = step.at_ms.map_or_else(String::new, |at_ms| format!(", {} s", seconds(at_ms)));
    let head = format!("Step {} of {}{time}", step.step, document.steps.len());
    let mut rows = Vec::new();
    for node in Node::BOTH {
        let at = step.states[node as usize];
        let serves: Vec<&str> = Node::BOTH
            .into_iter()
            .filter(|home| match step.serving[*home as usize] {
                Served::By(by) => by == node,
                Served::Twice => true,
                Served::Nobody => false,
            })
            .map(|home| &*document.names[home as usize])
            .collect();
        let serves = if serves.is_empty() { "serves nobody".into() } else { format!("serves {}", serves.join(", ")) };
        let name = Cell::from(document.names[node as usize].clone());
        rows.push(vec![name, Cell::new(state(at), tone(at.map(|(state, _)| state))), Cell::from(serves)]);
    }
    format!("{}\n{}  {}\n", paint.tone(Tone::Title, &head), table(&rows, "  ", 70, paint), marked(step, paint))
}

/// Where there is no clock, steps are numbered.
fn heading(document: &Document, paint: Paint) -> String {
    let [a, b] = [0, 1].map(|node| format!("node {}", document.names[node]));
    let first = if document.steps.iter().any(|step| step.at_ms.is_some()) { "seconds" } else { "step" };
    let text = format!("{first:>TIME_COLUMN$}  {a:<STATE_COLUMN$}{b:<STATE_COLUMN$}what happens");
    paint.tone(Tone::Quiet, &text) + "\n"
}

/// Both nodes' states as last shown.
type Shown = Option<[Option<(&'static str, &'static str)>; 2]>;

fn line(step: &Step, shown: &mut Shown, paint: Paint) -> String {
    let before = shown.replace(step.states);
    let column = |node: usize| {
        let at = step.states[node];
        if before.is_some_and(|before| before[node] == at) {
            return paint.tone(Tone::Quiet, &fitted("│"));
        }
        let word = at.map_or("not running", |(state, _)| state);
        paint.tone(tone(at.map(|(state, _)| state)), &fitted(word))
    };
    let mut lines = wrapped(&step.text, TEXT_COLUMN).into_iter();
    let first = Step { text: lines.next().unwrap_or_default(), ..step.clone() };
    let place = step.at_ms.map_or_else(|| step.step.to_string(), seconds);
    let mut text = format!("{place:>TIME_COLUMN$}  {}{}{}\n", column(0), column(1), marked(&first, paint));
    for more in lines {
        let bar = paint.tone(Tone::Quiet, &fitted("│"));
        text += &format!("{:TIME_COLUMN$}  {bar}{bar}  {more}\n", "");
    }
    text
}

fn fitted(word: &str) -> String {
    let width = STATE_COLUMN - 2;
    let cut = word.chars().count() > width;
    let kept: String = word.chars().take(if cut { width - 1 } else { width }).collect();
    let kept = if cut { kept.trim_end().to_owned() + &CUT.to_string() } else { kept };
    format!("{kept:<STATE_COLUMN$}")
}

fn marked(step: &Step, paint: Paint) -> String {
    let (mark, tone) = match step.mark {
        Mark::Happening => ("▶", Tone::Title),
        Mark::Transition => (" ", Tone::Plain),
        Mark::Serving if step.text.starts_with("Nobody") => ("✖", Tone::Bad),
        Mark::Serving if step.text.starts_with("Both") => ("✖", Tone::Bad),
        Mark::Serving => ("✓", Tone::Good),
        Mark::Word => (" ", Tone::Quiet),
        Mark::Fault => ("✖", Tone::Bad),
    };
    paint.tone(tone, &format!("{mark} {}", step.text))
}

/// Both timelines, in order of time: what both have stands in the middle, what only one has on its side.
fn beside(document: &Document, other: &Other, paint: Paint) -> String {
    const SIDE: usize = 64;
    let mut text = paint.tone(
        Tone::Quiet,
        &format!("{:>TIME_COLUMN$}  {:<SIDE$}{}", "seconds", "as it was", "with the other parameters"),
    ) + "\n";
    let matters = |step: &&Step| matches!(step.mark, Mark::Happening | Mark::Transition | Mark::Serving | Mark::Fault);
    let mut left = document.steps.iter().filter(matters).peekable();
    let mut right = other.steps.iter().filter(matters).peekable();
    loop {
        let at_ms = match (left.peek(), right.peek()) {
            (None, None) => return text,
            (Some(one), None) | (None, Some(one)) => one.at_ms,
            (Some(one), Some(other)) => one.at_ms.min(other.at_ms),
        };
        let now = |step: &&Step| step.at_ms == at_ms;
        let mut here: Vec<&Step> = std::iter::from_fn(|| left.next_if(now)).collect();
        let mut there: Vec<&Step> = std::iter::from_fn(|| right.next_if(now)).collect();
        let common: Vec<&Step> =
            here.iter().copied().filter(|step| there.iter().any(|same| same.short == step.short)).collect();
        here.retain(|step| !common.iter().any(|same| same.short == step.short));
        there.retain(|step| !common.iter().any(|same| same.short == step.short));
        let time = format!("{:>TIME_COLUMN$}  ", at_ms.map_or_else(String::new, seconds));
        for step in common {
            text +=
                &format!("{time}{}\n", paint.tone(Tone::Quiet, &format!("{} {}", short(step, usize::MAX), "(both)")));
        }
        for place in 0..here.len().max(there.len()) {
            let side = |steps: &[&Step]| steps.get(place).map_or(String::new(), |step| short(step, SIDE - 3));
            let one = format!("{:<SIDE$}", side(&here));
            text += &format!("{time}{}{}\n", one, paint.tone(Tone::Warn, &side(&there)));
        }
    }
}

/// `4.250`
fn seconds(ms: u64) -> String {
    format!("{:.3}", ms as f64 / 1000.0)
}

/// A step in few words.
fn short(step: &Step, width: usize) -> String {
    match step.short.chars().count() > width {
        true => step.short.chars().take(width - 1).chain([CUT]).collect(),
        false => step.short.clone(),
    }
}

fn state(at: Option<(&'static str, &'static str)>) -> String {
    at.map_or_else(|| "not running".into(), |(state, reason)| format!("{state} ({reason})"))
}

fn tone(state: Option<&str>) -> Tone {
    match state {
        Some("Normal") => Tone::Good,
        None | Some("Running in Failed Mode") => Tone::Bad,
        Some(_) => Tone::Warn,
    }
}

/// A text in lines of this many characters at most, where words allow it.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is one");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            let space = if line.is_empty() { "" } else { " " };
            *line = format!("{line}{space}{word}");
        }
    }
    lines
}
