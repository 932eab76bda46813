//! Process tests: real daemons, real services, real disks.
//!
//! Every wait ends when what it waits for is there, or fails after the timers that lead to it and a margin.

mod certificates;
mod departures;
mod disk;
mod fence;
mod flood;
mod frames;
mod input;
mod keys;
mod kill;
mod plugins;
mod reload;
mod secrets;
mod users;
mod witness;
