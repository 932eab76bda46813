//! What a node shows of itself.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::alarm::Alarm;
use crate::bytes;
use crate::effect::Gate;
use crate::heartbeat::Directory;
use crate::input::Health;
use crate::parameters::{Difference, Rank};
use crate::state::{Reason, State};

/// A node's state of affairs at one moment. Times are on the driver's clock, in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// The state.
    pub state: State,
    /// Its reason.
    pub reason: Reason,
    /// Since when.
    pub since_ms: u64,
    /// The id of the table's row that led here; `start` before the first.
    pub row: String,
    /// The epoch.
    pub epoch: u64,
    /// The start of the daemon.
    pub incarnation: u64,
    /// Whose users the node serves.
    pub gate: Gate,
    /// Whether high availability is on here.
    pub high_availability: bool,
    /// Whether the critical services have started.
    pub started: bool,
    /// Whether a critical service is down past its delay.
    pub unhealthy: bool,
    /// This node's user directory.
    pub directory: Directory,
    /// The guarded services, in the order of the settings.
    pub services: Vec<ServiceView>,
    /// The peer as last heard; `None` before the first heartbeat.
    pub peer: Option<PeerView>,
    /// Whether the peer is silent.
    pub peer_silent: bool,
    /// For how long the peer has not been heard, in milliseconds.
    pub peer_unheard_ms: u64,
    /// What time alone will bring.
    pub timers: Vec<Timer>,
    /// The alarms that are raised.
    pub alarms: Vec<Alarm>,
    /// Group parameters that differ from the peer's.
    pub differences: Vec<Difference>,
    /// Whether the node is leaving.
    pub leaving: bool,
    /// Until when the node may serve whom it serves, if nothing renews its right (`docs/behaviour.md` §9.1);
    /// [`u64::MAX`] where no right is needed.
    pub serve_until_ms: u64,
    /// The witness; `None` where the group has none.
    pub witness: Option<WitnessView>,
}

/// The witness as a node knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WitnessView {
    /// When it last answered; `None` if it never has.
    pub answered_ms: Option<u64>,
    /// This node's own home, then its peer's.
    pub leases: [LeaseView; 2],
}

/// One home's lease as a node knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseView {
    /// Who holds it, as last read.
    pub holder: Option<Rank>,
    /// Until when this node holds it, by its own clock; 0 if it does not.
    pub held_until_ms: u64,
}

impl View {
    /// The bytes in which a component hands it to its host.
    pub fn encode(&self) -> Vec<u8> {
        bytes::encode(self)
    }

    /// The view in these bytes; `None` where they are not exactly one.
    pub fn decode(bytes: &[u8]) -> Option<View> {
        bytes::decode(bytes)
    }
}

/// A guarded service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceView {
    /// What its probe last saw; `None` before the first look.
    pub health: Option<Health>,
    /// Since when it has been down.
    pub down_since_ms: Option<u64>,
}

/// The peer as last heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerView {
    /// Its state.
    pub state: State,
    /// Its reason.
    pub reason: Reason,
    /// Its epoch.
    pub epoch: u64,
    /// The start of its daemon.
    pub incarnation: u64,
    /// The boot of its host.
    pub boot_id: u64,
    /// Whether its critical services have started.
    pub started: bool,
    /// Whether high availability is on there.
    pub high_availability: bool,
    /// Its user directory.
    pub directory: Directory,
}

/// Something that will happen if nothing else does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// What.
    pub kind: TimerKind,
    /// When.
    pub at_ms: u64,
}

/// What a timer brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TimerKind {
    /// The next heartbeat is sent.
    KeepAlive,
    /// The peer counts as silent.
    PeerSilence,
    /// A starting or failing service is given up.
    Service,
    /// The node falls back.
    AutomaticFallback,
    /// The node leaves, whether the peer covers or not.
    Goodbye,
    /// A right to serve ends, or begins.
    Rights,
    /// The witness is asked.
    Witness,
}

impl TimerKind {
    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            TimerKind::KeepAlive => "next heartbeat",
            TimerKind::PeerSilence => "peer counts as silent",
            TimerKind::Service => "service is given up",
            TimerKind::AutomaticFallback => "automatic fallback",
            TimerKind::Goodbye => "leaves",
            TimerKind::Rights => "right to serve changes",
            TimerKind::Witness => "witness is asked",
        }
    }
}
