//! What the node shows of its group, from what the state machine, the store, the link and the supervisor know.

use std::collections::BTreeMap;

use locum_core::{Advice, Rank, State, TimerKind, View, WitnessView, advise, joint_row};
use locum_store::Directory;

use super::{peer, shared::Shared};
use crate::api::{DirectoryStatus, LeaseStatus, NodeStatus, Status, TimerStatus, UsersStatus, WitnessStatus};
use crate::clock;

/// How much older than the keep-alive interval a peer's account may be before it is called stale: it travels apart
/// from the heartbeats, at least this often.
const STALE_MARGIN_MS: u64 = peer::NOTE_INTERVAL.as_millis() as u64;

impl Shared {
    /// The whole status, as of now.
    pub(crate) async fn status(&self) -> Status {
        let view = self.view();
        let own = self.own_status(&view).await;
        let peer = self.peer_status(&view);
        let peer_pair = view.peer.filter(|_| !view.peer_silent).map(|peer| (peer.state, peer.reason));
        let row = joint_row((view.state, view.reason), peer_pair).map(|(row, _)| row);
        let advice = match &self.peer {
            Some(_) => advise((view.state, view.reason), peer_pair),
            None => Advice::Nothing,
        };
        let config = self.config();
        Status {
            group: config.group.name.clone(),
            node: self.node.clone(),
            software: config.parameters().software,
            taken_at_unix_ms: clock::unix_ms(),
            interval_ms: config.parameters().keep_alive_interval_ms,
            high_availability: view.high_availability,
            row: row.map(|row| row.number),
            cause: row.map_or("", |row| row.cause).to_owned(),
            advice: format!("{advice:?}"),
            recommended: self.in_words(advice),
            users: self.users_status(&view, &own, peer.as_ref(), config.users.mode.name()),
            nodes: std::iter::once(own).chain(peer).collect(),
            links: self.link.as_ref().map_or_else(Vec::new, |link| link.status()),
            witness: self.witness_status(&view),
            timers: timers(&view),
            alarms: view.alarms.iter().map(|alarm| alarm.text().to_owned()).collect(),
            differences: view
                .differences
                .iter()
                .map(|d| format!("{}: {} here, {} on the peer", d.parameter, d.ours, d.theirs))
                .collect(),
        }
    }

    /// This node's own part, which its peer is told as well.
    pub(crate) async fn own_status(&self, view: &View) -> NodeStatus {
        let directory = self.store.directory();
        NodeStatus {
            name: self.node.clone(),
            state: view.state.name().to_owned(),
            reason: view.reason.name().to_owned(),
            since_unix_ms: unix_of(view.since_ms),
            transition: view.row.clone(),
            epoch: view.epoch,
            serves: self.gate.homes(),
            directory: directory_status(&directory),
            services: self.supervisor.status(),
            heard: true,
            age_ms: 0,
            stale: false,
        }
    }

    /// The peer's part: state and reason from its heartbeats, the rest from what it last told.
    fn peer_status(&self, view: &View) -> Option<NodeStatus> {
        let name = self.peer.clone()?;
        let told = self.told();
        let mut status = told.unwrap_or_else(|| NodeStatus {
            name: name.clone(),
            state: String::new(),
            reason: String::new(),
            since_unix_ms: 0,
            transition: String::new(),
            epoch: 0,
            serves: Vec::new(),
            directory: DirectoryStatus::default(),
            services: Vec::new(),
            heard: false,
            age_ms: 0,
            stale: true,
        });
        status.heard = !view.peer_silent && view.peer.is_some();
        status.age_ms = view.peer_unheard_ms.max(self.told_ms_ago().unwrap_or(0));
        let interval_ms = self.config().parameters().keep_alive_interval_ms;
        status.stale = !status.heard || status.age_ms > interval_ms + STALE_MARGIN_MS;
        if let Some(peer) = &view.peer {
            if status.state != peer.state.name() {
                status.since_unix_ms = 0;
            }
            status.state = peer.state.name().to_owned();
            status.reason = peer.reason.name().to_owned();
            status.epoch = peer.epoch;
            if !status.heard {
                status.serves.clear();
            }
        }
        Some(status)
    }

    fn users_status(&self, view: &View, own: &NodeStatus, peer: Option<&NodeStatus>, mode: &str) -> UsersStatus {
        let directory = self.store.directory();
        let names: Vec<&String> = std::iter::once(&self.node).chain(&self.peer).collect();
        let by_home: BTreeMap<_, _> =
            names.iter().map(|name| ((*name).clone(), directory.count_at_home(name) as u64)).collect();
        let serving = |name: &str| {
            let serves =
                if name == self.node { Some(&own.serves) } else { peer.filter(|p| p.heard).map(|p| &p.serves) };
            serves.map_or(0, |homes| homes.iter().filter_map(|home| by_home.get(home)).sum())
        };
        let by_serving_node: BTreeMap<_, u64> = names.iter().map(|name| ((*name).clone(), serving(name))).collect();
        let unassigned = directory.count_unassigned() as u64;
        let total = directory.len() as u64;
        let served: u64 = by_serving_node.values().sum();
        UsersStatus {
            total,
            unassigned,
            unserved: (total - unassigned).saturating_sub(served),
            by_home,
            by_serving_node,
            mode: mode.to_owned(),
            directories_agree: self.peer.is_none() || view.peer.is_some_and(|peer| peer.directory == view.directory),
        }
    }

    fn witness_status(&self, view: &View) -> Option<WitnessStatus> {
        let config = self.config();
        let risk = config.risk()?;
        let known = self.witness.as_ref().map(|witness| witness.known()).unwrap_or_default();
        Some(WitnessStatus {
            kind: config.witness.kind.name().to_owned(),
            partition: config.partition().to_string(),
            risk,
            answered_ms_ago: known.answered_ms.map(|at_ms| clock::now_ms().saturating_sub(at_ms)),
            problem: known.problem.map(|problem| problem.to_string()),
            leases: view.witness.as_ref().map_or_else(Vec::new, |witness| self.leases(witness)),
        })
    }

    fn leases(&self, witness: &WitnessView) -> Vec<LeaseStatus> {
        let now_ms = clock::now_ms();
        let holder = |rank: Rank| self.names().get(rank as usize).map(|name| (*name).to_owned());
        let homes = std::iter::once(&self.node).chain(&self.peer);
        let lease = |(home, lease): (&String, &locum_core::LeaseView)| LeaseStatus {
            home: home.clone(),
            holder: lease.holder.and_then(holder),
            held_for_ms: lease.held_until_ms.saturating_sub(now_ms),
        };
        homes.zip(&witness.leases).map(lease).collect()
    }

    fn in_words(&self, advice: Advice) -> String {
        let peer = self.peer.as_deref().unwrap_or("the peer");
        advice.text().replace("{here}", &self.node).replace("{peer}", peer)
    }
}

/// The directory in short.
pub(crate) fn directory_status(directory: &Directory) -> DirectoryStatus {
    DirectoryStatus {
        revision: directory.revision(),
        digest: directory.digest().to_string(),
        users: directory.len() as u64,
    }
}

fn timers(view: &View) -> Vec<TimerStatus> {
    let now_ms = clock::now_ms();
    let shown = |kind: TimerKind| {
        !matches!(kind, TimerKind::KeepAlive | TimerKind::Rights | TimerKind::Witness)
            && (kind != TimerKind::PeerSilence || view.state == State::Initializing || view.peer_unheard_ms > 0)
    };
    view.timers
        .iter()
        .filter(|timer| shown(timer.kind))
        .map(|timer| TimerStatus { what: timer.kind.name().to_owned(), in_ms: timer.at_ms.saturating_sub(now_ms) })
        .collect()
}

/// A time on the boot clock, in milliseconds since 1970.
fn unix_of(boot_ms: u64) -> u64 {
    clock::unix_ms().saturating_sub(clock::now_ms().saturating_sub(boot_ms))
}
