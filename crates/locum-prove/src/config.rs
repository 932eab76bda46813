//! What is proved: a configuration, and how much may happen.

use locum_core::{Parameters, Service, Settings};

use crate::Side;

/// How much may happen to the pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Daemons that have never run are a beginning, beside the pair in Normal/Normal.
    pub fresh: bool,
    /// Daemons may die.
    pub crashes: bool,
    /// The daemons' hosts may go down and come back with a new boot id, beside daemons that die alone.
    pub hosts: bool,
    /// Disks may be lost.
    pub disks: bool,
    /// Links may break, one way or both.
    pub cuts: bool,
    /// Nodes may be paused.
    pub stalls: bool,
    /// Probes may be unable to tell.
    pub blind_probes: bool,
    /// User moves may fail.
    pub moves_fail: bool,
    /// Administrators may act.
    pub commands: bool,
    /// Requests to the witness, and its answers, may get lost.
    pub witness_fails: bool,
    /// How often high availability may be switched.
    pub switches: u64,
    /// How many messages may be under way each way, 1 or 2.
    pub messages: usize,
}

impl Scope {
    /// Everything.
    pub const FULL: Scope = Scope {
        fresh: true,
        crashes: true,
        hosts: true,
        disks: true,
        cuts: true,
        stalls: true,
        blind_probes: true,
        moves_fail: true,
        commands: true,
        witness_fails: true,
        switches: 2,
        messages: 2,
    };

    /// Services of a pair in Normal/Normal fail and are mended, and nothing else happens.
    pub const CALM: Scope = Scope {
        fresh: false,
        crashes: false,
        hosts: false,
        disks: false,
        cuts: false,
        stalls: false,
        blind_probes: false,
        moves_fail: false,
        commands: false,
        witness_fails: false,
        switches: 0,
        messages: 1,
    };

    /// What an hour of bad luck may bring: no disk is lost, nobody switches high availability, one message is under way.
    pub const QUICK: Scope =
        Scope { disks: false, stalls: false, blind_probes: false, switches: 0, messages: 1, ..Scope::FULL };
}

/// A configuration to prove.
#[derive(Clone, Debug)]
pub struct Config {
    /// The group's parameters. Of the timers only those count that are zero.
    pub parameters: Parameters,
    /// The kinds of critical service that there are: `true` for a database. One of each kind stands for all.
    pub databases: Vec<bool>,
    /// How much may happen.
    pub scope: Scope,
    /// Whether what a paused node serves is ended in time (`docs/behaviour.md` §9.9). Only to see what becomes of a pair
    /// without it is this ever false.
    pub fence: bool,
}

impl Config {
    /// What a node of this configuration is told.
    pub(crate) fn settings(&self, side: Side) -> Settings {
        let service = |database: &bool| Service { critical: true, database: *database, start_timeout_ms: 1_000 };
        Settings {
            rank: match side {
                Side::A => locum_core::Rank::First,
                Side::B => locum_core::Rank::Second,
            },
            has_peer: true,
            high_availability: true,
            parameters: self.parameters.clone(),
            services: self.databases.iter().map(service).collect(),
        }
    }
}
