//! What the machine knows, put as the table asks for it and as the peer is told.

use alloc::vec::Vec;

use super::{Core, Home};
use crate::heartbeat::{Announced, Echo, Heartbeat};
use crate::parameters::Difference;
use crate::state::State;
use crate::table::{Facts, PeerFact};

impl Core {
    pub(super) fn silence_ms(&self) -> u64 {
        let parameters = &self.settings.parameters;
        match self.state {
            State::Initializing => parameters.initialization_keep_alive_timeout_ms,
            _ => parameters.keep_alive_timeout_ms,
        }
    }

    pub(super) fn peer_silent(&self) -> bool {
        let fast = self.settings.parameters.fast_peer_loss;
        !self.settings.has_peer || self.peer.silent(self.now_ms, self.silence_ms(), fast)
    }

    pub(super) fn peer_fact(&self) -> PeerFact {
        match self.peer_silent() {
            true if self.silence_counts() => PeerFact::Silent { goodbye: self.peer.said_goodbye() },
            true => PeerFact::Apart,
            false => self.peer.fact(self.myself()),
        }
    }

    pub(super) fn directories_agree(&self) -> bool {
        self.peer.latest.as_ref().is_some_and(|peer| peer.directory == self.directory)
    }

    pub(super) fn differences(&self) -> Vec<Difference> {
        let theirs = self.peer.latest.as_ref().filter(|_| !self.peer_silent());
        theirs.map_or_else(Vec::new, |peer| self.settings.parameters.differences(&peer.parameters))
    }

    pub(super) fn facts(&self) -> Facts {
        let switch = self.memory.high_availability;
        let peer_silent = self.peer_silent();
        let peer_switch = self.peer.latest.as_ref().filter(|_| !peer_silent).map(|p| p.announced.high_availability);
        let differ = !self.differences().is_empty();
        let peer = self.peer_fact();
        let deciding = self.state == State::Initializing && self.services.starting();
        let due_ms = self.fallback.due_ms(self.settings.parameters.automatic_fallback_delay_ms);
        Facts {
            state: self.state,
            reason: self.reason,
            remembered: self.memory.state,
            remembered_reason: self.memory.reason,
            recovering: self.memory.recovering,
            healthy: (!deciding).then(|| !self.services.unhealthy()),
            started: self.services.started(),
            peer,
            peer_rebooted: self.peer.rebooted(),
            own_lease: self.holds(Home::Own),
            peers_right: self.has_right(Home::Peers),
            rank: self.settings.rank,
            has_peer: self.settings.has_peer,
            switched_on: switch.on,
            high_availability_on: switch.on
                && matches!(peer, PeerFact::Heard(_))
                && peer_switch.is_some_and(|theirs| theirs.on)
                && !differ,
            high_availability_off: !switch.on
                || !self.settings.has_peer
                || differ
                || peer_switch.is_some_and(|theirs| !theirs.on),
            countdown: due_ms.is_some(),
            fallback_due: due_ms.is_some_and(|due_ms| self.now_ms >= due_ms),
            directories_agree: self.directories_agree(),
            moving: self.moving.is_some(),
            leaving: self.leaving_ms.is_some(),
        }
    }

    /// What the peer's echo must name before the peer's state means anything (`docs/behaviour.md` §5).
    pub(super) fn myself(&self) -> Echo {
        Echo { incarnation: self.memory.incarnation, version: self.version, sent_ms: self.now_ms }
    }

    pub(super) fn announced(&self) -> Announced {
        Announced {
            state: self.state,
            reason: self.reason,
            remembered: self.memory.state,
            remembered_reason: self.memory.reason,
            recovering: self.memory.recovering,
            started: self.services.started(),
            high_availability: self.memory.high_availability,
            goodbye: self.leaving_ms.is_some(),
            promises: self.peer_fact() != PeerFact::Apart,
        }
    }

    pub(super) fn heartbeat(&self) -> Heartbeat {
        Heartbeat {
            incarnation: self.memory.incarnation,
            boot_id: self.boot_id,
            sequence: self.sequence,
            sent_ms: self.now_ms,
            version: self.version,
            announced: self.announced.clone(),
            epoch: self.memory.epoch,
            directory: self.directory,
            parameters: self.settings.parameters.clone(),
            echo: self.peer.echo(),
        }
    }
}
