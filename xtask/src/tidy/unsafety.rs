//! Unsafe code has its file, and the core knows neither it nor the standard library.

use super::{Finding, files::Files};

/// Where what was compiled ahead of time is loaded, which cannot be done safely.
const UNSAFE_FILE: &str = "crates/locum-host/src/cache.rs";
/// Where the entry points of the core's component are generated, which are unsafe by nature.
const GENERATED_FILE: &str = "crates/locum-core-component/src/lib.rs";
const CORE: &str = "crates/locum-core/src/lib.rs";
const CORE_ATTRIBUTES: [&str; 2] = ["#![no_std]", "#![forbid(unsafe_code)]"];

pub(super) fn check(files: &Files) -> Vec<Finding> {
    let core = files.get(CORE).unwrap_or_default();
    let missing = CORE_ATTRIBUTES.iter().filter(|attribute| !core.lines().any(|line| line.trim() == **attribute));
    let missing = missing.map(|attribute| {
        Finding::new(
            CORE,
            format!("`{attribute}` is missing"),
            "the core runs anywhere and does nothing unsafe: add it",
        )
    });
    let is_free = |path: &str| ![UNSAFE_FILE, GENERATED_FILE].contains(&path) && !path.starts_with("xtask/src/tidy");
    let strays = files.ending(".rs").filter(|(path, _)| is_free(path));
    let strays = strays.flat_map(|(path, text)| {
        let lines = text.lines().enumerate().filter(|(_, line)| is_unsafe(line));
        lines.map(move |(line, _)| {
            let remedy = format!("do it safely; if that cannot be, do it in {UNSAFE_FILE}");
            Finding::new(format!("{path}:{}", line + 1), "unsafe code", remedy)
        })
    });
    missing.chain(strays).collect()
}

fn is_unsafe(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.contains("unsafe") && !CORE_ATTRIBUTES.contains(&code.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_code_is_found_with_its_line() {
        let files = Files::of([
            (CORE, "#![no_std]\n#![forbid(unsafe_code)]\n// unsafe is not for us\n"),
            (UNSAFE_FILE, "unsafe { load() }\n"),
            ("crates/locum/src/main.rs", "fn main() {\n    unsafe { exit() }\n}\n"),
        ]);
        let places: Vec<_> = check(&files).into_iter().map(|finding| finding.place).collect();
        assert_eq!(places, ["crates/locum/src/main.rs:2"]);
    }

    #[test]
    fn the_core_needs_both_attributes() {
        let files = Files::of([(CORE, "#![no_std]\n")]);
        assert_eq!(check(&files)[0].what, "`#![forbid(unsafe_code)]` is missing");
    }
}
