//! What comes from outside, spoilt in every way: a panic, a wait without end or a broken promise is found here first.
//!
//! Each [`Target`] takes bytes as somebody else sends them. Its seeds are what a well-meaning sender writes; the files in
//! `corpus/` are more of that, and everything that once went wrong. Inputs are made from them by [`mutate`]. Coverage is
//! not measured: that takes an instrumented build of everything, by another compiler. What a target answers stands in
//! for it: an input with an answer that was never given before is kept, and spoilt further.

mod run;
mod targets;

pub mod mutate;

pub use run::{Campaign, Report, corpus, play, replay};
pub use targets::Target;
