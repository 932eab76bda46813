//! The file that asks `locum sim` what would happen.

mod keys;
mod load;
mod rules;

pub use keys::{Background, Event, Happens, Home, Kept, Timers, Trouble, WhatIf};
pub use load::settings;
