//! What would happen.

use locum_config::WhatIf;
use locum_sim::whatif::{Answer, assumptions, clock, differing_timers, figures};

use super::{
    paint::{Paint, Tone},
    table::{Cell, table, wrap},
    words,
};

/// The widest line of a text.
const WIDTH: usize = 110;
/// How many letters a curve has.
const CURVE: usize = 60;
/// How many lines of a run are told.
const LINES_MAX: usize = 24;
/// From nobody to all.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What was asked, the run in the middle of each answer, the figures side by side, and what was assumed.
pub(crate) fn what_if(what_if: &WhatIf, answers: &[Answer], paint: Paint) -> String {
    let title = if what_if.title.is_empty() { "What if" } else { &what_if.title };
    let [a, b] = what_if.users.map(u64::from);
    let lasts = words::duration(u64::try_from(what_if.lasts.as_millis()).unwrap_or(u64::MAX));
    let mut text = paint.tone(Tone::Title, title) + "\n";
    text += &format!(
        "{} users, {} at home on a and {} on b; {} runs of {lasts} from seed {}\n",
        words::number(a + b),
        words::number(a),
        words::number(b),
        words::number(what_if.runs.into()),
        what_if.seed
    );
    for answer in answers {
        text += &story(answer, a + b, paint);
    }
    text += "\n";
    text += &sides(answers, paint);
    text += "\nAssumed\n";
    for told in assumptions(what_if) {
        for (place, line) in wrap(&told, WIDTH - 4).into_iter().enumerate() {
            text += &format!("  {} {line}\n", if place == 0 { "·" } else { " " });
        }
    }
    text
}

/// The run in the middle: how many were served, and what happened.
fn story(answer: &Answer, users: u64, paint: Paint) -> String {
    let head = format!(
        "\n{}: run {} of {}, the one in the middle by how long users were unserved\n",
        answer.label,
        answer.shown_run + 1,
        words::number(answer.runs.into())
    );
    let mut text = paint.tone(Tone::Title, head.trim_end()) + "\n";
    let rows = answer.shown.events.iter().take(LINES_MAX).map(|told| {
        let tone = if told.from_outside { Tone::Warn } else { Tone::Plain };
        vec![Cell::head_right(&clock(told.at_ms)), Cell::new(&*told.text, tone)]
    });
    text += &table(&rows.collect::<Vec<_>>(), "  ", WIDTH, paint);
    let more = answer.shown.events.len().saturating_sub(LINES_MAX);
    if more > 0 {
        text += &paint.tone(Tone::Quiet, &format!("  and {more} more, in --output json and --html\n"));
    }
    let curve = curve(&answer.users_served_mean, users as f64);
    text + &format!("  served, mean of all runs  0 {curve} {}\n", words::number(users))
}

/// The least of each part of the time: what is short is still seen.
fn curve(served: &[f64], users: f64) -> String {
    let parts = served.chunks(served.len().div_ceil(CURVE).max(1));
    let height = |part: &[f64]| {
        let least = part.iter().copied().fold(users, f64::min);
        let place = (least / users.max(1.0) * HEIGHTS.len() as f64).floor() as usize;
        HEIGHTS[place.min(HEIGHTS.len() - 1)]
    };
    parts.map(height).collect()
}

fn sides(answers: &[Answer], paint: Paint) -> String {
    let mut rows = vec![vec![Cell::default()]];
    rows[0].extend(answers.iter().map(|answer| Cell::head_right(&answer.label)));
    for (name, values) in differing_timers(answers) {
        let mut row = vec![Cell::from(name)];
        row.extend(values.iter().map(|value| Cell::right(value)));
        rows.push(row);
    }
    for figure in figures(answers) {
        let indent = if figure.name.starts_with("of that") { "  " } else { "" };
        let mut row = vec![Cell::from(format!("{indent}{}", figure.name))];
        row.extend(figure.values.iter().map(|value| Cell::right(value)));
        rows.push(row);
    }
    table(&rows, "", WIDTH, paint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_dip_is_seen_in_the_curve() {
        let mut served = vec![100.0; 240];
        served[7] = 50.0;
        let curve = curve(&served, 100.0);
        assert_eq!(curve.chars().count(), CURVE);
        assert_eq!(curve.chars().take(3).collect::<String>(), "█▅█");
    }
}
