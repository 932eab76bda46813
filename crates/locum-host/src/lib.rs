//! The host of Locum's plugins: it loads components, holds them to their limits, and checks what they answer.
//!
//! Data flows one way: a [`Loader`] makes a [`Loaded`] component from a file; a handle ([`policy::Policy`],
//! [`transport::Transport`], [`probe::Probe`], [`state_machine::StateMachine`]) makes a running plugin from that. Types of the WIT package stay
//! inside; callers see plain Rust.
//!
//! **Invariants.** Policies, transports and state machines import nothing, and fuel decides how long they may run, so the same call
//! ends the same way on every machine. A plugin that traps, overruns or answers nonsense costs its caller one
//! [`Fault`], never the process: its store is dropped and the next call starts a fresh one.

mod bindings;
mod cache;
mod engine;
mod error;
mod grants;
mod guest;
mod inspect;
mod limits;
mod loader;
pub mod policy;
pub mod probe;
pub mod state_machine;

pub mod transport;

pub use engine::Engines;
pub use error::{Fault, HostError};
pub use grants::{Grant, GrantError, Grants, Power};
pub use inspect::{Inspection, World, inspect};
pub use limits::Limits;
pub use loader::{Loaded, Loader};
