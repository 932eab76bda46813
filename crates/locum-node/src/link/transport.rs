//! What a link asks of a transport, whoever runs it.

use locum_host::{
    Fault,
    transport::{LinkQuality, Packet, Transport, Verdict},
};

/// A transport at work: the host's handle on the plugin, or a stand-in.
pub trait Framing: Send {
    /// The packets that carry a frame to the peer.
    ///
    /// # Errors
    /// The transport failed; the next call goes to a fresh one.
    fn send(&mut self, now_ms: u64, frame: &[u8]) -> Result<Vec<Packet>, Fault>;

    /// Takes in a packet of the peer's `session`; a higher one than before starts a new replay window.
    ///
    /// # Errors
    /// As [`Framing::send`].
    fn receive(&mut self, now_ms: u64, link: u32, session: u64, packet: &[u8]) -> Result<Verdict, Fault>;

    /// Packets that the transport wants sent of its own accord, once a keep-alive interval.
    ///
    /// # Errors
    /// As [`Framing::send`].
    fn tick(&mut self, now_ms: u64) -> Result<Vec<Packet>, Fault>;

    /// The links, in order.
    ///
    /// # Errors
    /// As [`Framing::send`].
    fn quality(&mut self) -> Result<Vec<LinkQuality>, Fault>;

    /// How often it has started afresh, and numbers its packets from the start again.
    fn openings(&self) -> u64;
}

impl Framing for Transport {
    fn send(&mut self, now_ms: u64, frame: &[u8]) -> Result<Vec<Packet>, Fault> {
        Transport::send(self, now_ms, frame)
    }

    fn receive(&mut self, now_ms: u64, link: u32, session: u64, packet: &[u8]) -> Result<Verdict, Fault> {
        Transport::receive(self, now_ms, link, session, packet)
    }

    fn tick(&mut self, now_ms: u64) -> Result<Vec<Packet>, Fault> {
        Transport::tick(self, now_ms)
    }

    fn quality(&mut self) -> Result<Vec<LinkQuality>, Fault> {
        Transport::quality(self)
    }

    fn openings(&self) -> u64 {
        Transport::openings(self)
    }
}
