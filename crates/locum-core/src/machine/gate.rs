//! Whose users the node serves in its state, and what needs a person.

use super::{Core, Home};
use crate::alarm::Alarm;
use crate::effect::Gate;
use crate::state::{State, States};
use crate::table::PeerFact;

impl Core {
    /// The gate that goes with the state (`docs/behaviour.md` §5). Together with the table it lets no user be
    /// served twice without a partition. Rights (§9.1) narrow that, and never widen it.
    pub(super) fn gate_now(&self) -> Gate {
        let by_state = match self.state {
            _ if self.leaving_ms.is_some() => (false, false),
            // After a long stall the peer may serve these users: nobody is served until it has been heard.
            _ if self.settings.has_peer && self.peer.doubted() && !self.peer_silent() => (false, false),
            State::Normal => (true, false),
            State::RunningInBackupMode | State::BackupActivated | State::FallingBack => (true, true),
            // Its own users as before, the peer's at the end.
            State::TakingOver => (self.gate.own, false),
            State::RunningInFailedMode => (!self.services.unhealthy() && self.peer_covers_nobody(), false),
            // Whom it serves already it goes on serving, whatever becomes of the peer.
            State::Unknown => (self.gate.own || self.peer_covers_nobody(), false),
            State::Initializing
            | State::Idle
            | State::FailingOver
            | State::FailedOver
            | State::FailedOverWithCriticalServicesNotRunning
            | State::TakingBack
            | State::FailoverAffectedServices => (false, false),
        };
        let (own, peer) = by_state;
        Gate {
            own: own && self.has_right(Home::Own),
            peer: peer && self.has_right(Home::Peers),
            epoch: self.memory.epoch,
        }
    }

    /// The peer is heard in a state that covers nobody and knows that this node serves its own users, or is silent.
    fn peer_covers_nobody(&self) -> bool {
        const COVERS_NOBODY: States = States::of(&[State::RunningInFailedMode, State::Unknown, State::Initializing]);
        match self.peer_fact() {
            PeerFact::Silent { .. } => true,
            PeerFact::Heard(peer) => COVERS_NOBODY.has(peer.state),
            PeerFact::Unsure | PeerFact::Apart => false,
        }
    }

    /// The alarms that what is known calls for.
    pub(super) fn alarms_now(&self) -> impl Iterator<Item = Alarm> {
        let delay_ms = self.settings.parameters.critical_service_delay_ms;
        let timeout_ms = self.settings.parameters.keep_alive_timeout_ms;
        let lasting = |since_ms: u64| self.now_ms >= since_ms.saturating_add(timeout_ms);
        let conditions = [
            (Alarm::NobodyServes, self.nobody_serves()),
            (Alarm::ProbeUnknown, self.services.unknown_for(self.now_ms, delay_ms)),
            (Alarm::ServiceDown, self.services.unhealthy()),
            (Alarm::ParameterMismatch, !self.differences().is_empty()),
            (Alarm::DirectoryMismatch, self.directories_differ_ms.is_some_and(lasting)),
            (Alarm::PeerApart, self.peer_fact() == PeerFact::Apart),
            (Alarm::WitnessLost, self.witness_is_lost()),
        ];
        conditions.into_iter().filter(|(_, holds)| *holds).map(|(alarm, _)| alarm)
    }

    /// Both nodes have settled, and somebody's users are served by neither.
    fn nobody_serves(&self) -> bool {
        if self.state.is_transition() || !self.settings.has_peer {
            return false;
        }
        let gate = self.gate_now();
        match self.peer_fact() {
            PeerFact::Unsure => false,
            PeerFact::Apart => !gate.own,
            PeerFact::Silent { .. } => !(gate.own && gate.peer),
            PeerFact::Heard(peer) if peer.state.is_transition() => false,
            PeerFact::Heard(peer) => {
                let covers = States::COVERING.has(peer.state);
                let serves_own = covers
                    || matches!(peer.state, State::Normal | State::Unknown)
                    || (peer.state == State::RunningInFailedMode && peer.started);
                !((gate.own || covers) && (gate.peer || serves_own))
            }
        }
    }
}
