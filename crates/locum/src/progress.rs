//! Progress, on the error output: a spinner or a bar where a person looks, a line for each change elsewhere.

use std::{
    io::{IsTerminal, stderr},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

/// Says how far a wait has come.
pub(crate) struct Progress {
    spinner: Option<ProgressBar>,
    last: String,
}

impl Progress {
    /// Begins.
    pub(crate) fn start() -> Progress {
        let spinner = stderr().is_terminal().then(|| {
            let spinner = ProgressBar::new_spinner();
            spinner.enable_steady_tick(Duration::from_millis(100));
            spinner
        });
        Progress { spinner, last: String::new() }
    }

    /// Says where things stand.
    pub(crate) fn say(&mut self, text: String) {
        if text == self.last {
            return;
        }
        match &self.spinner {
            Some(spinner) => spinner.set_message(text.clone()),
            None => eprintln!("{text}"),
        }
        self.last = text;
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }
}

/// A bar for runs of a simulation, where a person looks.
pub(crate) fn runs(count: u64) -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}");
    let bar = ProgressBar::new(count).with_message("runs");
    style.map_or(bar.clone(), |style| bar.with_style(style))
}

/// A bar for an upload that a person would wonder about.
pub(crate) fn upload(bytes: u64) -> ProgressBar {
    const LONG_BYTES: u64 = 256 << 10;
    if bytes < LONG_BYTES || !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}");
    let bar = ProgressBar::new(bytes).with_message("users");
    style.map_or(bar.clone(), |style| bar.with_style(style))
}
