//! Two nodes on a virtual clock.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use features::words::{Advised, Node, Row, Served, Service};
use locum_core::{Answer, Command, Reason, State, TimerKind, advise, joint_row};
use locum_parts::Components;
use locum_sim::{NewUser, Pair, Parts, Snapshot, UserMoves, failing, native};

use super::recorded::{Rows, recorded};
use super::{Backend, Change, Passing, Plan, START_TIMEOUT, Sight, Weather};
use crate::stage::Order;

/// In steps of this the group is watched for what soon passes.
const GLANCE: Duration = Duration::from_millis(1);
/// For how long it is watched.
const GLANCES_MAX: u32 = 200;
/// How long a probe takes to see what has become of a service.
const PROBE: Duration = Duration::from_millis(1);
/// How long a heartbeat takes to the peer.
const HEARTBEAT: Duration = Duration::from_millis(1);

/// A simulated group.
pub(crate) struct Simulated {
    pair: Pair,
    order: Order,
    rows: Rows,
    users_added: u32,
}

impl Simulated {
    /// A group of native code, whose nodes are Normal.
    pub(crate) fn native(plan: &Plan, order: Order) -> Self {
        let rows = Rows::default();
        let policies = if plan.policy_fails { failing() } else { native().policies };
        Self::raise(Parts { machines: recorded(&rows), policies, ..native() }, rows, plan, order)
    }

    /// A group of components, whose nodes are Normal.
    pub(crate) fn of_components(components: &Components, plan: &Plan, order: Order) -> Self {
        Self::raise(components.parts(), Rows::default(), plan, order)
    }

    fn raise(parts: Parts, rows: Rows, plan: &Plan, order: Order) -> Self {
        let pair = Pair::new(parts, &plan.parameters);
        let mut group = Self { pair, order, rows, users_added: plan.users };
        for node in [locum_sim::Node::A, locum_sim::Node::B] {
            let services = &mut group.pair.settings_mut(node).services;
            services.iter_mut().for_each(|service| service.start_timeout_ms = ms(START_TIMEOUT));
        }
        let homes = if plan.alone { vec![Node::One] } else { Node::BOTH.to_vec() };
        let homes: Vec<_> = homes.into_iter().map(|node| group.sim(node).name()).collect();
        let users = (1..=plan.users).zip(homes.into_iter().cycle());
        let users = users.map(|(number, home)| NewUser { home: Some(home.into()), ..user(number) });
        group.pair = group.pair.with_users(users).expect("these users have good names");
        if plan.alone {
            let only = group.sim(Node::One);
            let settings = group.pair.settings_mut(only);
            (settings.has_peer, settings.high_availability) = (false, false);
            group.pair.start(only);
            group.pair.settle();
        } else {
            group.pair = group.pair.started();
        }
        group
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

    fn lose_disk(&mut self, node: Node) {
        self.pair.lose_disk(self.sim(node));
    }

    fn set_paused(&mut self, node: Node, paused: bool) {
        self.pair.set_frozen(self.sim(node), paused);
    }

    fn reconfigure(&mut self, node: Node, change: &Change) {
        let parameters = &mut self.pair.settings_mut(self.sim(node)).parameters;
        match change {
            Change::KeepAliveTimeout(timeout) => parameters.keep_alive_timeout_ms = ms(*timeout),
            Change::Cluster(cluster) => parameters.cluster.clone_from(cluster),
            Change::Software(software) => parameters.software.clone_from(software),
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

    fn set_moves(&mut self, node: Node, moves: UserMoves) {
        self.pair.set_moves(self.sim(node), moves);
    }

    fn add_users(&mut self, node: Node, count: u32) -> bool {
        let users = (self.users_added + 1..=self.users_added + count).map(user);
        let added = self.pair.add_users(self.sim(node), users).is_ok();
        if added {
            self.users_added += count;
            self.wait(HEARTBEAT);
        }
        added
    }

    fn change_directory(&mut self, node: Node) {
        let sim = self.sim(node);
        let Snapshot { revision, mut users } = self.pair.directory(sim).snapshot();
        users.pop();
        let changed = Snapshot { revision, users }.to_directory().expect("what is left is a directory");
        self.pair.set_directory(sim, changed);
        self.wait(HEARTBEAT);
    }

    fn directory(&mut self, node: Node) -> Option<BTreeMap<String, Option<Node>>> {
        let sim = self.sim(node);
        let home = |name| Node::BOTH.into_iter().find(|node| Some(self.sim(*node).name()) == name);
        let users = self.pair.directory(sim).users().map(|user| (user.name.to_owned(), home(user.home)));
        self.pair.is_reachable(sim).then(|| users.collect())
    }

    fn policy_faults(&mut self, node: Node) -> usize {
        let sim = self.sim(node);
        self.pair.policy_faults().iter().filter(|(failed, _)| *failed == sim).count()
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
        self.pair.set_weather(self.sim(from), u32::try_from(link).expect("there are two"), weather);
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

    fn pass(&mut self, there: Passing) -> bool {
        self.glance(|group| group.is_at(there))
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
        let shown = self.pair.transitions().iter().map(|(_, transition)| transition.row.clone());
        shown.chain(self.rows.borrow().clone()).collect()
    }
}

impl fmt::Debug for Simulated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulated").field("order", &self.order).finish_non_exhaustive()
    }
}

fn user(number: u32) -> NewUser {
    NewUser::new(format!("user-{number}"))
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).expect("scenarios last no ages")
}
