//! What would happen: prices of timeouts.

pub mod tune;
