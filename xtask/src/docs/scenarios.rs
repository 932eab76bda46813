//! `docs/scenarios.md`: what the features show, and where.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use gherkin::{Feature, GherkinEnv, Scenario};
use locum_core::JOINT_ROWS;

use super::markdown::{joined, table};
use super::rows::side;

const INTRODUCTION: &str = "\
Scenarios say *node 1* and *node 2*: node 1 is the node whose users move, node 2 its backup. Each is played twice, with
either node first by name, on the native state machine, on its component and on real daemons: `cargo xtask features`.
What only a simulated group can show, in virtual time, says why.

";

/// The tag of what no daemon can show, before its reason.
const SIMULATED: &str = "simulated:";

/// A feature's file and what is in it.
struct Book {
    file: String,
    feature: Feature,
}

/// The page for the features of this folder.
///
/// # Errors
/// A feature cannot be read.
pub(super) fn body(folder: &Path) -> Result<String> {
    let books = read(folder)?;
    let mut rows: BTreeMap<u8, Vec<String>> = BTreeMap::new();
    for book in &books {
        for scenario in book.scenarios() {
            for (line, name) in examples(scenario) {
                rows.entry(row_of(&name).unwrap_or(0)).or_default().push(book.link(line, &name));
            }
        }
    }
    let cells = JOINT_ROWS.iter().map(|row| {
        let scenarios = rows.remove(&row.number).unwrap_or_default();
        [row.number.to_string(), side(&row.first), side(&row.second), joined(scenarios, "<br/>")]
    });
    let pairs = table(["No.", "Node 1", "Node 2", "Scenarios"], cells);
    let chapters: String = books.iter().map(Book::chapter).collect();
    Ok(format!("{INTRODUCTION}## The 24 documented pairs\n\n{pairs}{chapters}"))
}

fn read(folder: &Path) -> Result<Vec<Book>> {
    let mut books = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "feature") {
            let feature = Feature::parse_path(&path, GherkinEnv::default())?;
            books.push(Book { file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(), feature });
        }
    }
    books.sort_by(|one, other| one.file.cmp(&other.file));
    Ok(books)
}

impl Book {
    fn scenarios(&self) -> impl Iterator<Item = &Scenario> {
        self.feature.scenarios.iter().chain(self.feature.rules.iter().flat_map(|rule| &rule.scenarios))
    }

    fn link(&self, line: usize, name: &str) -> String {
        format!("[{}](../features/{}#L{line})", plain(name), self.file)
    }

    fn chapter(&self) -> String {
        let Feature { name, description, scenarios, rules, tags, .. } = &self.feature;
        let mut chapter = format!("\n## {}\n\n{}{}", plain(name), why(tags), prose(description.as_deref()));
        chapter += &scenarios.iter().map(|scenario| self.item(scenario)).collect::<String>();
        for rule in rules {
            let (title, about) = (plain(&rule.name), prose(rule.description.as_deref()));
            chapter += &format!("\n### {title}\n\n{}{about}", why(&rule.tags));
            chapter += &rule.scenarios.iter().map(|scenario| self.item(scenario)).collect::<String>();
        }
        chapter
    }

    /// A scenario; of an outline, how many examples it has, and which of them are played by daemons too.
    fn item(&self, scenario: &Scenario) -> String {
        let mut item = format!("- {}", self.link(scenario.position.line, &scenario.name));
        let all = examples(scenario).len();
        if !scenario.examples.is_empty() {
            item += &format!(", {all} example{}", if all == 1 { "" } else { "s" });
        }
        for reason in reasons(&scenario.tags) {
            item += &format!(" – *simulated only: {reason}*");
        }
        for examples in &scenario.examples {
            let count = examples.table.as_ref().map_or(0, |table| table.rows.len().saturating_sub(1));
            for reason in reasons(&examples.tags) {
                item += &format!(" – *{count} of them simulated only: {reason}*");
            }
        }
        item + "\n"
    }
}

/// Every example of an outline, by its line and with its own name; a scenario that is none stands for itself.
fn examples(scenario: &Scenario) -> Vec<(usize, String)> {
    if scenario.examples.is_empty() {
        return vec![(scenario.position.line, scenario.name.clone())];
    }
    let mut lines = Vec::new();
    for examples in &scenario.examples {
        let rows = examples.table.as_ref().map_or(&[][..], |table| &table.rows);
        let Some((head, rows)) = rows.split_first() else { continue };
        for (place, row) in rows.iter().enumerate() {
            let fill = |name: String, (key, value): (&String, &String)| name.replace(&format!("<{key}>"), value);
            let name = head.iter().zip(row).fold(scenario.name.clone(), fill);
            // Below the word `Examples` stands the head.
            lines.push((examples.position.line + 2 + place, name));
        }
    }
    lines
}

/// The documented row that a scenario is about: the one that its name begins with.
fn row_of(name: &str) -> Option<u8> {
    name.strip_prefix("Row ")?.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

fn reasons(tags: &[String]) -> impl Iterator<Item = String> {
    tags.iter().filter_map(|tag| Some(tag.strip_prefix(SIMULATED)?.replace('-', " ")))
}

fn why(tags: &[String]) -> String {
    reasons(tags).map(|reason| format!("*Simulated only: {reason}.*\n\n")).collect()
}

/// A description as a paragraph, if there is one.
fn prose(description: Option<&str>) -> String {
    let lines = description.unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty());
    let text = plain(&lines.collect::<Vec<_>>().join("\n"));
    if text.is_empty() { text } else { format!("{text}\n\n") }
}

/// Text that Markdown does not take for HTML.
fn plain(text: &str) -> String {
    text.replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEATURE: &str = "\
Feature: A thing
  What it is about.

  Rule: One
    Scenario Outline: Row <row>: <how>
      Given nothing

      Examples:
        | row | how  |
        | 3   | so   |
        | 4   | thus |

      @simulated:it-is-quick
      Examples:
        | row | how   |
        | 5   | never |
";

    #[test]
    fn every_row_leads_to_its_example() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thing.feature"), FEATURE).unwrap();
        let page = body(folder.path()).unwrap();
        let row = |number: u8| page.lines().find(|line| line.starts_with(&format!("| {number} |"))).unwrap();
        assert!(row(4).ends_with("| [Row 4: thus](../features/thing.feature#L11) |"), "{}", row(4));
        assert!(row(5).ends_with("| [Row 5: never](../features/thing.feature#L16) |"), "{}", row(5));
        assert!(row(6).ends_with("| – |"), "{}", row(6));
        let item = "- [Row &lt;row>: &lt;how>](../features/thing.feature#L5), 3 examples – *1 of them simulated only: it is quick*";
        assert!(page.contains(&format!("## A thing\n\nWhat it is about.\n\n\n### One\n\n{item}\n")), "{page}");
    }
}
