//! Words that do not belong here, each with what to write instead.

use super::{Finding, files::Files};

/// In Rust and in manifests.
const IN_CODE: [(&str, &str); 10] = [
    ("todo!", "write it, or leave the feature out whole"),
    ("unimplemented!", "write it, or leave the feature out whole"),
    ("dbg!", "use `tracing::debug!`, or nothing"),
    ("#[allow(", "use `#[expect(.., reason = \"..\")]`, which says so when it is no longer needed"),
    ("#![allow(", "use `#[expect(.., reason = \"..\")]` on the item that needs it"),
    ("#[ignore", "make the test pass, or delete it"),
    ("lazy_static", "use `std::sync::LazyLock`"),
    ("once_cell", "use `std::sync::LazyLock` or `std::sync::OnceLock`"),
    ("async_trait", "use an `async fn` on a concrete type, or a closed enum"),
    ("Box<dyn Error", "use a `thiserror` enum in a library, `anyhow` in a binary"),
];

/// In every text.
const ANYWHERE: [(&str, &str); 6] = [
    ("/home/", "name the file from the root of the project, or make a temporary one"),
    ("/Users/", "name the file from the root of the project, or make a temporary one"),
    ("/root/", "name the file from the root of the project, or make a temporary one"),
    ("FIXME", "mend it"),
    ("<<<<<<< ", "finish the merge"),
    (">>>>>>> ", "finish the merge"),
];

pub(super) fn check(files: &Files) -> Vec<Finding> {
    let ours = files.all().filter(|(path, _)| *path != "Cargo.lock" && *path != "xtask/src/tidy/words.rs");
    ours.flat_map(|(path, text)| {
        let is_code = path.ends_with(".rs") || path.ends_with(".toml");
        let code_words = if is_code { &IN_CODE[..] } else { &[] };
        let words = || ANYWHERE.iter().chain(code_words);
        let lines = text.lines().enumerate();
        let in_line = move |(number, line): (usize, &str)| {
            let found = words().filter(|(word, _)| has_word(line, word)).copied();
            let finding =
                |(word, instead)| Finding::new(format!("{path}:{}", number + 1), format!("`{word}`"), instead);
            found.map(finding).collect::<Vec<_>>()
        };
        lines.flat_map(in_line).collect::<Vec<_>>()
    })
    .collect()
}

/// Whether the word stands there by itself, and not at the end of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let begins = |at: usize| !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
    line.match_indices(word).any(|(at, _)| begins(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_where_it_stands() {
        let files = Files::of([
            ("a.rs", "fn a() {\n    todo!()\n}\n"),
            ("b.toml", "lazy_static = \"1\"\n"),
            ("c.md", "see /home/me/x, and never write todo!\n"),
            ("Cargo.lock", "once_cell\n"),
        ]);
        let found: Vec<_> = check(&files).into_iter().map(|finding| (finding.place, finding.what)).collect();
        let expected = [("a.rs:2", "`todo!`"), ("b.toml:1", "`lazy_static`"), ("c.md:1", "`/home/`")];
        assert_eq!(found, expected.map(|(place, what)| (place.to_owned(), what.to_owned())));
    }

    #[test]
    fn a_longer_word_is_another_word() {
        assert!(!has_word("my_dbg!(x)", "dbg!") && has_word("(dbg!(x))", "dbg!"));
        assert!(!has_word("docs/home/index.md", "/home/"));
    }
}
