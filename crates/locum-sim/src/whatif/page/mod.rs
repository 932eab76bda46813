//! One page that needs nothing else.

mod chart;

use locum_config::WhatIf;

use super::answer::{Answer, assumptions};
use super::figures::{clock, differing_timers, figures, grouped};

const STYLE: &str = include_str!("page.css");
/// How much of a story is told.
const LINES_MAX: usize = 400;

/// The page: each setting as a picture, then the figures side by side, what was asked and what was assumed.
pub fn page(what_if: &WhatIf, answers: &[Answer]) -> String {
    let title = if what_if.title.is_empty() { "What if" } else { &what_if.title };
    let lasts_ms = u64::try_from(what_if.lasts.as_millis()).unwrap_or(u64::MAX);
    let users = what_if.users.map(u64::from);
    let asked = format!(
        "{} users, {} at home on a and {} on b; {} runs of {} from seed {}",
        grouped(users[0] + users[1]),
        grouped(users[0]),
        grouped(users[1]),
        grouped(what_if.runs.into()),
        super::tune::span_in_words(lasts_ms as f64),
        what_if.seed
    );
    let cards: String = answers.iter().map(|answer| card(answer, what_if.users, lasts_ms)).collect();
    let assumed = assumptions(what_if).iter().map(|told| format!("<li>{}</li>\n", escape(told))).collect::<String>();
    let parts = [
        format!("<h1>{}</h1>\n<p class=\"dim\">{asked}</p>", escape(title)),
        format!("<div class=\"settings\">\n{cards}</div>"),
        format!("<h2>The figures</h2>\n{}", table(answers)),
        format!("<h2>The timers</h2>\n{}", timers(answers)),
        format!("<h2>What was assumed</h2>\n<ul>\n{assumed}</ul>"),
    ];
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n{}\n</body>\n</html>\n",
        escape(title),
        parts.join("\n")
    )
}

fn card(answer: &Answer, users: [u32; 2], lasts_ms: u64) -> String {
    let chart = chart::chart(answer, users, lasts_ms);
    let lines = answer.shown.events.iter().take(LINES_MAX).map(|told| {
        let class = if told.from_outside { "outside" } else { "" };
        format!(
            "<tr><td class=\"time\">{}</td><td class=\"{class}\">{}</td></tr>\n",
            clock(told.at_ms),
            escape(&told.text)
        )
    });
    let lines: String = lines.collect();
    let more = answer.shown.events.len().saturating_sub(LINES_MAX);
    let more = if more == 0 { String::new() } else { format!("<p class=\"dim\">and {more} more</p>") };
    format!(
        "<div class=\"card\"><h3>{}</h3>\n<p class=\"dim\">Run {} of {}: the one in the middle, by how long users were \
         unserved</p>\n{chart}<details><summary>What happened in this run</summary>\n<div class=\"scroll\"><table>\n{lines}\
         </table></div>{more}</details></div>\n",
        escape(&answer.label),
        answer.shown_run + 1,
        answer.runs
    )
}

fn table(answers: &[Answer]) -> String {
    let rows = figures(answers).into_iter().map(|figure| {
        let class = if figure.name.starts_with("of that") { "inner" } else { "" };
        row(figure.name, class, &figure.values)
    });
    framed(answers, &rows.collect::<String>())
}

/// Every timer; those that differ first.
fn timers(answers: &[Answer]) -> String {
    let differing = differing_timers(answers);
    let is_same = |name: &str| differing.iter().all(|(other, _)| other != name);
    let same = answers.first().into_iter().flat_map(|answer| &answer.timers).filter(|(name, _)| is_same(name));
    let same = same.map(|(name, value)| (name.clone(), vec![value.clone(); answers.len()]));
    let rows = differing.iter().cloned().chain(same).map(|(name, values)| row(&name, "", &values));
    framed(answers, &rows.collect::<String>())
}

fn framed(answers: &[Answer], rows: &str) -> String {
    let heads = answers.iter().map(|answer| format!("<th class=\"figure\">{}</th>", escape(&answer.label)));
    let heads = heads.collect::<String>();
    format!(
        "<div class=\"scroll\"><table>\n<thead><tr><th></th>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>"
    )
}

fn row(name: &str, class: &str, values: &[String]) -> String {
    let values = values.iter().map(|value| format!("<td class=\"figure\">{}</td>", escape(value)));
    format!("<tr><td class=\"{class}\">{}</td>{}</tr>\n", escape(name), values.collect::<String>())
}

/// Text as HTML, between tags and in attributes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
