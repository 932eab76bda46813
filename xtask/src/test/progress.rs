//! One line a step: what it is, how it went, how long it took.

use std::time::{Duration, Instant};

use indicatif::ProgressBar;

/// How often the line of a step under way is drawn anew, where somebody watches.
const REDRAWN_EVERY: Duration = Duration::from_millis(200);

/// The steps so far.
#[derive(Default)]
pub(super) struct Progress {
    step: Option<Step>,
}

struct Step {
    title: String,
    since: Instant,
    spinner: ProgressBar,
}

impl Progress {
    /// A step begins.
    pub(super) fn begin(&mut self, title: &str) {
        let spinner = ProgressBar::new_spinner().with_message(title.to_owned());
        spinner.enable_steady_tick(REDRAWN_EVERY);
        self.step = Some(Step { title: title.to_owned(), since: Instant::now(), spinner });
    }

    /// It ends, and this came of it.
    pub(super) fn end(&mut self, outcome: &str) {
        let Some(Step { title, since, spinner }) = self.step.take() else { return };
        spinner.finish_and_clear();
        println!("{title:40} {outcome:>24} {:>8.1} s", since.elapsed().as_secs_f64());
    }
}
