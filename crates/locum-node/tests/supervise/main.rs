//! Guarded services, with real processes. The helper is `examples/supervised.rs`.

mod commands;
mod epoch;
mod fence;
mod help;
mod looking;
mod operator;
mod restarting;
mod shepherd;
mod stopping;
