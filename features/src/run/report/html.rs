//! For people with a browser: one page that needs nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::time::Duration;

use humantime::format_rfc3339_seconds;
use locum_core::JOINT_ROWS;
use locum_core::table::ROWS;

use super::{Report, lasted, names};
use crate::run::{Record, Run, Scene, Tally};

const STYLE: &str = include_str!("page.css");

/// The page: how the backends did, every documented row and every feature down to its steps, and what is left out.
pub fn html(report: &Report<'_>) -> String {
    let page = Page { report };
    let verdict = if report.is_good() { tag("span", "good", "all hold") } else { tag("span", "bad", "not all hold") };
    let began = report.runs.first().map(|run| format_rfc3339_seconds(run.began).to_string()).unwrap_or_default();
    let parts = [
        format!("<h1>The features, played: {verdict}</h1>"),
        tag("p", "dim", format!("begun at {}; every scenario with either node first by name", escape(&began))),
        page.cards(),
        page.failures(),
        page.rows(),
        page.features(),
        page.left_out(),
    ];
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>The features, played</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{}\n</body>\n</html>\n",
        parts.join("\n")
    )
}

struct Page<'a> {
    report: &'a Report<'a>,
}

/// A scenario with what came of it on each backend, either way round.
type Played<'a> = (&'a Scene, Vec<(&'a Run, &'a Record)>);

impl Page<'_> {
    fn cards(&self) -> String {
        let mut cards: Vec<_> = self.report.runs.iter().map(|run| self.card_of(run)).collect();
        if let Some(coverage) = self.report.coverage {
            let (reached, all) = (coverage.reached_count(), ROWS.len());
            cards.push(card("transition table", &format!("{reached} of {all}"), "rows reached by scenarios"));
        }
        cards.push(match self.report.mutants {
            None => card("mutants of the core", "not measured", "cargo xtask mutants measures them"),
            Some(mutants) => {
                let all = mutants.mutants - mutants.unviable;
                let below = format!("{} of {all} survive", mutants.missed);
                card("mutants of the core", &format!("{:.1} % noticed", mutants.score_percent()), &below)
            }
        });
        tag("div", "cards", cards.concat())
    }

    fn card_of(&self, run: &Run) -> String {
        let Tally { passed, failed, skipped } = run.total();
        let covered = run.rows_covered().len();
        let below = format!("{covered} of {} rows, {skipped} skipped, {}", JOINT_ROWS.len(), lasted(run.took));
        let head = if failed == 0 { format!("{passed} passed") } else { format!("{passed} passed, {failed} failed") };
        card(&run.backend, &head, &below)
    }

    fn failures(&self) -> String {
        let failed = self.report.runs.iter().flat_map(|run| {
            run.failures().map(move |(record, failure)| {
                let (backend, order, told) = (&run.backend, &record.order, failure.told(record));
                format!("<pre>{}</pre>", escape(&format!("{backend}, {order}\n{told}")))
            })
        });
        let failed: String = failed.collect();
        if failed.is_empty() { failed } else { format!("<h2>What failed</h2>\n{failed}") }
    }

    fn rows(&self) -> String {
        let rows = JOINT_ROWS.iter().map(|row| {
            let of_row = |scene: &Scene| scene.row() == Some(row.number);
            let pair = names(row).map(|name| format!("<span>{}</span>", escape(&name))).concat();
            let scenes: String = self.played(of_row).iter().map(scene).collect();
            let scenes = if scenes.is_empty() { tag("p", "bad", "No scenario is about this row.") } else { scenes };
            let cause = tag("p", "dim", escape(row.cause));
            self.unfolding(&row.number.to_string(), &pair, of_row, &(cause + &scenes))
        });
        format!("<h2>The 24 documented pairs</h2>\n{}", rows.collect::<String>())
    }

    fn features(&self) -> String {
        let all = self.played(|_| true);
        let features = all.chunk_by(|(one, _), (other, _)| one.file == other.file).map(|scenes| {
            let (first, _) = &scenes[0];
            let rules = scenes.chunk_by(|(one, _), (other, _)| one.rule == other.rule).map(|scenes| {
                let rule = scenes[0].0.rule.as_ref().map(|rule| format!("<h3>{}</h3>", escape(rule)));
                rule.unwrap_or_default() + &scenes.iter().map(scene).collect::<String>()
            });
            let title = format!("{} <span class=\"dim\">{}</span>", escape(&first.title), escape(&first.file));
            self.unfolding("", &title, |scene| scene.file == first.file, &rules.collect::<String>())
        });
        format!("<h2>The features</h2>\n{}", features.collect::<String>())
    }

    /// What was skipped, and which rows of the transition table no scenario reaches.
    fn left_out(&self) -> String {
        let mut text = String::new();
        let skipped = self.report.skipped();
        if !skipped.is_empty() {
            let items = skipped.iter().map(|((backend, why), count)| format!("{count} on {backend}: {why}"));
            text += &format!("<h2>Skipped</h2>\n{}", list(items));
        }
        if let Some(coverage) = self.report.coverage {
            let missing = coverage.missing.values().flatten().map(|row| format!("{}: {}", row.id, row.why));
            let excused = coverage.excused.iter().map(|excuse| format!("{}, excused: {}", excuse.row, excuse.why));
            let items: Vec<_> = coverage.faults().into_iter().chain(missing).chain(excused).collect();
            if !items.is_empty() {
                text += &format!("<h2>Left out</h2>\n{}", list(items));
            }
        }
        text
    }

    fn unfolding(&self, number: &str, what: &str, of: impl Fn(&Scene) -> bool, inside: &str) -> String {
        let cells = self.report.runs.iter().map(|run| cell(&run.backend, run.tally(&of)));
        let number = tag("span", "number", number);
        let cells = tag("span", "cells", cells.collect::<String>());
        format!("<details><summary>{number}{}{cells}</summary>\n{inside}</details>\n", tag("span", "what", what))
    }

    /// In the order of the features.
    fn played(&self, of: impl Fn(&Scene) -> bool) -> Vec<Played<'_>> {
        let mut played: BTreeMap<(&str, usize), Played<'_>> = BTreeMap::new();
        for run in self.report.runs {
            for record in run.records.iter().filter(|record| of(&record.scene)) {
                let place = (record.scene.file.as_str(), record.scene.line);
                played.entry(place).or_insert((&record.scene, Vec::new())).1.push((run, record));
            }
        }
        played.into_values().collect()
    }
}

/// A scenario: its steps with the longest time that each took on a backend.
fn scene((scene, records): &Played<'_>) -> String {
    let backends: Vec<_> = records.chunk_by(|(one, _), (other, _)| one.backend == other.backend).collect();
    let cells = backends.iter().map(|records| {
        let tally = records.iter().map(|(_, record)| record.tally()).fold(Tally::default(), |sum, one| sum + one);
        cell(&records[0].0.backend, tally)
    });
    let summary = tag("span", "what", escape(&scene.name)) + &tag("span", "cells", cells.collect::<String>());
    let heads = backends.iter().map(|records| tag("th", "time", escape(&records[0].0.backend)));
    let mut table = format!("<tr><th>{}</th>{}</tr>\n", escape(&scene.place()), heads.collect::<String>());
    for (place, step) in scene.steps.iter().enumerate() {
        let fell = |record: &Record| record.tally().failed > 0 && record.steps.len() == place;
        let class = if records.iter().any(|(_, record)| fell(record)) { "bad" } else { "step" };
        let times = backends.iter().map(|records| {
            let longest = records.iter().filter_map(|(_, record)| record.steps.get(place)).max();
            tag("td", "time", longest.map_or(String::new(), |took: &Duration| escape(&lasted(*took))))
        });
        table += &format!("<tr>{}{}</tr>\n", tag("td", class, escape(step)), times.collect::<String>());
    }
    let why: BTreeSet<_> = records.iter().flat_map(|(run, record)| said(run, record)).collect();
    let why: String = why.into_iter().collect();
    let steps = tag("div", "steps", format!("<table>\n{table}</table>"));
    format!("<details><summary>{summary}</summary>\n{steps}{why}</details>\n")
}

/// Why a scenario failed or was skipped.
fn said(run: &Run, record: &Record) -> Option<String> {
    use crate::run::Outcome::{Failed, Passed, Skipped};
    match &record.outcome {
        Passed => None,
        Failed(failure) => {
            let (backend, order, step, why) = (&run.backend, &record.order, &failure.step, &failure.why);
            Some(format!("<pre>{}</pre>\n", escape(&format!("{backend}, {order}\n{step}\n{why}"))))
        }
        Skipped(why) => Some(tag("p", "skip", escape(&format!("not on {}: {why}", run.backend)))),
    }
}

fn cell(backend: &str, tally: Tally) -> String {
    let (class, sign) = match tally {
        Tally { passed: 0, failed: 0, skipped: 0 } => ("dim", String::from("–")),
        Tally { passed: 0, failed: 0, .. } => ("skip", String::from("skipped")),
        Tally { passed, failed: 0, .. } => ("good", format!("{passed} ✓")),
        Tally { passed, failed, .. } => ("bad", format!("{failed} of {} ✗", passed + failed)),
    };
    tag("span", class, format!("{} {sign}", escape(backend)))
}

fn card(title: &str, head: &str, below: &str) -> String {
    let [title, head, below] = [title, head, below].map(escape);
    format!("<div class=\"card\"><span class=\"dim\">{title}</span><b>{head}</b>{below}</div>\n")
}

fn list(items: impl IntoIterator<Item = String>) -> String {
    let items = items.into_iter().map(|item| format!("<li>{}</li>\n", escape(&item)));
    format!("<ul>\n{}</ul>\n", items.collect::<String>())
}

/// An element whose inside is HTML already.
fn tag(name: &str, class: &str, inside: impl Display) -> String {
    format!("<{name} class=\"{class}\">{inside}</{name}>")
}

/// Text as HTML, between tags.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
