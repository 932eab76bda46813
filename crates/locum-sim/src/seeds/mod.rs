//! Histories drawn from seeds, played and checked: the same seed gives the same history, and the same trace.
//!
//! What is checked stands in [`Fault`]. A history at which it fails is shrunk to the few happenings that matter, and can
//! be kept as a file.

mod check;
mod crew;
mod draw;
mod mend;
mod shrink;

pub use check::{Fault, Run, check};
pub use crew::{Budget, Failure, Maker, Tally, play, work};
pub use draw::draw;
pub use shrink::shrink;
