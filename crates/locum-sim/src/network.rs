//! The links between the nodes, and what becomes of packets on them.

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
}

/// A packet under way.
#[derive(Clone, Debug)]
pub(crate) struct Flight {
    pub(crate) link: u32,
    /// The incarnation of its sender.
    pub(crate) session: u64,
    pub(crate) bytes: Vec<u8>,
}

/// All links, both ways.
#[derive(Default)]
pub(crate) struct Network {
    lanes: [[Lane; LINKS as usize]; 2],
}

impl Network {
    pub(crate) fn set_weather(&mut self, from: Node, link: u32, weather: Weather) {
        self.lanes[from as usize][link as usize] = Lane { weather, ..Lane::default() };
    }

    /// What arrives at the other node now that this is sent, in order.
    pub(crate) fn carry(&mut self, from: Node, flight: Flight) -> Vec<Flight> {
        self.lanes[from as usize][flight.link as usize].carry(flight)
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
    fn carry(&mut self, flight: Flight) -> Vec<Flight> {
        self.sent += 1;
        match self.weather {
            Weather::Fair => vec![flight],
            Weather::Cut => Vec::new(),
            Weather::EveryThirdLost if self.sent.is_multiple_of(3) => Vec::new(),
            Weather::EveryThirdLost => vec![flight],
            Weather::TwiceAndLate => {
                let late = self.late.replace(flight.clone());
                [flight].into_iter().chain(late).collect()
            }
        }
    }
}
