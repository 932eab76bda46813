//! A group at work, in the words of the scenarios.

use std::fmt;
use std::time::Duration;

use locum_core::{
    Alarm, Answer, Command, Directory, Input, Parameters, Reason, State, TimerKind, View, advise, joint_row,
};
use locum_sim::Pair;

use crate::stage::Order;
use crate::words::{Advised, Node, Row, Served, Service};

/// In steps of this the group is watched for what soon passes.
const GLANCE: Duration = Duration::from_millis(1);
/// For how long it is watched.
const GLANCES_MAX: u32 = 200;
/// How long a probe takes to see what has become of a service.
const PROBE: Duration = Duration::from_millis(1);

/// A group of two nodes.
pub struct Backend {
    pair: Pair,
    order: Order,
}

/// The pair of states as one node sees it; a silent peer has none.
struct Seen {
    by: Node,
    own: (State, Reason),
    peer: Option<(State, Reason)>,
}

impl Backend {
    pub(crate) fn new(pair: Pair, order: Order) -> Self {
        Self { pair, order }
    }

    /// A node's daemon starts.
    pub fn start(&mut self, node: Node) {
        self.pair.start(self.sim(node));
    }

    /// A node's daemon dies, and its services with it.
    pub fn kill(&mut self, node: Node) {
        self.pair.kill(self.sim(node));
    }

    /// A node's host boots, and its daemon starts with it.
    pub fn reboot(&mut self, node: Node) {
        self.pair.reboot(self.sim(node));
        self.start(node);
    }

    /// A node's host is shut down in order. Returns whether the daemon left before its host did.
    pub fn shut_down(&mut self, node: Node) -> bool {
        self.command(node, Command::Goodbye);
        let left = self.glance(|backend| backend.pair.has_left(backend.sim(node)));
        self.pair.reboot(self.sim(node));
        left
    }

    /// A service of a node fails or works again, and its probe sees it.
    pub fn set_service(&mut self, node: Node, service: Service, sound: bool) {
        self.pair.set_service(self.sim(node), service as u16, sound);
        self.wait(PROBE);
    }

    /// A probe of a node cannot tell how the service is.
    pub fn probe_unknown(&mut self, node: Node, service: Service) {
        self.pair.probe_unknown(self.sim(node), service as u16);
    }

    /// User moves that a node carries out fail, or succeed again.
    pub fn set_moves_fail(&mut self, node: Node, fail: bool) {
        self.pair.set_moves_fail(self.sim(node), fail);
    }

    /// A node's heartbeats arrive, or get lost.
    pub fn set_sends(&mut self, node: Node, sends: bool) {
        self.pair.set_sends(self.sim(node), sends);
    }

    /// A node's user directory is not the same as its peer's any more.
    pub fn change_directory(&mut self, node: Node) {
        self.pair.input(self.sim(node), Input::Directory(Directory { revision: 2, digest: 2 }));
        self.wait(PROBE);
    }

    /// A node's configuration is changed, and its daemon restarts with it.
    pub fn reconfigure(&mut self, node: Node, change: impl FnOnce(&mut Parameters)) {
        change(&mut self.pair.settings_mut(self.sim(node)).parameters);
        self.kill(node);
        self.start(node);
    }

    /// An administrator asks a node for something. `None` while its daemon does not run.
    pub fn command(&mut self, node: Node, command: Command) -> Option<Answer> {
        self.pair.command(self.sim(node), command)
    }

    /// Time passes.
    pub fn wait(&mut self, duration: Duration) {
        self.pair.advance(u64::try_from(duration.as_millis()).expect("scenarios last no ages"));
    }

    /// Time passes until a node has not heard its peer for so long, which is shorter than silence or as long.
    pub fn wait_unheard(&mut self, node: Node, duration: Duration) {
        let timers = self.view(node).map(|view| view.timers).unwrap_or_default();
        let Some(silence) = timers.iter().find(|timer| timer.kind == TimerKind::PeerSilence) else { return };
        let sim = self.sim(node);
        let heard_ms = silence.at_ms - self.pair.settings_mut(sim).parameters.keep_alive_timeout_ms;
        let unheard = Duration::from_millis(self.pair.now_ms() - heard_ms);
        self.wait(duration.saturating_sub(unheard));
    }

    /// Time passes until nothing changes any more but by a long timer. Returns whether it came to that.
    pub fn rest(&mut self) -> bool {
        self.pair.settle()
    }

    /// The group is watched closely until it is in a documented row. Returns whether it came to that.
    pub fn pass(&mut self, row: Row) -> bool {
        self.glance(|backend| backend.row() == Some(row))
    }

    /// A node's state and reason; `None` while its daemon does not run.
    pub fn state(&mut self, node: Node) -> Option<(State, Reason)> {
        self.pair.state(self.sim(node))
    }

    /// The documented row that the group is in, as node 2 sees it, or node 1 where node 2 does not run.
    pub fn row(&mut self) -> Option<Row> {
        let Seen { own, peer, .. } = self.seen()?;
        joint_row(own, peer).map(|(row, _)| Row(row.number))
    }

    /// What `status` recommends on node 2, or on node 1 where node 2 does not run.
    pub fn advice(&mut self) -> Option<Advised> {
        let Seen { by, own, peer } = self.seen()?;
        Some(Advised::by(by, advise(own, peer)))
    }

    /// Whether a node raises this alarm.
    pub fn alarms(&mut self, node: Node, alarm: Alarm) -> bool {
        self.view(node).is_some_and(|view| view.alarms.contains(&alarm))
    }

    /// Whether a node counts down to an automatic fallback.
    pub fn counts_down(&mut self, node: Node) -> bool {
        let timers = self.view(node).map(|view| view.timers).unwrap_or_default();
        timers.iter().any(|timer| timer.kind == TimerKind::AutomaticFallback)
    }

    /// Who serves the users whose home is this node.
    pub fn served(&self, home: Node) -> Served {
        match self.pair.served(self.sim(home)) {
            locum_sim::Served::Nobody => Served::Nobody,
            locum_sim::Served::By(node) if node == self.sim(home) => Served::By(home),
            locum_sim::Served::By(_) => Served::By(home.peer()),
            locum_sim::Served::Twice => Served::Twice,
        }
    }

    /// Whether any user has ever been served by both nodes.
    pub fn was_served_twice(&self) -> bool {
        Node::BOTH.into_iter().any(|home| self.pair.served_twice_ms(self.sim(home)) > 0)
    }

    /// The states that a node has entered, in order.
    pub fn entered(&self, node: Node) -> Vec<State> {
        let own = self.pair.transitions().iter().filter(|(entering, _)| *entering == self.sim(node));
        own.map(|(_, transition)| transition.to.0).collect()
    }

    fn view(&mut self, node: Node) -> Option<View> {
        self.pair.view(self.sim(node))
    }

    fn seen(&mut self) -> Option<Seen> {
        let by = if self.state(Node::Two).is_some() { Node::Two } else { Node::One };
        let view = self.view(by)?;
        let peer = self.state(by.peer()).filter(|_| !view.peer_silent);
        Some(Seen { by, own: (view.state, view.reason), peer })
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

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend").field("order", &self.order).finish_non_exhaustive()
    }
}
