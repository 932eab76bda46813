//! The daemon of a Locum node: it carries the state machine's effects out and brings inputs in.

pub mod admin;
pub mod api;
pub mod clock;
pub mod gate;
pub mod handle;
pub mod link;
pub mod pki;
pub mod supervise;
pub mod witness;

mod node;

pub use node::{PluginError, RunError, Stopped, run};
