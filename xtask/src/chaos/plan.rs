//! What will go wrong, drawn from a seed before anything runs.

use std::fmt;

use serde::Serialize;

use super::config::KEEP_ALIVE_TIMEOUT_MS;
use crate::pair::{chance::Chance, node::Node};

/// So long a fault lasts at least and at most, in milliseconds.
const LASTS_MS: [u64; 2] = [300, 6_000];
/// A storm takes at least this long with the calm after it, in milliseconds: no run has more of them.
const STORM_MS: u64 = 3_000;

/// A whole run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) settings: Settings,
    /// As many as there may be time for.
    pub(super) storms: Vec<Vec<Fault>>,
}

/// How the pair is set up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Settings {
    pub(super) automatic_fallback: bool,
    pub(super) fast_peer_loss: bool,
    /// Whether there is a second link, on which a relay makes the weather.
    pub(super) relayed: bool,
    /// Whether the wall clocks are fake ones.
    pub(super) fake_clocks: bool,
}

/// What can be done to this pair here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Abilities {
    /// State directories can be small file systems of their own.
    pub(super) small_disks: bool,
    /// Wall clocks can be faked.
    pub(super) fake_clocks: bool,
    /// There is a witness, which can be cut off and paused.
    pub(super) witness: bool,
}

/// Something that goes wrong for a while, counted from the beginning of its storm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Fault {
    pub(super) at_ms: u64,
    pub(super) lasts_ms: u64,
    pub(super) kind: Kind,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum Kind {
    /// SIGKILL; then the daemon starts.
    Kill { node: Node },
    /// The same, and the host has booted meanwhile.
    Reboot { node: Node },
    /// SIGSTOP for longer than the keep-alive timeout.
    Pause { node: Node },
    /// A goodbye; then the daemon starts.
    Stop { node: Node },
    /// No goodbye; the daemon starts at once.
    Restart { node: Node },
    /// The nodes do not hear each other.
    Cut,
    /// Nothing that this node sends arrives at its peer.
    CutOneWay { from: Node },
    /// The first link is cut, and there is another.
    CutLink,
    /// These nodes do not reach the witness.
    CutWitness { nodes: [bool; 2] },
    /// The witness does not run.
    PauseWitness,
    /// So many of a hundred packets are lost, on all links.
    Loss { percent: u8 },
    /// The first link is cut, and on the second packets are late, out of order and copied.
    Weather { rough: Rough },
    /// A service dies and does not start.
    ServiceFails { node: Node },
    /// There is no room on the disk.
    DiskFull { node: Node },
    /// The wall clock jumps.
    ClockJump { node: Node, by_s: i64 },
    /// An administrator fails a node over.
    Failover { node: Node },
}

/// What a relay does to packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Rough {
    pub(super) lost_percent: u8,
    pub(super) delay_ms: u64,
    /// What is late is late by up to this much more: packets overtake each other.
    pub(super) spread_ms: u64,
    pub(super) twice_percent: u8,
}

impl Plan {
    /// The plan of this seed. What cannot be done here is not drawn.
    pub(super) fn draw(seed: u64, minutes: u64, abilities: Abilities) -> Plan {
        let mut chance = Chance::new(seed);
        let settings = Settings {
            automatic_fallback: chance.percent(40),
            fast_peer_loss: chance.percent(50),
            relayed: chance.percent(70),
            fake_clocks: chance.percent(50) && abilities.fake_clocks,
        };
        let storms = minutes * 60_000 / STORM_MS;
        let storms = (0..storms).map(|_| storm(&mut chance, settings, abilities)).collect();
        Plan { seed, settings, storms }
    }

    /// A healthy pair is cut in two, so many times, for several keep-alive timeouts.
    pub(super) fn silent_cuts(seed: u64, cuts: u64) -> Plan {
        let cut = Fault { at_ms: 0, lasts_ms: 4 * KEEP_ALIVE_TIMEOUT_MS, kind: Kind::Cut };
        Plan { seed, settings: Settings::default(), storms: (0..cuts).map(|_| vec![cut]).collect() }
    }
}

/// One to three faults, close enough to get into each other's way.
fn storm(chance: &mut Chance, settings: Settings, abilities: Abilities) -> Vec<Fault> {
    let faults = chance.one_of(&[1, 1, 2, 2, 3]);
    let mut at_ms = 0;
    let fault = |_| {
        let kind = kind(chance, settings, abilities);
        let least_ms = if matches!(kind, Kind::Pause { .. }) { KEEP_ALIVE_TIMEOUT_MS + 500 } else { LASTS_MS[0] };
        let fault = Fault { at_ms, lasts_ms: chance.between(least_ms, LASTS_MS[1]), kind };
        at_ms += chance.between(0, LASTS_MS[1] / 2);
        fault
    };
    (0..faults).map(fault).collect()
}

fn kind(chance: &mut Chance, settings: Settings, abilities: Abilities) -> Kind {
    loop {
        let node = chance.one_of(&Node::BOTH);
        let kind = match chance.between(0, 21) {
            0 | 1 => Kind::Kill { node },
            2 => Kind::Reboot { node },
            3 | 4 => Kind::Pause { node },
            5 => Kind::Stop { node },
            6 => Kind::Restart { node },
            7 | 8 => Kind::Cut,
            9 | 10 => Kind::CutOneWay { from: node },
            11 if settings.relayed => Kind::CutLink,
            12 if abilities.witness => Kind::CutWitness { nodes: Node::BOTH.map(|each| each == node) },
            13 if abilities.witness => Kind::CutWitness { nodes: [true; 2] },
            14 if abilities.witness => Kind::PauseWitness,
            15 => Kind::Loss { percent: chance.between(1, 30) as u8 },
            16 if settings.relayed => Kind::Weather {
                rough: Rough {
                    lost_percent: chance.between(0, 15) as u8,
                    delay_ms: chance.between(0, 150),
                    spread_ms: chance.between(0, 300),
                    twice_percent: chance.between(0, 50) as u8,
                },
            },
            17 => Kind::ServiceFails { node },
            18 if abilities.small_disks => Kind::DiskFull { node },
            19 if settings.fake_clocks => {
                Kind::ClockJump { node, by_s: chance.one_of(&[-7_200, -60, -2, 2, 60, 7_200]) }
            }
            20 | 21 => Kind::Failover { node },
            _ => continue,
        };
        return kind;
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Kill { node } => write!(f, "{node} is killed"),
            Kind::Reboot { node } => write!(f, "the host of {node} reboots without a word"),
            Kind::Pause { node } => write!(f, "{node} is paused"),
            Kind::Stop { node } => write!(f, "{node} says goodbye"),
            Kind::Restart { node } => write!(f, "{node} restarts"),
            Kind::Cut => write!(f, "the nodes are cut off from each other"),
            Kind::CutOneWay { from } => write!(f, "nothing from {from} arrives at {}", from.peer()),
            Kind::CutLink => write!(f, "one link of two is cut"),
            Kind::CutWitness { nodes: [true, true] } => write!(f, "both nodes are cut off from the witness"),
            Kind::CutWitness { nodes: [true, _] } => write!(f, "a is cut off from the witness"),
            Kind::CutWitness { .. } => write!(f, "b is cut off from the witness"),
            Kind::PauseWitness => write!(f, "the witness is paused"),
            Kind::Loss { percent } => write!(f, "{percent} % of all packets are lost"),
            Kind::Weather { rough: Rough { lost_percent, delay_ms, spread_ms, twice_percent } } => write!(
                f,
                "one link is cut, on the other packets are {delay_ms} to {} ms late, {lost_percent} % lost, \
                 {twice_percent} % copied",
                delay_ms + spread_ms
            ),
            Kind::ServiceFails { node } => write!(f, "a critical service of {node} fails"),
            Kind::DiskFull { node } => write!(f, "the disk of {node} is full"),
            Kind::ClockJump { node, by_s } => write!(f, "the wall clock of {node} jumps by {by_s} s"),
            Kind::Failover { node } => write!(f, "an administrator fails {node} over"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const ALL: Abilities = Abilities { small_disks: true, fake_clocks: true, witness: true };

    #[test]
    fn the_same_seed_gives_the_same_plan() {
        assert_eq!(Plan::draw(7, 10, ALL), Plan::draw(7, 10, ALL));
        assert_ne!(Plan::draw(7, 10, ALL).storms, Plan::draw(8, 10, ALL).storms);
        assert_eq!(Plan::draw(7, 10, ALL).storms.len(), 200);
    }

    #[test]
    fn every_kind_is_drawn_and_nothing_that_cannot_be_done() {
        let kinds = |abilities| -> BTreeSet<String> {
            let plans = (0..20).map(|seed| Plan::draw(seed, 10, abilities));
            let faults = plans.flat_map(|plan| plan.storms).flatten();
            faults.map(|fault| serde_json::to_value(fault.kind).unwrap()["kind"].to_string()).collect()
        };
        let [all, few] = [ALL, Abilities::default()].map(kinds);
        assert_eq!((all.len(), few.len()), (16, 12), "{all:?} {few:?}");
        let missing: Vec<_> = all.difference(&few).map(|kind| kind.trim_matches('"')).collect();
        assert_eq!(missing, ["clock-jump", "cut-witness", "disk-full", "pause-witness"]);
    }

    #[test]
    fn a_pause_is_longer_than_the_keep_alive_timeout() {
        let faults = Plan::draw(1, 60, ALL).storms.into_iter().flatten();
        let mut pauses = faults.filter(|fault| matches!(fault.kind, Kind::Pause { .. }));
        assert!(pauses.all(|fault| fault.lasts_ms > KEEP_ALIVE_TIMEOUT_MS));
    }

    #[test]
    fn a_weather_needs_a_relay() {
        for plan in (0..50).map(|seed| Plan::draw(seed, 2, ALL)).filter(|plan| !plan.settings.relayed) {
            let mut faults = plan.storms.iter().flatten();
            assert!(!faults.any(|fault| matches!(fault.kind, Kind::Weather { .. } | Kind::CutLink)));
        }
    }
}
