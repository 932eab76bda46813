//! `docs/fsm.md`: the table that runs, in words and in pictures.

use std::collections::{BTreeMap, BTreeSet};

use locum_core::table::{Next, ROWS, Row};
use locum_core::{State, States};

use super::markdown::{joined, mermaid, table};

const INTRODUCTION: &str = "\
After every input the rows are looked at from the top, and the first whose guard holds is carried out; this repeats until
nothing changes. What the words mean, and why the rows are as they are, is said in [behaviour.md](behaviour.md) §2, §3
and §5. The name of a row is what `locum events` and `locum status` cite.

- **On** is what the row answers: *facts* are looked at after every input; the others when that input comes.
- **When** lists what must hold, all of it. What is said of a peer is said of one that is heard and up to date.
- **Next** is the state and, in brackets, the reason. *stay* keeps both; *ignore* is for what comes too late.

";

/// A row and its number, counted from 1.
type Numbered = (usize, &'static Row);

pub(super) fn body() -> String {
    let mut page = String::from(INTRODUCTION);
    page += "## From state to state\n\nWithout the rows for any state. The diagrams below name the rows.\n\n";
    page += &overview();
    for (states, rows) in groups() {
        page += &format!("\n## {}\n\n", heading(states));
        // An arrow from each of so many states would be no picture.
        if !is_general(states) && edges(&rows).next().is_some() {
            page += &(diagram(&rows) + "\n");
        }
        page += &table(["No.", "Row", "On", "When", "Next", "Does", "Why"], rows.into_iter().map(cells));
    }
    page
}

/// The rows by the states that they apply to, in the order in which those first come up.
fn groups() -> Vec<(States, Vec<Numbered>)> {
    let mut groups: Vec<(States, Vec<Numbered>)> = Vec::new();
    for row in ROWS.iter().enumerate().map(|(index, row)| (index + 1, row)) {
        match groups.iter_mut().find(|(states, _)| *states == row.1.states) {
            Some((_, rows)) => rows.push(row),
            None => groups.push((row.1.states, vec![row])),
        }
    }
    groups
}

fn is_general(states: States) -> bool {
    states.iter().count() > State::ALL.len() / 2
}

fn heading(states: States) -> String {
    match states {
        States::ALL => "Any state".into(),
        states if is_general(states) => {
            let others = State::ALL.into_iter().filter(|state| !states.has(*state));
            format!("Any state but {}", joined(others, ", "))
        }
        states => joined(states.iter(), ", "),
    }
}

fn cells((number, row): Numbered) -> [String; 7] {
    [
        number.to_string(),
        format!("<a id=\"{0}\"></a>`{0}`", row.id),
        row.on.to_string(),
        joined(row.when, "; "),
        row.next.to_string(),
        joined(row.does, ", "),
        row.why.to_owned(),
    ]
}

/// Every pair of states between which some row leads.
fn overview() -> String {
    let rows: Vec<_> =
        groups().into_iter().filter(|(states, _)| !is_general(*states)).flat_map(|(_, rows)| rows).collect();
    let arrows: BTreeSet<_> = edges(&rows).map(|(from, to, _)| (from, to)).collect();
    let start = format!("[*] --> {:?}", State::Initializing);
    let lines = arrows.iter().map(|(from, to)| format!("{from:?} --> {to:?}"));
    mermaid(names(&State::ALL).chain([start]).chain(lines))
}

/// Where these rows lead, and which row leads there.
fn diagram(rows: &[Numbered]) -> String {
    let mut arrows: BTreeMap<(State, State), Vec<&str>> = BTreeMap::new();
    for (from, to, row) in edges(rows) {
        arrows.entry((from, to)).or_default().push(row);
    }
    let states: BTreeSet<_> = arrows.keys().flat_map(|(from, to)| [*from, *to]).collect();
    let states: Vec<_> = states.into_iter().collect();
    let lines = arrows.into_iter().map(|((from, to), rows)| format!("{from:?} --> {to:?} : {}", rows.join("<br/>")));
    mermaid(names(&states).chain(lines))
}

fn edges(rows: &[Numbered]) -> impl Iterator<Item = (State, State, &'static str)> {
    rows.iter().flat_map(|(_, row)| {
        let to = match row.next {
            Next::Go(to, _) => Some(to),
            Next::Stay | Next::Ignore | Next::AlreadyDone | Next::Refuse(_) => None,
        };
        to.into_iter().flat_map(move |to| row.states.iter().map(move |from| (from, to, row.id)))
    })
}

fn names(states: &[State]) -> impl Iterator<Item = String> {
    states.iter().map(|state| format!("state \"{state}\" as {state:?}"))
}
