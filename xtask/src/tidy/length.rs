//! A file over 500 lines is a question. Those that are longer stand in a list, and may only become shorter.

use super::{Finding, files::Files};

const LINES_MAX: usize = 500;
/// One line a file: its path and how many lines it may have. `#` begins a comment.
const RATCHET: &str = "xtask/tidy.ratchet";

pub(super) fn check(files: &Files) -> Vec<Finding> {
    let entries = files.get(RATCHET).unwrap_or_default().lines().filter(|line| !line.starts_with('#'));
    let ratchet: Vec<(&str, usize)> = entries.filter_map(entry).collect();
    let sources = files.ending(".rs").filter_map(|(path, text)| {
        let limit = ratchet.iter().find(|(long, _)| *long == path).map_or(LINES_MAX, |(_, lines)| *lines);
        let lines = text.lines().count();
        (lines > limit).then(|| {
            let what = format!("{lines} lines, {limit} is the limit");
            Finding::new(path, what, "part it by topic: one file, one purpose")
        })
    });
    let slack = ratchet.iter().filter_map(|(path, limit)| {
        let lines = files.get(path).map_or(0, |text| text.lines().count());
        (lines < *limit).then(|| {
            let remedy = match lines {
                ..=LINES_MAX => format!("take `{path}` off the list: it is no longer too long"),
                _ => format!("write {lines} for `{path}`: it has become shorter"),
            };
            Finding::new(RATCHET, format!("allows {path} {limit} lines"), remedy)
        })
    });
    sources.chain(slack).collect()
}

fn entry(line: &str) -> Option<(&str, usize)> {
    let (path, lines) = line.split_once(' ')?;
    Some((path, lines.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(lines: usize, ratchet: &str) -> Vec<String> {
        let text = "\n".repeat(lines);
        check(&Files::of([("a.rs", &text), ("b.md", &text), (RATCHET, ratchet)]))
            .into_iter()
            .map(|finding| format!("{}: {}", finding.place, finding.remedy))
            .collect()
    }

    #[test]
    fn a_long_file_is_found() {
        assert!(findings(500, "# nothing\n").is_empty());
        assert_eq!(findings(501, "").len(), 1);
    }

    #[test]
    fn the_ratchet_only_tightens() {
        assert!(findings(600, "a.rs 600\n").is_empty());
        assert_eq!(findings(601, "a.rs 600\n"), ["a.rs: part it by topic: one file, one purpose"]);
        assert_eq!(findings(550, "a.rs 600\n"), ["xtask/tidy.ratchet: write 550 for `a.rs`: it has become shorter"]);
        let gone = "xtask/tidy.ratchet: take `a.rs` off the list: it is no longer too long";
        assert_eq!(findings(400, "a.rs 600\n"), [gone]);
    }
}
