//! By what a machine decides.

use crate::table::{ROWS, Row};

/// What a machine goes by: the one that ships, [`LAW`], or one that a proof has broken to see who notices.
#[derive(Clone, Copy, Debug)]
pub struct Law {
    /// The transition table.
    pub rows: &'static [Row],
    /// A rule of §9.1 that does not hold; `None` in the law that ships.
    pub weakness: Option<Weakness>,
}

/// The law that ships.
pub static LAW: Law = Law { rows: ROWS, weakness: None };

/// A rule about the right to serve that can be taken away (`docs/behaviour.md` §9.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// A node that starts does not wait out what it may have promised before.
    NoWaitAfterStart,
    /// A node that takes over does not ask what it has promised.
    PromiseIgnored,
    /// A lease counts from when the witness answers.
    LeaseFromReply,
}
