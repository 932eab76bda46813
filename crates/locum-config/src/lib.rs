//! The one TOML file a node reads, and the one that asks what would happen to two of them.
//!
//! Every key is declared once, in `keys.rs` and `what_if/keys.rs`: its name, what it may hold, its default in either
//! profile, whether a reload may change it, and its documentation. The reader, the JSON Schema, the comparison of two
//! configurations and the Rust types all come from that declaration, so they cannot drift apart.
//!
//! A file with faults is refused whole, with every fault in it.

mod address;
mod fault;
#[macro_use]
mod reader;
#[macro_use]
mod kinds;
mod keys;
mod load;
mod reload;
mod relogin;
mod rules;
mod settings;
mod what_if;
mod witness;

pub use address::Endpoint;
pub use fault::{Fault, Faults};
pub use keys::{
    Admin, Config, Group, Mode, Node, OnPartition, Peer, Plugins, Probe, Profile, Restart, Role, Security, Service,
    Supervise, Token, Transport, Users, Witness, WitnessKind,
};
pub use kinds::duration_ms;
pub use reload::{Change, Reload};
pub use relogin::relogin_upper_limit;
pub use what_if::{Background, Event, Happens, Home, Kept, Timers, Trouble, WhatIf, settings};
