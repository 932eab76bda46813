//! Links in Markdown lead to files and headings that are there.

use super::{Finding, files::Files};

pub(super) fn check(files: &Files) -> Vec<Finding> {
    let broken = |path, text| {
        move |(line, target): (usize, String)| {
            let what = why_broken(files, path, text, &target)?;
            Some(Finding::new(
                format!("{path}:{line}"),
                format!("`{target}`: {what}"),
                "mend the link, or what it leads to",
            ))
        }
    };
    files.ending(".md").flat_map(|(path, text)| links(text).into_iter().filter_map(broken(path, text))).collect()
}

fn why_broken(files: &Files, path: &str, text: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, heading) = target.split_once('#').map_or((target, None), |(file, heading)| (file, Some(heading)));
    let Some(file) = resolve(path, file) else { return Some("leads out of the project".to_owned()) };
    if !files.has(&file) {
        return Some(format!("there is no {file}"));
    }
    let heading = heading?;
    let text = if file == path { text } else { files.get(&file)? };
    if !file.ends_with(".md") {
        let line = heading.strip_prefix('L').and_then(|line| line.parse().ok());
        let is_there = line.is_some_and(|line| (1..=text.lines().count()).contains(&line));
        return (!is_there).then(|| format!("{file} has no such line"));
    }
    (!anchors(text).iter().any(|anchor| anchor == heading)).then(|| format!("{file} has no such heading"))
}

/// The path from the root of what a link in this file means; nothing if that lies outside.
fn resolve(from: &str, target: &str) -> Option<String> {
    if target.is_empty() {
        return Some(from.to_owned());
    }
    let (mut parts, target) = match target.strip_prefix('/') {
        Some(target) => (Vec::new(), target),
        None => (from.split('/').rev().skip(1).collect::<Vec<_>>().into_iter().rev().collect(), target),
    };
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop()?,
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The prose of a text, line by line with the line's number: no fenced blocks.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(number, line)| {
        let is_fence = line.trim_start().starts_with("```");
        fenced ^= is_fence;
        (!fenced && !is_fence).then_some((number + 1, line))
    })
}

/// Targets of `[text](target)` and `[name]: target`, with their lines.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (number, line) in prose(text) {
        // What stands between backticks is code: every second piece.
        let line: String = line.split('`').step_by(2).collect();
        let inline = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let named = line.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map(|(_, rest)| rest);
        let targets = inline.chain(named).filter_map(|target| target.split_whitespace().next());
        links.extend(targets.map(|target| (number, target.trim_matches(['<', '>']).to_owned())));
    }
    links
}

/// The anchors of the headings, as they are made where Markdown is shown: small letters, hyphens for blanks, no
/// punctuation, and a number after the second of two that are alike.
fn anchors(text: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for (_, line) in prose(text) {
        let title = line.trim_start_matches('#');
        if title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let keep = |character: &char| character.is_alphanumeric() || "-_ ".contains(*character);
        let base: String = title.trim().to_lowercase().chars().filter(keep).collect::<String>().replace(' ', "-");
        let numbered = (1..).map(|number| format!("{base}-{number}"));
        let anchor = std::iter::once(base.clone()).chain(numbered).find(|anchor| !anchors.contains(anchor));
        anchors.extend(anchor);
    }
    anchors
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str) -> Vec<String> {
        let files = Files::of([
            ("docs/a.md", text),
            ("docs/b.md", "# One thing\n## §2 Row `x` & more\n## One thing\n"),
            ("README.md", ""),
            ("c.feature", "Feature: two\n  lines\n"),
        ]);
        check(&files).into_iter().map(|finding| format!("{} {}", finding.place, finding.what)).collect()
    }

    #[test]
    fn what_is_there_is_found() {
        let text =
            "[b](b.md) [r](../README.md) [r](/README.md) [d](../docs) [e](https://example.org)\n[me](#here)\n# Here\n";
        assert_eq!(broken(text), Vec::<String>::new());
        assert_eq!(broken("[x](b.md#one-thing) [x](b.md#one-thing-1) [x](b.md#2-row-x--more)"), Vec::<String>::new());
    }

    #[test]
    fn what_is_not_there_is_named_with_its_line() {
        assert_eq!(broken("\n[c](c.md)"), ["docs/a.md:2 `c.md`: there is no docs/c.md"]);
        assert_eq!(broken("[b](b.md#two)"), ["docs/a.md:1 `b.md#two`: docs/b.md has no such heading"]);
        assert_eq!(broken("[x](../../x.md)"), ["docs/a.md:1 `../../x.md`: leads out of the project"]);
        assert_eq!(broken("[l](../c.feature#L2)"), Vec::<String>::new());
        assert_eq!(broken("[l](../c.feature#L3)"), ["docs/a.md:1 `../c.feature#L3`: c.feature has no such line"]);
        assert_eq!(broken("see [x]\n\n[x]: x.md \"title\""), ["docs/a.md:3 `x.md`: there is no docs/x.md"]);
    }

    #[test]
    fn code_holds_no_links() {
        assert_eq!(broken("```\n[c](c.md)\n# Here\n```\n`[c](c.md)`"), Vec::<String>::new());
        assert_eq!(broken("```\n# Here\n```\n[x](#here)").len(), 1);
    }
}
