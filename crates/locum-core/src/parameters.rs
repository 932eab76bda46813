//! The group's parameters (`docs/behaviour.md` §6), as far as the state machine needs them.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

/// Parameters that both nodes of a group must share: where they differ, both nodes are Unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameters {
    /// The cluster that the group belongs to.
    pub cluster: String,
    /// The software version of the node.
    pub software: String,
    /// Between two heartbeats, in milliseconds; 10 or more.
    pub keep_alive_interval_ms: u64,
    /// How long the peer may be silent, in milliseconds; at least two intervals.
    pub keep_alive_timeout_ms: u64,
    /// How long a starting node waits for its peer, in milliseconds; at least two intervals.
    pub initialization_keep_alive_timeout_ms: u64,
    /// How long a critical service may be down, in milliseconds.
    pub critical_service_delay_ms: u64,
    /// Whether a healthy covered node takes its users back by itself.
    pub automatic_fallback: bool,
    /// How long it must have been healthy first, in milliseconds.
    pub automatic_fallback_delay_ms: u64,
    /// Whether a closed stream and a refusing port together count as silence (`docs/behaviour.md` §9.6). The one
    /// parameter that need not be the same on both nodes.
    pub fast_peer_loss: bool,
    /// Whether the optional authentication service counts as critical.
    pub monitor_authentication: bool,
    /// The port of the peer link.
    pub service_port: u16,
    /// The port of the admin API.
    pub admin_rpc_port: u16,
    /// How users are assigned: `balanced`, `active-standby` or `none`.
    pub user_assignment_mode: String,
    /// What a node may do that does not hear its peer (`docs/behaviour.md` §9.1).
    pub partition: Partition,
}

/// What a node may do that does not hear its peer (`docs/behaviour.md` §9.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Partition {
    /// Take over. Across a partition both nodes serve everybody.
    #[default]
    Available,
    /// This node takes over; the other one stops serving once the promise of this one has lapsed.
    PreferredNode(Rank),
    /// Nothing, until an administrator forces it.
    Manual,
    /// Take over with the leases that the witness gives to one node only.
    Witness {
        /// How long a lease holds, in milliseconds; at least two intervals.
        lease_ms: u64,
    },
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Partition::Available => f.write_str("available"),
            Partition::PreferredNode(Rank::First) => f.write_str("preferred-node (the first)"),
            Partition::PreferredNode(Rank::Second) => f.write_str("preferred-node (the second)"),
            Partition::Manual => f.write_str("manual"),
            Partition::Witness { lease_ms } => write!(f, "witness (leases of {lease_ms} ms)"),
        }
    }
}

impl Parameters {
    /// The `classic` profile: the documented defaults (`docs/behaviour.md` §6).
    pub fn classic() -> Parameters {
        Parameters {
            cluster: String::from("default"),
            software: String::from(env!("CARGO_PKG_VERSION")),
            keep_alive_interval_ms: 15_000,
            keep_alive_timeout_ms: 60_000,
            initialization_keep_alive_timeout_ms: 120_000,
            critical_service_delay_ms: 90_000,
            automatic_fallback: false,
            automatic_fallback_delay_ms: 1_800_000,
            fast_peer_loss: false,
            monitor_authentication: false,
            service_port: 22001,
            admin_rpc_port: 20075,
            user_assignment_mode: String::from("balanced"),
            partition: Partition::Available,
        }
    }

    /// The `fast` profile (`docs/behaviour.md` §6).
    pub fn fast() -> Parameters {
        Parameters {
            keep_alive_interval_ms: 100,
            keep_alive_timeout_ms: 350,
            initialization_keep_alive_timeout_ms: 2_000,
            critical_service_delay_ms: 1_000,
            automatic_fallback_delay_ms: 10_000,
            fast_peer_loss: true,
            ..Parameters::classic()
        }
    }

    /// The parameters whose values differ between two nodes, each with both values, for people. Whether a node heeds
    /// the kernel's word is its own affair.
    pub fn differences(&self, other: &Parameters) -> Vec<Difference> {
        macro_rules! compare {
            ($($field:ident),* $(,)?) => {{
                let mut found = Vec::new();
                $(if self.$field != other.$field {
                    found.push(Difference {
                        parameter: String::from(stringify!($field)),
                        ours: alloc::format!("{}", self.$field),
                        theirs: alloc::format!("{}", other.$field),
                    });
                })*
                found
            }};
        }
        compare!(
            cluster,
            software,
            keep_alive_interval_ms,
            keep_alive_timeout_ms,
            initialization_keep_alive_timeout_ms,
            critical_service_delay_ms,
            automatic_fallback,
            automatic_fallback_delay_ms,
            monitor_authentication,
            service_port,
            admin_rpc_port,
            user_assignment_mode,
            partition,
        )
    }
}

/// A group parameter that is not the same on both nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Its name.
    pub parameter: String,
    /// Its value here.
    pub ours: String,
    /// Its value on the peer.
    pub theirs: String,
}

/// A service that the node guards, as far as the state machine needs to know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Whether users cannot be served without it.
    pub critical: bool,
    /// Whether it is a database: its failure is a Database Failure.
    pub database: bool,
    /// How long it may take to start, in milliseconds.
    pub start_timeout_ms: u64,
}

/// Which node of its group this is. The node with the lower name is `First`; it settles ties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Rank {
    /// The lower name.
    First,
    /// The higher name.
    Second,
}

/// What a node is told when it starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Which node of the group this is.
    pub rank: Rank,
    /// Whether the group has a second node.
    pub has_peer: bool,
    /// Whether high availability is on, where nothing is remembered of an administrator's choice.
    pub high_availability: bool,
    /// The group's parameters.
    pub parameters: Parameters,
    /// The guarded services, in the order of the configuration.
    pub services: Vec<Service>,
}
