//! What people see. Every function takes documents and gives text; nothing here asks a node or prints.

mod events;
#[cfg(test)]
pub(crate) mod example;
mod nodes;
mod paint;
mod plugin;
mod proof;
mod replay;
mod status;
mod store;
mod table;
mod trial;
mod tune;
mod users;
mod what_if;
mod witness;
mod words;

pub(crate) use events::event;
pub(crate) use nodes::{pair, services};
pub(crate) use paint::Paint;
pub(crate) use plugin::plugin;
pub(crate) use proof::proof;
pub(crate) use replay::{replay, replay_head, replay_outcome, step};
pub(crate) use status::{Moment, status};
pub(crate) use store::store;
pub(crate) use trial::trial;
pub(crate) use tune::tune;
pub(crate) use users::{users, users_outcome};
pub(crate) use what_if::what_if;
pub(crate) use witness::witness;
pub(crate) use words::duration;
