//! How many tests did what.

use std::{fmt, process::ExitStatus};

/// Passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) passed: u64,
    pub(super) failed: u64,
}

impl Tally {
    pub(super) fn and(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }

    /// Adds up the lines in which Rust's tests say how they went.
    pub(super) fn read(words: &str) -> Self {
        let results = words.lines().filter_map(|line| line.strip_prefix("test result: "));
        results.fold(Self::default(), |sum, result| {
            let count = |what: &str| {
                let (before, _) = result.split_once(what)?;
                before.rsplit([' ', '.']).next()?.parse().ok()
            };
            let (passed, failed) = (count(" passed").unwrap_or(0), count(" failed").unwrap_or(0));
            sum.and(Self { passed, failed })
        })
    }

    /// A program that ends badly and names no failed test has failed as a whole.
    pub(super) fn or_failed(self, status: ExitStatus) -> Self {
        if !status.success() && self.failed == 0 { Self { failed: 1, ..self } } else { self }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { passed, failed: 0 } => write!(f, "{passed} passed"),
            Self { passed, failed } => write!(f, "{passed} passed, {failed} FAILED"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn results_are_added_up() {
        let words = "running 3 tests\ntest a ... ok\n\
            test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s\n\
            \ntest result: FAILED. 1 passed; 2 failed; 0 ignored\n";
        assert_eq!(Tally::read(words), Tally { passed: 13, failed: 2 });
        assert_eq!(Tally::read("nothing of the kind"), Tally::default());
    }

    #[test]
    fn what_ends_badly_has_failed() {
        let (good, bad) = (ExitStatus::from_raw(0), ExitStatus::from_raw(9));
        let fine = Tally { passed: 3, failed: 0 };
        assert_eq!(fine.or_failed(good), fine);
        assert_eq!(fine.or_failed(bad), Tally { passed: 3, failed: 1 });
        assert_eq!(Tally { passed: 3, failed: 2 }.or_failed(bad).failed, 2);
    }
}
