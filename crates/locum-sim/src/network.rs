//! The links between the nodes, and what becomes of packets on them.

use serde::{Deserialize, Serialize};

use crate::chance::Chance;
use crate::node::Node;

/// How many links there are.
pub const LINKS: u32 = 2;

/// What becomes of the packets on one link, one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weather {
    /// They arrive.
    #[default]
    Fair,
    /// They get lost.
    Cut,
    /// Every third gets lost.
    EveryThirdLost,
    /// They arrive twice, the second time after the next one.
    TwiceAndLate,
    /// Chance has it.
    Rough(Rough),
}

/// Weather in which chance decides, packet by packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rough {
    /// So many of a hundred get lost.
    #[serde(default)]
    pub lost_percent: u8,
    /// They take so much longer, in milliseconds.
    #[serde(default)]
    pub delay_ms: u64,
    /// And up to so much more, each for itself: they overtake each other.
    #[serde(default)]
    pub spread_ms: u64,
    /// So many of a hundred arrive twice.
    #[serde(default)]
    pub twice_percent: u8,
}

impl Rough {
    /// How long after its time a packet arrives, if it does.
    fn carry(&self, chance: &mut Chance) -> Option<u64> {
        let lost = chance.percent(u64::from(self.lost_percent));
        let late_ms = self.delay_ms + chance.between(0, self.spread_ms);
        (!lost).then_some(late_ms)
    }
}

/// A packet under way.
#[derive(Clone, Debug)]
pub(crate) struct Flight {
    pub(crate) link: u32,
    /// The incarnation of its sender.
    pub(crate) session: u64,
    pub(crate) bytes: Vec<u8>,
}

/// What arrives now that a packet is sent, and how much later than in fair weather, in milliseconds: the packet, its
/// copy, or an earlier one.
pub(crate) type Carried = [Option<(u64, Flight)>; 2];

/// All links, both ways.
pub(crate) struct Network {
    lanes: [[Lane; LINKS as usize]; 2],
    chance: Chance,
}

impl Network {
    /// Fair weather everywhere. Where chance decides later on, it draws from this seed.
    pub(crate) fn new(seed: u64) -> Network {
        Network { lanes: Default::default(), chance: Chance::new(seed) }
    }

    pub(crate) fn set_weather(&mut self, from: Node, link: u32, weather: Weather) {
        self.lanes[from as usize][link as usize] = Lane { weather, ..Lane::default() };
    }

    /// What arrives at the other node now that this is sent, in order.
    pub(crate) fn carry(&mut self, from: Node, flight: Flight) -> Carried {
        self.lanes[from as usize][flight.link as usize].carry(flight, &mut self.chance)
    }
}

/// One link, one way.
#[derive(Default)]
struct Lane {
    weather: Weather,
    /// How many packets this weather has seen.
    sent: u64,
    /// The copy that waits for the next packet.
    late: Option<Flight>,
}

impl Lane {
    fn carry(&mut self, flight: Flight, chance: &mut Chance) -> Carried {
        self.sent += 1;
        match self.weather {
            Weather::Cut => [None, None],
            Weather::EveryThirdLost if self.sent.is_multiple_of(3) => [None, None],
            Weather::Fair | Weather::EveryThirdLost => [Some((0, flight)), None],
            Weather::TwiceAndLate => {
                let late = self.late.replace(flight.clone());
                [Some((0, flight)), late.map(|late| (0, late))]
            }
            Weather::Rough(rough) => {
                let first = rough.carry(chance);
                let twice = chance.percent(u64::from(rough.twice_percent));
                let second = rough.carry(chance).filter(|_| twice);
                let copy = second.map(|late_ms| (late_ms, flight.clone()));
                [first.map(|late_ms| (late_ms, flight)), copy]
            }
        }
    }
}
