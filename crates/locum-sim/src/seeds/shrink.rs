//! A failing history, without what does not matter.

use super::check::{Fault, Run, check};
use crate::history::{History, usual_services};
use crate::parts::Parts;

/// How often a history is played to make it smaller.
const TRIES_MAX: u32 = 2_000;

/// The smallest history found that fails in the same way: with as little happening as possible, as early as possible.
pub fn shrink(failing: &History, fault: &Fault, parts: &dyn Fn() -> Parts) -> Option<Run> {
    let mut shrinking = Shrinking { best: failing.clone(), run: None, fault, parts, tries: 0 };
    if !shrinking.fails(failing.clone()) {
        return None;
    }
    loop {
        let before = shrinking.best.clone();
        shrinking.leave_out();
        shrinking.bring_forward();
        shrinking.simplify();
        if shrinking.best == before || shrinking.tries >= TRIES_MAX {
            return shrinking.run;
        }
    }
}

struct Shrinking<'a> {
    best: History,
    run: Option<Run>,
    fault: &'a Fault,
    parts: &'a dyn Fn() -> Parts,
    tries: u32,
}

impl Shrinking<'_> {
    /// Whether this history fails in the same way; then it is the best so far.
    fn fails(&mut self, history: History) -> bool {
        self.tries += 1;
        if self.tries > TRIES_MAX {
            return false;
        }
        let Ok(run) = check(&history, (self.parts)()) else { return false };
        let same = run.fault.as_ref().is_some_and(|fault| fault.kind() == self.fault.kind());
        if same {
            (self.best, self.run) = (history, Some(run));
        }
        same
    }

    /// Leaves happenings out: halves, quarters, … and at last single ones.
    fn leave_out(&mut self) {
        let mut count = self.best.happenings.len().div_ceil(2);
        while count > 0 {
            let mut from = 0;
            while from < self.best.happenings.len() {
                let mut fewer = self.best.clone();
                let until = (from + count).min(fewer.happenings.len());
                fewer.happenings.drain(from..until);
                if !self.fails(fewer) {
                    from += count;
                }
            }
            count = if count == 1 { 0 } else { count.div_ceil(2) };
        }
    }

    /// Makes the waits between happenings shorter.
    fn bring_forward(&mut self) {
        for place in 0..self.best.happenings.len() {
            let before_ms = if place == 0 { 0 } else { self.best.happenings[place - 1].at_ms };
            let wait_ms = self.best.happenings[place].at_ms - before_ms;
            for shorter_ms in [0, wait_ms / 4, wait_ms / 2, wait_ms / 100 * 100, wait_ms / 10 * 10] {
                if shorter_ms < wait_ms && self.fails(self.with_wait(place, wait_ms - shorter_ms)) {
                    break;
                }
            }
        }
        let ends_ms = self.best.happenings.last().map_or(0, |last| last.at_ms);
        if self.best.lasts_ms > ends_ms {
            _ = self.fails(History { lasts_ms: ends_ms, ..self.best.clone() });
        }
    }

    /// The best so far, with everything from this place on so much earlier.
    fn with_wait(&self, place: usize, earlier_ms: u64) -> History {
        let mut sooner = self.best.clone();
        sooner.happenings[place..].iter_mut().for_each(|happening| happening.at_ms -= earlier_ms);
        sooner.lasts_ms = sooner.lasts_ms.saturating_sub(earlier_ms);
        sooner
    }

    /// Tries the usual values.
    fn simplify(&mut self) {
        for key in self.best.set.keys().cloned().collect::<Vec<_>>() {
            let mut simpler = self.best.clone();
            simpler.set.remove(&key);
            _ = self.fails(simpler);
        }
        if self.best.services != usual_services() {
            _ = self.fails(History { services: usual_services(), ..self.best.clone() });
        }
        for users in [0, 2] {
            if users < self.best.users && self.fails(History { users, ..self.best.clone() }) {
                break;
            }
        }
        if self.best.seed != 0 {
            _ = self.fails(History { seed: 0, ..self.best.clone() });
        }
    }
}
