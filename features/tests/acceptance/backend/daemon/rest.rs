//! When a pair of daemons is at rest.

use std::thread;
use std::time::{Duration, Instant};

use features::words::Node;
use locum_core::TimerKind;
use locum_node::api::Status;
use locum_testbed::MARGIN;

use super::super::START_TIMEOUT;
use super::{Daemons, LOOK_INTERVAL, SCALE, found, ms};

/// What a group shows that must not change while it is at rest.
#[derive(Default, PartialEq)]
struct Picture {
    shown: String,
    /// Whether a node is on its way somewhere, or about to be.
    moving: bool,
}

impl Daemons {
    /// What the nodes that answer show.
    fn picture(&mut self) -> Picture {
        let mut picture = Picture::default();
        for node in Node::BOTH {
            let Some(status) = self.status(node) else { continue };
            let counts_down = status.timers.iter().any(|shown| shown.what == TimerKind::Service.name());
            picture.moving |= found::state(&status.nodes[0]).0.is_transition() || counts_down || self.misses(&status);
            for known in &status.nodes {
                let seen = (&known.state, &known.reason, known.epoch, known.heard);
                picture.shown += &format!("{seen:?}, ");
            }
            picture.shown += &status.nodes[0].transition;
        }
        picture
    }

    /// Whether a node will soon know that it does not hear its peer any more.
    fn misses(&self, status: &Status) -> bool {
        status.nodes.get(1).is_some_and(|peer| peer.heard) && unheard(status) > self.intervals(5) / 2
    }

    /// Looks until the group has shown the same for some time, and nobody `may_move` or does. That time is counted in
    /// looks: a machine that is busy holds daemons up as it holds them up.
    pub(super) fn stands(&mut self, may_move: bool) -> bool {
        let enough = self.intervals(3).as_millis().div_ceil(LOOK_INTERVAL.as_millis());
        let deadline = Instant::now() + self.longest();
        let (mut last, mut alike) = (self.picture(), 0);
        while Instant::now() < deadline {
            if may_move && !last.moving {
                return true;
            }
            thread::sleep(LOOK_INTERVAL);
            let picture = self.picture();
            alike = if picture == last && (may_move || !picture.moving) { alike + 1 } else { 0 };
            if alike == enough {
                return true;
            }
            last = picture;
        }
        false
    }

    fn intervals(&self, count: u32) -> Duration {
        count * ms(self.parameters.keep_alive_interval_ms)
    }

    /// After so long without a heartbeat everybody knows.
    fn silence(&self) -> Duration {
        ms(self.parameters.keep_alive_timeout_ms) + self.intervals(1)
    }

    /// The longest way through all timers but that of the automatic fallback, and a margin.
    pub(super) fn longest(&self) -> Duration {
        let own = ms(self.parameters.initialization_keep_alive_timeout_ms + self.parameters.critical_service_delay_ms);
        own + 2 * self.silence() + START_TIMEOUT / SCALE + MARGIN
    }
}

/// How long a node has not heard its peer's heartbeats, which do not come by the stream.
pub(super) fn unheard(status: &Status) -> Duration {
    let links = status.links.iter().filter(|link| link.name.starts_with("udp"));
    links.filter_map(|link| link.heard_ms_ago).min().map_or(Duration::ZERO, ms)
}
