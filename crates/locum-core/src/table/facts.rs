//! What guards look at: a plain record, so that a test can enumerate it.

use super::When;
use crate::parameters::Rank;
use crate::state::{Reason, State};

/// Everything that a guard may ask about.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// This node's state.
    pub state: State,
    /// Its reason.
    pub reason: Reason,
    /// While Initializing: the remembered state.
    pub remembered: State,
    /// While Initializing: the remembered reason.
    pub remembered_reason: Reason,
    /// Marked *recover*.
    pub recovering: bool,
    /// `Some(true)` healthy, `Some(false)` unhealthy, `None` while starting services will tell.
    pub healthy: Option<bool>,
    /// Critical services have started.
    pub started: bool,
    /// What is known of the peer.
    pub peer: PeerFact,
    /// This is the first heartbeat of a peer that starts on a host which has booted. Like silence, that needs no echo.
    pub peer_rebooted: bool,
    /// The witness gives this node the lease of its own home.
    pub own_lease: bool,
    /// This node may serve its peer's users, if its state says so.
    pub peers_right: bool,
    /// This node's place in the group.
    pub rank: Rank,
    /// The group has a second node.
    pub has_peer: bool,
    /// This node's high-availability switch.
    pub switched_on: bool,
    /// Both switches are on, the parameters agree, and the peer is heard.
    pub high_availability_on: bool,
    /// A switch is off, or the parameters differ.
    pub high_availability_off: bool,
    /// An automatic fallback counts down.
    pub countdown: bool,
    /// It is due.
    pub fallback_due: bool,
    /// Both directories have the same contents.
    pub directories_agree: bool,
    /// A user move is under way.
    pub moving: bool,
    /// The node is leaving.
    pub leaving: bool,
}

/// What is known of the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerFact {
    /// Not heard for the timeout, gone, or dead by the kernel's word.
    Silent {
        /// It said goodbye.
        goodbye: bool,
    },
    /// Not heard for the timeout, and it may still serve its users.
    Apart,
    /// Heard, but it may not know this node's present state: nothing is concluded from its state.
    Unsure,
    /// Heard, and up to date with this node.
    Heard(Heard),
}

/// A peer that is up to date with this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Its state.
    pub state: State,
    /// Its reason.
    pub reason: Reason,
    /// While Initializing: the state that it remembers.
    pub remembered: State,
    /// Marked *recover*.
    pub recovering: bool,
    /// Its critical services have started.
    pub started: bool,
}

impl When {
    /// Whether the condition holds.
    pub fn holds(self, facts: &Facts) -> bool {
        let heard = match facts.peer {
            PeerFact::Heard(heard) => Some(heard),
            PeerFact::Silent { .. } | PeerFact::Apart | PeerFact::Unsure => None,
        };
        match self {
            When::HighAvailabilityOff => facts.high_availability_off,
            When::HighAvailabilityOn => facts.high_availability_on,
            When::SwitchedOn => facts.switched_on,
            When::SwitchedOff => !facts.switched_on,
            When::Alone => !facts.has_peer,
            When::Healthy => facts.healthy == Some(true),
            When::Unhealthy => facts.healthy == Some(false),
            When::Started => facts.started,
            When::ByAdmin => facts.reason == Reason::OnAdminRequest,
            When::ByAutoRecover => facts.reason.is_auto_recover(),
            When::PeerSilent => matches!(facts.peer, PeerFact::Silent { .. }),
            When::PeerApart => facts.peer == PeerFact::Apart,
            When::OwnLease => facts.own_lease,
            When::PeersRightLost => !facts.peers_right,
            When::Peer(states) => heard.is_some_and(|peer| states.has(peer.state)),
            When::PeerByAdmin => heard.is_some_and(|peer| peer.reason == Reason::OnAdminRequest),
            When::PeerStarted => heard.is_some_and(|peer| peer.started),
            When::PeerRebooted => facts.peer_rebooted,
            When::PeerRecovering => heard.is_some_and(|peer| peer.recovering),
            When::PeerOutranks => heard.is_some_and(|peer| peer.reason > facts.reason),
            When::Recovering => facts.recovering,
            When::Remembers(states) => states.has(facts.remembered),
            When::RemembersAdmin => facts.remembered_reason == Reason::OnAdminRequest,
            When::PeerRemembers(states) => heard.is_some_and(|peer| states.has(peer.remembered)),
            When::First => facts.rank == Rank::First,
            When::Countdown => facts.countdown,
            When::FallbackDue => facts.fallback_due,
            When::DirectoriesAgree => facts.directories_agree,
            When::NotMoving => !facts.moving,
            When::Leaving => facts.leaving,
        }
    }
}
