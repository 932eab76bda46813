//! `docs/rows.md`: the 24 documented pairs of nodes.

use locum_core::{JOINT_ROWS, JointRow, Reason, Side, State, advise};

use super::markdown::{joined, table};

const INTRODUCTION: &str = "\
F is the node whose users move, B its backup; either node of a group can be either. Where several states or reasons stand
in a cell, each of them may be seen. `locum status` shows the number of the row that a group is in, and the same advice with
the names of the nodes; a pair that is not listed here gets advice all the same. How the pairs come about is told at length
in [behaviour.md](behaviour.md) §4.

";

pub(super) fn body() -> String {
    let head = ["No.", "F", "B", "What it means", "What to do"];
    INTRODUCTION.to_owned() + &table(head, JOINT_ROWS.iter().map(cells))
}

fn cells(row: &JointRow) -> [String; 5] {
    [row.number.to_string(), side(&row.first), side(&row.second), row.cause.to_owned(), advice(row)]
}

/// A node of a pair, with all that may be seen of it.
pub(super) fn side(side: &Side) -> String {
    match side {
        Side::Heard(states, reasons) => format!("{} ({})", joined(*states, " or "), joined(*reasons, " or ")),
        Side::Silent => "not heard".into(),
    }
}

/// What B advises; where that depends on the state of F, each state with its own.
fn advice(row: &JointRow) -> String {
    let mut advice: Vec<(Option<State>, String)> = Vec::new();
    for first in nodes(&row.first) {
        for second in nodes(&row.second).into_iter().flatten() {
            let text = advise(second, first).text().replace("{here}", "B").replace("{peer}", "F");
            if !advice.iter().any(|(_, known)| *known == text) {
                advice.push((first.map(|(state, _)| state), text));
            }
        }
    }
    let many = advice.len() > 1;
    let said = advice.into_iter().map(|(state, text)| match state {
        Some(state) if many => format!("{state}: {text}"),
        _ => text,
    });
    joined(said, "<br/>")
}

fn nodes(side: &Side) -> Vec<Option<(State, Reason)>> {
    match side {
        Side::Heard(states, reasons) => {
            states.iter().flat_map(|state| reasons.iter().map(|reason| Some((*state, *reason)))).collect()
        }
        Side::Silent => vec![None],
    }
}
