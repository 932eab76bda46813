//! Every line of defence in the threat model names tests that are there.

use std::collections::BTreeSet;

use super::{Finding, files::Files};

const MODEL: &str = "docs/security.md";
/// How the head of a table of defences ends.
const HEAD: &str = "| Shown by |";

pub(super) fn check(files: &Files) -> Vec<Finding> {
    let Some(model) = files.get(MODEL) else {
        return vec![Finding::new(MODEL, "there is no threat model", "say what is defended against whom, and how")];
    };
    let tests: BTreeSet<&str> = files.ending(".rs").flat_map(|(_, text)| tests(text)).collect();
    let finding = |(line, what)| {
        let remedy = "name a test that would fail without this defence, by its function";
        Finding::new(format!("{MODEL}:{line}"), what, remedy)
    };
    rows(model)
        .flat_map(|(line, names)| faults(&tests, &names).into_iter().map(move |what| (line, what)))
        .map(finding)
        .collect()
}

/// What is wrong with the tests that a row names.
fn faults(tests: &BTreeSet<&str>, names: &[&str]) -> Vec<String> {
    let missing = names.iter().filter(|name| !tests.contains(*name)).map(|name| format!("there is no test `{name}`"));
    let none = names.is_empty().then(|| "no test shows this".to_owned());
    none.into_iter().chain(missing).collect()
}

/// The rows of the tables of defences, with the line and what stands between backticks in the last column.
fn rows(model: &str) -> impl Iterator<Item = (usize, Vec<&str>)> {
    let mut is_defence = false;
    model.lines().enumerate().filter_map(move |(number, line)| {
        let is_head = line.ends_with(HEAD);
        is_defence = line.starts_with('|') && (is_defence || is_head);
        let last = line.trim_end_matches('|').rsplit('|').next().unwrap_or_default();
        let is_row = is_defence && !is_head && !line.starts_with("|---");
        is_row.then(|| (number + 1, last.split('`').skip(1).step_by(2).collect()))
    })
}

/// The names of the tests in a source file: functions with an attribute that ends in `test`.
fn tests(text: &str) -> Vec<&str> {
    let mut is_test = false;
    let mut names = Vec::new();
    for line in text.lines().map(str::trim) {
        let attribute = line.strip_prefix("#[").and_then(|rest| rest.split([']', '(']).next());
        is_test |= attribute.is_some_and(|path| path == "test" || path.ends_with("::test"));
        let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        if let Some(function) = function {
            names.extend(function.split(['(', '<']).next().filter(|_| is_test));
            is_test = false;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(model: &str) -> Vec<String> {
        let source = "#[test]\nfn holds() {}\nfn helps() {}\n#[tokio::test(flavor = \"x\")]\n#[cfg(unix)]\nasync fn waits() {}\n";
        let files = Files::of([(MODEL, model), ("crates/a/tests/a.rs", source)]);
        check(&files).into_iter().map(|finding| format!("{} {}", finding.place, finding.what)).collect()
    }

    #[test]
    fn tests_that_are_there_show_what_they_are_named_for() {
        assert_eq!(found("| What | Shown by |\n|---|---|\n| a `key` | `holds`, `waits` |\n"), Vec::<String>::new());
        assert_eq!(found("| Who | May |\n|---|---|\n| `anybody` | look |\n"), Vec::<String>::new());
    }

    #[test]
    fn a_defence_without_a_test_is_named_with_its_line() {
        let model = "| What | Shown by |\n|---|---|\n| a | `helps` |\n| b | nobody |\n\n| c | `other` |\n";
        let expected = ["docs/security.md:3 there is no test `helps`", "docs/security.md:4 no test shows this"];
        assert_eq!(found(model), expected);
    }

    #[test]
    fn the_model_itself_must_be_there() {
        assert_eq!(check(&Files::of([("README.md", "")])).len(), 1);
    }
}
