//! What would happen: scenarios played many times, and prices of timeouts.

mod answer;
mod figures;
mod outcome;
mod page;
mod script;
pub mod tune;

pub use answer::{Answer, AnswerError, Spread, answer, assumptions};
pub use figures::{Figure, clock, differing_timers, figures};
pub use outcome::{Level, Outcome, Seen, Stay, Told};
pub use page::page;
