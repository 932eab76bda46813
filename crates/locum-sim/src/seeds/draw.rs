//! A history from a seed.

use locum_config::{Mode, Profile};
use locum_core::Command;

use crate::chance::Chance;
use crate::history::{Guarded, Happening, History, What, usual_services};
use crate::host::{DiskHealth, UserMoves};
use crate::network::Rough;
use crate::node::Node;

/// The most packets are late where nodes are to go on hearing each other, in milliseconds: there and back, and an
/// interval, stay well below the keep-alive timeout.
const LATE_MAX_MS: u64 = 80;

/// The history of this seed: mishaps, each with what an operator does about it, close enough together to get into each
/// other's way.
pub fn draw(seed: u64) -> History {
    let mut chance = Chance::new(seed);
    let profile = if chance.percent(10) { Profile::Classic } else { Profile::Fast };
    let mut set = vec![];
    if chance.percent(50) {
        set.push(("automatic_fallback", "true"));
        set.push(("automatic_fallback_delay", if profile == Profile::Fast { "700ms" } else { "2min" }));
    }
    if chance.percent(20) {
        set.push(("fast_peer_loss", if profile == Profile::Fast { "false" } else { "true" }));
    }
    let mode = match chance.below(10) {
        0 => Mode::ActiveStandby,
        1 => Mode::None,
        _ => Mode::Balanced,
    };
    let mut history = History {
        title: format!("Seed {seed}"),
        profile,
        mode,
        set: set.into_iter().map(|(key, value)| (key.into(), value.into())).collect(),
        services: services(&mut chance),
        users: chance.between(2, 12) as u32,
        seed: chance.draw(),
        ..History::default()
    };
    let partitions = chance.percent(40);
    history.happenings =
        Drawing { scale: if profile == Profile::Fast { 1 } else { 120 }, chance, partitions }.happenings();
    history.lasts_ms = history.ends_ms();
    history
}

fn services(chance: &mut Chance) -> Vec<Guarded> {
    let mut services = usual_services();
    if chance.percent(30) {
        services.push(Guarded { name: "report".into(), critical: false, ..Guarded::default() });
    }
    for service in &mut services {
        if chance.percent(25) {
            (service.start_ms, service.probe_ms) = (chance.between(0, 900), chance.between(1, 60));
        }
    }
    services
}

/// A history in the making.
struct Drawing {
    chance: Chance,
    /// Whether nodes may cease to hear each other, or forget.
    partitions: bool,
    /// How much slower than the profile `fast` everything is.
    scale: u64,
}

impl Drawing {
    fn happenings(mut self) -> Vec<Happening> {
        let mut drawn = Vec::new();
        for node in Node::BOTH {
            let at_ms = self.chance.below(200) * self.scale;
            drawn.push(Happening { at_ms, what: What::Start { node } });
        }
        let mut at_ms = 3_000 * self.scale;
        for _ in 0..self.chance.between(1, 8) {
            let node = self.chance.one_of(&Node::BOTH);
            let mishap = self.mishap(node);
            let mut then_ms = at_ms;
            for what in mishap {
                drawn.push(Happening { at_ms: then_ms, what });
                then_ms += self.pause_ms();
            }
            // The next one comes after this one, or in the middle of it.
            let middle_ms = at_ms + self.chance.below(then_ms - at_ms + 1);
            at_ms = if self.chance.percent(60) { then_ms } else { middle_ms };
        }
        drawn.sort_by_key(|happening| happening.at_ms);
        drawn
    }

    /// For a few packets' time, about a keep-alive timeout, or for long enough that all has settled.
    fn pause_ms(&mut self) -> u64 {
        match self.chance.below(4) {
            0 => self.chance.below(20),
            1 => self.chance.below(500) * self.scale,
            _ => self.chance.between(500, 3_000) * self.scale,
        }
    }

    /// Something goes wrong, and is mended.
    fn mishap(&mut self, node: Node) -> Vec<What> {
        let fallback = What::Command { node, command: Command::Fallback };
        let recover = What::Command { node: self.chance.one_of(&Node::BOTH), command: Command::Recover };
        let service = self.chance.below(2) as u16;
        let fails = What::ServiceFails { node, service };
        let mends = What::ServiceMends { node, service };
        let start = What::Start { node };
        match self.chance.below(if self.partitions { 25 } else { 20 }) {
            0..=2 => vec![What::Kill { node }, start, fallback],
            3 => vec![What::Kill { node }, What::KernelTells { node }, start, fallback],
            4 => vec![What::Reboot { node }, start, fallback],
            5 => vec![What::Goodbye { node }, start, fallback],
            6 | 7 => vec![fails, mends, fallback],
            8 | 9 => vec![What::Command { node, command: Command::Failover }, fallback],
            10 => vec![fails, What::ServiceFails { node: node.peer(), service }, mends, recover],
            11 => vec![
                What::Moves { node, moves: UserMoves::Fail },
                What::Kill { node: node.peer() },
                recover,
                What::Moves { node, moves: UserMoves::Succeed },
                What::Start { node: node.peer() },
            ],
            12 => vec![
                What::Moves { node, moves: UserMoves::Last },
                What::Kill { node: node.peer() },
                What::Start { node: node.peer() },
                What::Moves { node, moves: UserMoves::Succeed },
            ],
            13 => vec![What::Freeze { node }, What::Thaw { node }, fallback],
            14 => vec![
                What::ClockJump { node, by_ms: self.pause_ms() },
                What::Kill { node: node.peer() },
                What::Start { node: node.peer() },
            ],
            15 => vec![
                What::Disk { node, disk: DiskHealth::Failing },
                What::Command { node, command: Command::Failover },
                What::Disk { node, disk: DiskHealth::Well },
                start,
                fallback,
            ],
            16 => vec![
                What::Disk { node, disk: DiskHealth::Full },
                What::AddUsers { node, count: 1 },
                What::Kill { node: node.peer() },
                What::Disk { node, disk: DiskHealth::Well },
                recover,
                What::Start { node: node.peer() },
            ],
            17 => vec![self.calm_weather(node), self.trap(node), self.trap(node.peer()), start, fallback],
            18 => vec![
                self.slow_service(node, service),
                What::ProbeUnknown { node, service },
                What::Command { node, command: Command::Failover },
                fallback,
                self.slow_service(node, service),
            ],
            19 => {
                vec![self.any_command(node), What::AddUsers { node, count: 1 + service as u32 }, self.any_command(node)]
            }
            20 => vec![What::Cut { node, link: None }, What::Heal { node, link: None }, recover],
            21 => vec![
                What::Cut { node, link: None },
                What::Cut { node: node.peer(), link: None },
                What::Heal { node, link: None },
                What::Heal { node: node.peer(), link: None },
                recover,
            ],
            22 => vec![What::Kill { node }, What::LoseDisk { node }, start, fallback],
            23 => vec![
                What::Cut { node, link: Some(0) },
                What::Cut { node, link: Some(1) },
                What::Heal { node, link: None },
                recover,
            ],
            _ => vec![
                self.storm(node),
                self.storm(node.peer()),
                What::Heal { node, link: None },
                What::Heal { node: node.peer(), link: None },
                recover,
            ],
        }
    }

    fn any_command(&mut self, node: Node) -> What {
        What::Command { node, command: self.chance.one_of(&Command::ALL) }
    }

    fn slow_service(&mut self, node: Node, service: u16) -> What {
        let (start_ms, probe_ms) = (self.chance.below(1_500), self.chance.between(1, 200));
        What::ServicePace { node, service, start_ms, probe_ms }
    }

    fn trap(&mut self, node: Node) -> What {
        let traps = [What::TransportTraps { node }, What::PolicyTraps { node }, What::MachineTraps { node }];
        traps[self.chance.below(3) as usize].clone()
    }

    /// Everything is late, or one link is bad: the nodes go on hearing each other.
    fn calm_weather(&mut self, node: Node) -> What {
        let delay_ms = self.chance.below(LATE_MAX_MS / 2);
        let twice_percent = self.chance.below(50) as u8;
        let rough = Rough { lost_percent: 0, delay_ms, spread_ms: LATE_MAX_MS / 2, twice_percent };
        match self.chance.below(3) {
            0 => What::Cut { node, link: Some(0) },
            1 => What::Weather { node, link: Some(0), rough: Rough { lost_percent: 70, ..rough } },
            _ => What::Weather { node, link: None, rough },
        }
    }

    /// Anything may happen to packets.
    fn storm(&mut self, node: Node) -> What {
        let rough = Rough {
            lost_percent: self.chance.between(20, 90) as u8,
            delay_ms: self.chance.below(400),
            spread_ms: self.chance.below(400),
            twice_percent: self.chance.below(50) as u8,
        };
        What::Weather { node, link: None, rough }
    }
}
