//! Two nodes on a virtual clock.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use features::words::{Advised, Node, Row, Served, Service};
use locum_core::{Answer, Command, Directory, Input, Reason, State, TimerKind, advise, joint_row};
use locum_sim::Pair;

use super::{Backend, Change, Sight, Weather};
use crate::stage::Order;

/// In steps of this the group is watched for what soon passes.
const GLANCE: Duration = Duration::from_millis(1);
/// For how long it is watched.
const GLANCES_MAX: u32 = 200;
/// How long a probe takes to see what has become of a service.
const PROBE: Duration = Duration::from_millis(1);

/// A simulated group.
pub(crate) struct Simulated {
    pair: Pair,
    order: Order,
}

impl Simulated {
    pub(crate) fn new(pair: Pair, order: Order) -> Self {
        Self { pair, order }
    }

    fn glance(&mut self, is_there: impl Fn(&mut Self) -> bool) -> bool {
        for _ in 0..GLANCES_MAX {
            if is_there(self) {
                return true;
            }
            self.wait(GLANCE);
        }
        false
    }

    fn sim(&self, node: Node) -> locum_sim::Node {
        match (node, self.order) {
            (Node::One, Order::Straight) | (Node::Two, Order::Mirrored) => locum_sim::Node::A,
            (Node::Two, Order::Straight) | (Node::One, Order::Mirrored) => locum_sim::Node::B,
        }
    }
}

impl Backend for Simulated {
    fn start(&mut self, node: Node) {
        self.pair.start(self.sim(node));
    }

    fn kill(&mut self, node: Node) {
        self.pair.kill(self.sim(node));
    }

    fn reboot(&mut self, node: Node) {
        self.pair.reboot(self.sim(node));
        self.start(node);
    }

    fn shut_down(&mut self, node: Node) -> bool {
        self.command(node, Command::Goodbye);
        let left = self.glance(|group| group.pair.has_left(group.sim(node)));
        self.pair.reboot(self.sim(node));
        left
    }

    fn set_paused(&mut self, node: Node, paused: bool) {
        self.pair.set_frozen(self.sim(node), paused);
    }

    fn reconfigure(&mut self, node: Node, change: &Change) {
        let parameters = &mut self.pair.settings_mut(self.sim(node)).parameters;
        match change {
            Change::KeepAliveTimeout(timeout) => parameters.keep_alive_timeout_ms = ms(*timeout),
            Change::Cluster(cluster) => parameters.cluster.clone_from(cluster),
        }
        self.kill(node);
        self.start(node);
    }

    fn set_service(&mut self, node: Node, service: Service, sound: bool) {
        self.pair.set_service(self.sim(node), service as u16, sound);
        self.wait(PROBE);
    }

    fn blind_probe(&mut self, node: Node, service: Service) {
        self.pair.probe_unknown(self.sim(node), service as u16);
    }

    fn set_moves_fail(&mut self, node: Node, fail: bool) {
        self.pair.set_moves_fail(self.sim(node), fail);
    }

    fn add_users(&mut self, _node: Node, _count: u32) -> bool {
        unimplemented!("a simulated group has no users yet")
    }

    fn change_directory(&mut self, node: Node) {
        self.pair.input(self.sim(node), Input::Directory(Directory { revision: 2, digest: 2 }));
        self.wait(PROBE);
    }

    fn directory(&mut self, _node: Node) -> Option<BTreeMap<String, Option<Node>>> {
        unimplemented!("a simulated group has no users yet")
    }

    fn served(&mut self, home: Node) -> Served {
        match self.pair.served(self.sim(home)) {
            locum_sim::Served::Nobody => Served::Nobody,
            locum_sim::Served::By(node) if node == self.sim(home) => Served::By(home),
            locum_sim::Served::By(_) => Served::By(home.peer()),
            locum_sim::Served::Twice => Served::Twice,
        }
    }

    fn was_served_twice(&mut self) -> bool {
        Node::BOTH.into_iter().any(|home| self.pair.served_twice_ms(self.sim(home)) > 0)
    }

    fn set_weather(&mut self, from: Node, link: usize, weather: Weather) {
        // One link so far.
        if link == 0 {
            self.pair.set_sends(self.sim(from), weather != Weather::Cut);
        }
    }

    fn command(&mut self, node: Node, command: Command) -> Option<Answer> {
        self.pair.command(self.sim(node), command)
    }

    fn wait(&mut self, duration: Duration) {
        self.pair.advance(ms(duration));
    }

    fn wait_unheard(&mut self, node: Node, duration: Duration) {
        let sim = self.sim(node);
        let timers = self.pair.view(sim).map(|view| view.timers).unwrap_or_default();
        let Some(silence) = timers.iter().find(|timer| timer.kind == TimerKind::PeerSilence) else { return };
        let heard_ms = silence.at_ms - self.pair.settings_mut(sim).parameters.keep_alive_timeout_ms;
        let unheard = Duration::from_millis(self.pair.now_ms() - heard_ms);
        self.wait(duration.saturating_sub(unheard));
    }

    fn rest(&mut self) -> bool {
        self.pair.settle()
    }

    fn pass(&mut self, row: Row) -> bool {
        self.glance(|group| group.row() == Some(row))
    }

    fn look(&mut self, node: Node) -> Option<Sight> {
        let view = self.pair.view(self.sim(node))?;
        let peer = self.pair.state(self.sim(node.peer())).filter(|_| !view.peer_silent);
        let own = (view.state, view.reason);
        Some(Sight {
            state: view.state,
            reason: view.reason,
            epoch: view.epoch,
            peer_silent: view.peer_silent,
            row: joint_row(own, peer).map(|(row, _)| Row(row.number)),
            advice: Advised::by(node, advise(own, peer)),
            alarms: view.alarms,
            counts_down: view.timers.iter().any(|timer| timer.kind == TimerKind::AutomaticFallback),
        })
    }

    fn entered(&mut self, node: Node) -> Vec<(State, Reason)> {
        let sim = self.sim(node);
        let own = self.pair.transitions().iter().filter(|(entering, _)| *entering == sim);
        own.map(|(_, transition)| transition.to).collect()
    }

    fn rows_applied(&mut self) -> BTreeSet<String> {
        self.pair.transitions().iter().map(|(_, transition)| transition.row.clone()).collect()
    }
}

impl fmt::Debug for Simulated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulated").field("order", &self.order).finish_non_exhaustive()
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).expect("scenarios last no ages")
}
