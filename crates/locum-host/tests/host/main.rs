//! The host against guests of every kind.

mod guests;
mod hostile;
mod loading;
mod policy;
mod probe;
mod state_machine;
mod transport;
