//! The state machine that a simulated node runs.

use locum_core::{Core, Deadline, Effect, Input, Settings, Start, View};

/// A running state machine, wherever it runs.
pub trait Machine {
    /// As [`Core::handle`].
    fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect>;
    /// As [`Core::next_deadline`].
    fn next_deadline(&self) -> Deadline;
    /// As [`Core::view`].
    fn view(&mut self) -> View;
}

/// Starts a state machine, as [`Core::start`] does.
pub type Factory = Box<dyn Fn(Settings, Start) -> (Box<dyn Machine>, Vec<Effect>)>;

impl Machine for Core {
    fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        Core::handle(self, now_ms, input)
    }

    fn next_deadline(&self) -> Deadline {
        Core::next_deadline(self)
    }

    fn view(&mut self) -> View {
        Core::view(self)
    }
}
