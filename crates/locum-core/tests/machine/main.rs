//! One node against the rules of `docs/behaviour.md`, on a virtual clock: what it is told comes from here, to the
//! millisecond, and so does everything that its peer says.

mod alarms;
mod fallback;
mod gate;
mod goodbye;
mod heartbeats;
mod node;
mod peer;
mod rights;
mod services;
mod stalls;
mod start;
mod timeless;
