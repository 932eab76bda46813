//! The transport between simulated nodes.

use locum_sdk::transport::{Multipath, Verdict};

/// A packet for one link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The link, counted from 0.
    pub link: u32,
    /// What goes on the wire.
    pub bytes: Vec<u8>,
}

/// A transport at work, wherever it runs.
pub trait Transport {
    /// The packets that carry a frame to the peer.
    fn send(&mut self, now_ms: u64, frame: &[u8]) -> Vec<Packet>;
    /// Takes in a packet that came over `link` from the peer in its incarnation `session`: its frame, if that has not
    /// been delivered before.
    fn receive(&mut self, now_ms: u64, link: u32, session: u64, packet: &[u8]) -> Option<Vec<u8>>;
}

/// Opens a transport over this many links.
pub type TransportFactory = Box<dyn Fn(u32) -> Box<dyn Transport>>;

impl Transport for Multipath {
    fn send(&mut self, now_ms: u64, frame: &[u8]) -> Vec<Packet> {
        let packets = Multipath::send(self, now_ms, frame);
        packets.into_iter().map(|packet| Packet { link: packet.link, bytes: packet.bytes }).collect()
    }

    fn receive(&mut self, now_ms: u64, link: u32, session: u64, packet: &[u8]) -> Option<Vec<u8>> {
        match Multipath::receive(self, now_ms, link, session, packet) {
            Verdict::Deliver(frame) => Some(frame),
            Verdict::Duplicate | Verdict::Replayed | Verdict::Malformed => None,
        }
    }
}
