//! What the steps of the scenarios do, one file a noun.

mod admin;
mod clock;
mod configuration;
mod heartbeat;
mod node;
mod policy;
mod service;
mod users;
