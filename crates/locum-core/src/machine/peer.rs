//! What this node knows of its peer: the last heartbeat, and whether it is silent.

use serde::{Deserialize, Serialize};

use crate::heartbeat::{Echo, Heartbeat};
use crate::input::PeerLoss;
use crate::state::State;
use crate::table::{Heard, PeerFact};

/// The peer, as heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Peer {
    /// The newest heartbeat, by incarnation and sequence.
    pub(super) latest: Option<Heartbeat>,
    /// When the peer was last heard and was hearing this node, or when listening began.
    heard_ms: u64,
    /// When a heartbeat last arrived, whether the peer was hearing this node or not.
    arrived_ms: u64,
    /// It has said goodbye to this start of this daemon.
    goodbye: bool,
    rebooted: bool,
    /// This node was itself silent for so long that the peer may have taken over: what is known of it is worth
    /// nothing until it is heard again.
    doubted: bool,
    stream_closed: bool,
    port_refused: bool,
}

/// How a heartbeat was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// Older than what is known: nothing is concluded from it.
    Stale,
    /// It says what was known already, and the peer knows this node's present state.
    Known,
    /// It says something new, or the peer does not know this node's present state, or nothing has been heard for a
    /// while: it deserves an answer.
    News,
}

impl Peer {
    pub(super) fn new(now_ms: u64) -> Peer {
        Peer {
            latest: None,
            heard_ms: now_ms,
            arrived_ms: now_ms,
            goodbye: false,
            rebooted: false,
            doubted: false,
            stream_closed: false,
            port_refused: false,
        }
    }

    /// Takes a heartbeat in. Only one that echoes something recent of this node counts as hearing the peer, so
    /// that a link which carries one way only is silent at both ends (`docs/behaviour.md` §5). One that comes after
    /// a silence, or of a daemon that has just started, can echo nothing recent yet: it counts all the same, since
    /// the answer to it may set the peer going. If what follows echoes nothing recent either, the peer is silent.
    pub(super) fn take(&mut self, now_ms: u64, heartbeat: Heartbeat, mine: Echo, timeout_ms: u64) -> Taken {
        let order = |h: &Heartbeat| (h.incarnation, h.sequence);
        let previous = self.latest.as_ref();
        if previous.is_some_and(|known| order(&heartbeat) <= order(known)) {
            return Taken::Stale;
        }
        let news = previous.is_none_or(|known| {
            (known.incarnation, known.version, known.directory)
                != (heartbeat.incarnation, heartbeat.version, heartbeat.directory)
        });
        self.rebooted = heartbeat.announced.state == State::Initializing
            && previous.is_some_and(|known| known.boot_id != heartbeat.boot_id);
        let after_silence = self.is_deaf(now_ms, timeout_ms);
        if after_silence || self.latest.as_ref().is_none_or(|known| known.incarnation != heartbeat.incarnation) {
            self.listen_again(now_ms);
        }
        // What this node has sent since it last heard something names nothing recent: unless it answers now, the peer
        // may count it as silent before its next heartbeat is due.
        let after_gap = now_ms.saturating_sub(self.arrived_ms) >= timeout_ms / 2;
        self.arrived_ms = now_ms;
        let mut current = false;
        let echo = heartbeat.echo.filter(|echo| echo.incarnation == mine.incarnation);
        // One that was on its way before this daemon started may be long over: its sender may serve again.
        self.goodbye = heartbeat.announced.goodbye && echo.is_some();
        if let Some(echo) = echo {
            current = echo.version == mine.version;
            if now_ms.saturating_sub(echo.sent_ms) < timeout_ms {
                self.listen_again(now_ms);
                // A peer that does not know this node's present state is not acted on yet, and may be serving its users.
                self.doubted &= !current;
            }
        }
        self.latest = Some(heartbeat);
        if news || !current || after_gap { Taken::News } else { Taken::Known }
    }

    /// Takes a sign of the peer's death. Returns whether it is new.
    pub(super) fn lost(&mut self, sign: PeerLoss) -> bool {
        let seen = match sign {
            PeerLoss::StreamClosed => &mut self.stream_closed,
            PeerLoss::PortRefused => &mut self.port_refused,
        };
        !core::mem::replace(seen, true)
    }

    /// Starts listening afresh: what was suspected is suspected no more.
    pub(super) fn listen_again(&mut self, now_ms: u64) {
        self.heard_ms = now_ms;
        (self.stream_closed, self.port_refused) = (false, false);
    }

    /// This node was late: while it did not run it could not listen, and what arrived may still be waiting. That time
    /// is not the peer's silence.
    pub(super) fn excuse(&mut self, now_ms: u64, late_ms: u64) {
        self.heard_ms = self.heard_ms.saturating_add(late_ms).min(now_ms);
    }

    /// Doubts what is known of the peer until it is heard again, or counts as silent.
    pub(super) fn doubt(&mut self) {
        self.doubted = true;
    }

    /// Whether the peer has said goodbye, to this start of this daemon.
    pub(super) fn said_goodbye(&self) -> bool {
        self.goodbye
    }

    pub(super) fn doubted(&self) -> bool {
        self.doubted
    }

    /// Whether the kernel's word counts and both its signs are there (`docs/behaviour.md` §9.6).
    fn dead(&self, fast_peer_loss: bool) -> bool {
        fast_peer_loss && self.stream_closed && self.port_refused && self.latest.is_some()
    }

    pub(super) fn silent(&self, now_ms: u64, timeout_ms: u64, fast_peer_loss: bool) -> bool {
        let unheard = now_ms >= self.silent_at_ms(timeout_ms);
        // What was said before a long stall, a goodbye too, may be over: the peer gets its time to be heard.
        unheard || (!self.doubted && (self.goodbye || self.dead(fast_peer_loss)))
    }

    /// When the peer will count as silent, if nothing more is heard.
    pub(super) fn silent_at_ms(&self, timeout_ms: u64) -> u64 {
        self.heard_ms.saturating_add(timeout_ms)
    }

    /// For how long the peer has not been heard, in milliseconds.
    pub(super) fn unheard_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.heard_ms)
    }

    pub(super) fn fact(&self, mine: Echo) -> PeerFact {
        match &self.latest {
            Some(heard) if !self.doubted && heard.echo.is_some_and(|echo| knows(echo, mine)) => {
                PeerFact::Heard(Heard {
                    state: heard.announced.state,
                    reason: heard.announced.reason,
                    remembered: heard.announced.remembered,
                    recovering: heard.announced.recovering,
                    started: heard.announced.started,
                })
            }
            _ => PeerFact::Unsure,
        }
    }

    /// Whether the heartbeat that was just taken is the first of a host that has booted. It serves nobody before
    /// it has heard this node, so that needs no echo, and must not wait for one: by then it might serve again. What
    /// waited out a long stall of this node is too old to say so.
    pub(super) fn rebooted(&self) -> bool {
        self.rebooted && !self.doubted
    }

    /// The heartbeat that was just taken has been acted on.
    pub(super) fn acted_on(&mut self) {
        self.rebooted = false;
    }

    /// When the newest heartbeat arrived; `None` before the first.
    pub(super) fn last_arrived_ms(&self) -> Option<u64> {
        self.latest.as_ref().map(|_| self.arrived_ms)
    }

    /// What goes into this node's heartbeats.
    pub(super) fn echo(&self) -> Option<Echo> {
        self.latest.as_ref().map(|heard| Echo {
            incarnation: heard.incarnation,
            version: heard.version,
            sent_ms: heard.sent_ms,
        })
    }

    /// Forgets when things were heard, but for the timeouts that they are longer ago than; see [`super::timeless`].
    pub(super) fn timeless(&mut self, then_ms: u64, now_ms: u64, timeouts_ms: [u64; 2], mine: Echo, number: u64) {
        let renew = |at_ms: u64, timeouts_ms: &[u64]| {
            let age_ms = then_ms.saturating_sub(at_ms);
            now_ms - timeouts_ms.iter().filter(|timeout_ms| age_ms >= **timeout_ms).max().unwrap_or(&0)
        };
        self.heard_ms = renew(self.heard_ms, &timeouts_ms);
        self.arrived_ms = renew(self.arrived_ms, &timeouts_ms[..1]);
        if let Some(heard) = &mut self.latest {
            (heard.incarnation, heard.boot_id, heard.sequence, heard.version) = (number, number, number, number);
            (heard.sent_ms, heard.epoch) = (now_ms, number);
            let present = Echo { incarnation: number, version: number, sent_ms: now_ms };
            heard.echo = heard.echo.filter(|echo| knows(*echo, mine)).map(|_| present);
        }
    }

    /// Lets the time run out in which the peer is to be heard; `deaf` if nothing at all has arrived. Returns whether it
    /// was running.
    pub(super) fn run_out(&mut self, now_ms: u64, silence_ms: u64, deaf: bool) -> bool {
        let runs = now_ms < self.silent_at_ms(silence_ms);
        if runs {
            self.heard_ms = now_ms - silence_ms;
            if deaf {
                self.hear_nothing_since(self.heard_ms);
            }
        }
        runs
    }

    /// Whether nothing has arrived for the timeout.
    pub(super) fn is_deaf(&self, now_ms: u64, timeout_ms: u64) -> bool {
        now_ms.saturating_sub(self.arrived_ms) >= timeout_ms
    }

    /// Nothing has arrived since then.
    pub(super) fn hear_nothing_since(&mut self, at_ms: u64) {
        self.arrived_ms = self.arrived_ms.min(at_ms);
    }
}

fn knows(echo: Echo, mine: Echo) -> bool {
    (echo.incarnation, echo.version) == (mine.incarnation, mine.version)
}
