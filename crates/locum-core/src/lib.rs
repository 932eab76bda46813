//! The state machine of a Locum node.
//!
//! Sans-I/O: [`Core::handle`] takes the time and one [`Input`] and gives [`Effect`]s; it awaits nothing, reads no
//! clock and draws no random number. Everything it decides stands in one table, [`table::ROWS`], which runs, is
//! printed (`docs/fsm.md`), is checked for gaps and shadowed rows, and is cited by every journal entry.
//!
//! The same source runs natively, in simulation, and as a WebAssembly component in the daemon.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod advice;
mod alarm;
mod bytes;
mod effect;
mod heartbeat;
mod input;
mod joint;
mod law;
mod machine;
mod memory;
mod parameters;
mod state;
pub mod table;
mod view;
mod witness;

pub use advice::{Advice, advise};
pub use alarm::Alarm;
pub use effect::{Answer, Direction, Effect, Evidence, Gate, Notice, Obstacle, Refusal, Transition, Trigger};
pub use heartbeat::{Announced, Directory, Echo, Heartbeat, Switch};
pub use input::{Command, Health, Input, PeerLoss};
pub use joint::{JOINT_ROWS, JointRow, Side, joint_row};
pub use law::{LAW, Law, Weakness};
pub use machine::{Clock, Core, Deadline, Echoes, Home, News, SnapshotError, Start, Term};
pub use memory::Memory;
pub use parameters::{Difference, Parameters, Partition, Rank, Service, Settings};
pub use state::{Reason, State, States};
pub use view::{LeaseView, PeerView, ServiceView, Timer, TimerKind, View, WitnessView};
pub use witness::{LeaseRecord, LeaseReply, Wish, WitnessRequest};
