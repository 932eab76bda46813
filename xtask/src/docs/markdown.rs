//! The little of Markdown that the pages need.

use std::fmt::Display;

/// A table with these headings.
pub(super) fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = line(head.map(String::from)) + &line([const { "---" }; N].map(String::from));
    table.extend(rows.into_iter().map(line));
    table
}

fn line<const N: usize>(cells: [String; N]) -> String {
    let cells = cells.map(|cell| cell.replace('|', "\\|").split_whitespace().collect::<Vec<_>>().join(" "));
    format!("| {} |\n", cells.join(" | "))
}

/// The items with this between them; a dash where there are none.
pub(super) fn joined(items: impl IntoIterator<Item = impl Display>, between: &str) -> String {
    let items: Vec<_> = items.into_iter().map(|item| item.to_string()).collect();
    if items.is_empty() { "–".into() } else { items.join(between) }
}

/// A Mermaid diagram.
pub(super) fn mermaid(lines: impl IntoIterator<Item = String>) -> String {
    let lines: String = lines.into_iter().map(|line| format!("    {line}\n")).collect();
    format!("```mermaid\nstateDiagram-v2\n    direction LR\n{lines}```\n")
}
