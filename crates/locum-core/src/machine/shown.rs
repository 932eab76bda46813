//! What the node shows, and what time alone will bring.

use alloc::vec::Vec;

use super::{Core, Home};
use crate::parameters::Partition;
use crate::view::{LeaseView, PeerView, ServiceView, Timer, TimerKind, View, WitnessView};

impl Core {
    /// What the node shows of itself.
    pub fn view(&self) -> View {
        let parameters = &self.settings.parameters;
        View {
            state: self.state,
            reason: self.reason,
            since_ms: self.since_ms,
            row: self.row.clone(),
            epoch: self.memory.epoch,
            incarnation: self.memory.incarnation,
            gate: self.gate,
            high_availability: self.memory.high_availability.on,
            started: self.services.started(),
            unhealthy: self.services.unhealthy(),
            directory: self.directory,
            services: self
                .services
                .seen()
                .map(|(health, down_since_ms)| ServiceView { health, down_since_ms })
                .collect(),
            peer: self.peer.latest.as_ref().map(|heard| PeerView {
                state: heard.announced.state,
                reason: heard.announced.reason,
                epoch: heard.epoch,
                incarnation: heard.incarnation,
                boot_id: heard.boot_id,
                started: heard.announced.started,
                high_availability: heard.announced.high_availability.on,
                directory: heard.directory,
            }),
            peer_silent: self.peer_silent(),
            peer_unheard_ms: self.peer.unheard_ms(self.now_ms),
            timers: self.timers(parameters.critical_service_delay_ms),
            alarms: self.alarms.clone(),
            differences: self.differences(),
            leaving: self.leaving_ms.is_some(),
            serve_until_ms: self.serve_until_ms(),
            witness: self.witness_view(),
        }
    }

    fn witness_view(&self) -> Option<WitnessView> {
        let Partition::Witness { .. } = self.settings.parameters.partition else { return None };
        let leases = Home::BOTH.map(|home| {
            let (holder, held_until_ms) = self.rights.lease(home);
            LeaseView { holder, held_until_ms }
        });
        Some(WitnessView { answered_ms: self.rights.answered_ms(), leases })
    }

    /// Deadlines are derived from what is known, so that none can be forgotten or outlive its purpose.
    pub(super) fn timers(&self, delay_ms: u64) -> Vec<Timer> {
        let parameters = &self.settings.parameters;
        let keep_alive = self.next_heartbeat_ms;
        let silence = self.peer.silent_at_ms(self.silence_ms());
        let fallback = self.fallback.due_ms(parameters.automatic_fallback_delay_ms);
        let goodbye = self.leaving_ms.filter(|_| !self.left).map(|since_ms| self.goodbye_until_ms(since_ms));
        [
            (TimerKind::KeepAlive, Some(keep_alive).filter(|_| self.settings.has_peer)),
            (TimerKind::PeerSilence, Some(silence).filter(|_| self.settings.has_peer)),
            (TimerKind::Service, self.services.deadline_ms(delay_ms)),
            (TimerKind::AutomaticFallback, fallback),
            (TimerKind::Goodbye, goodbye),
            (TimerKind::Rights, self.rights_change_ms()),
            (TimerKind::Witness, self.next_ask_ms()),
        ]
        .into_iter()
        .filter_map(|(kind, at_ms)| at_ms.map(|at_ms| Timer { kind, at_ms }))
        .filter(|timer| timer.at_ms > self.now_ms)
        .collect()
    }
}
