//! The transport over every link, as one value: what the plugin of that name runs, and whoever runs it without a host.

use super::{LinkQuality, Packet, Receiver, Sender, Verdict};

const TAG: u8 = b'M';

/// Sends each frame over all links; the first copy to arrive wins.
#[derive(Debug)]
pub struct Multipath {
    links: u32,
    sender: Sender,
    receiver: Receiver,
}

impl Multipath {
    /// Over this many links.
    pub fn new(links: u32) -> Self {
        Self { links, sender: Sender::new(TAG), receiver: Receiver::new(TAG, links) }
    }

    /// The packets that carry a frame, as `framing.send` of `wit/transport.wit` says.
    pub fn send(&mut self, now_ms: u64, frame: &[u8]) -> Vec<Packet> {
        let bytes = self.sender.number(now_ms, frame);
        (0..self.links).map(|link| Packet { link, bytes: bytes.clone() }).collect()
    }

    /// Takes in a packet, as `framing.receive` says.
    pub fn receive(&mut self, now_ms: u64, link: u32, session: u64, packet: &[u8]) -> Verdict {
        self.receiver.receive(now_ms, link, session, packet)
    }

    /// The links, in order.
    pub fn quality(&self) -> Vec<LinkQuality> {
        self.receiver.quality()
    }
}
