//! Transports: frames to packets on links, and back.

use crate::bindings::transport::Transport as TransportWorld;
use crate::bindings::transport::exports::locum::plugin::framing as wit;
use crate::error::{Fault, HostError};
use crate::guest::Guest;
use crate::{Limits, Loaded, World};

/// The most links a transport can be opened over.
pub const LINKS_MAX: u32 = 16;
/// The longest frame, in bytes.
pub const FRAME_BYTES_MAX: usize = 64 << 10;
/// How much longer than its frame a packet may be, in bytes.
pub const PACKET_OVERHEAD_BYTES_MAX: usize = 1200;

/// A packet for one link, before sealing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// The link, counted from 0.
    pub link: u32,
    /// What goes on the wire.
    pub bytes: Vec<u8>,
}

/// What became of a packet that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// A frame that has not been delivered before.
    Deliver(Vec<u8>),
    /// A copy of one that has.
    Duplicate,
    /// Older than the replay window, or of a session that has ended.
    Replayed,
    /// Not a packet of this transport.
    Malformed,
}

/// How one link is doing. Counters start at 0 with the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LinkQuality {
    /// Packets that arrived, copies among them.
    pub received: u64,
    /// Packets that should have arrived by their numbers and have not.
    pub lost: u64,
    /// Packets dropped as copies.
    pub duplicates: u64,
    /// Packets that arrived after a later one.
    pub reordered: u64,
    /// When the last packet arrived, on the caller's clock in milliseconds; 0 before the first.
    pub last_received_ms: u64,
}

/// A transport plugin at work. After a [`Fault`] the next call opens a fresh one over the same links, which numbers
/// its packets from the start: see [`Transport::openings`].
pub struct Transport {
    guest: Guest<TransportWorld>,
    links: u32,
    openings: u64,
}

impl Transport {
    /// Starts a transport over `links` links (1 to [`LINKS_MAX`]) with the default limits.
    ///
    /// # Errors
    /// As [`Transport::with_limits`].
    pub fn new(loaded: &Loaded, links: u32) -> Result<Self, HostError> {
        Self::with_limits(loaded, links, Limits::of(World::Transport))
    }

    /// Starts a transport and opens it.
    ///
    /// # Errors
    /// The component is of another world, lacks a function, or fails at this first call.
    ///
    /// # Panics
    /// If there is no link, or more than [`LINKS_MAX`].
    pub fn with_limits(loaded: &Loaded, links: u32, limits: Limits) -> Result<Self, HostError> {
        loaded.expect(World::Transport)?;
        let bind = |store: &mut _, instance: &_| TransportWorld::new(store, instance);
        let guest =
            Guest::new(&loaded.engine, &loaded.component, limits, bind).map_err(|error| loaded.rejected(&error))?;
        let mut transport = Self { guest, links, openings: 0 };
        transport.open(links).map_err(|fault| loaded.faulty(fault))?;
        Ok(transport)
    }

    /// Starts afresh over this many links.
    ///
    /// # Errors
    /// The plugin failed.
    ///
    /// # Panics
    /// If there is no link, or more than [`LINKS_MAX`].
    pub fn open(&mut self, links: u32) -> Result<(), Fault> {
        assert!((1..=LINKS_MAX).contains(&links), "a transport has 1 to {LINKS_MAX} links, not {links}");
        self.links = links;
        self.openings += 1;
        self.guest.call(0, |store, world| world.locum_plugin_framing().call_open(store, links))
    }

    /// How often the transport has started afresh. One that went up by itself means that a fault has cost it its
    /// numbers, and the peer will take what it sends for replays until this node's incarnation is a new one.
    pub fn openings(&self) -> u64 {
        self.openings
    }

    /// The packets that carry a frame to the peer.
    ///
    /// # Errors
    /// The plugin failed, or answered with a packet for no link or of too many bytes.
    ///
    /// # Panics
    /// If the frame is longer than [`FRAME_BYTES_MAX`].
    pub fn send(&mut self, now_ms: u64, frame: &[u8]) -> Result<Vec<Packet>, Fault> {
        assert!(frame.len() <= FRAME_BYTES_MAX, "a frame of {} bytes", frame.len());
        let packets = self.call(|store, framing| framing.call_send(store, now_ms, frame))?;
        self.checked(packets, frame.len())
    }

    /// Takes in a packet that came over `link` from the peer in its incarnation `session`.
    ///
    /// # Errors
    /// The plugin failed, or delivered a frame longer than [`FRAME_BYTES_MAX`].
    pub fn receive(&mut self, now_ms: u64, link: u32, session: u64, packet: &[u8]) -> Result<Verdict, Fault> {
        if link >= self.links || packet.len() > FRAME_BYTES_MAX + PACKET_OVERHEAD_BYTES_MAX {
            return Ok(Verdict::Malformed);
        }
        match self.call(|store, framing| framing.call_receive(store, now_ms, link, session, packet))? {
            wit::Verdict::Deliver(frame) if frame.len() > FRAME_BYTES_MAX => {
                Err(self.guest.invalid(format!("a frame of {} bytes", frame.len())))
            }
            wit::Verdict::Deliver(frame) => Ok(Verdict::Deliver(frame)),
            wit::Verdict::Duplicate => Ok(Verdict::Duplicate),
            wit::Verdict::Replayed => Ok(Verdict::Replayed),
            wit::Verdict::Malformed => Ok(Verdict::Malformed),
        }
    }

    /// Packets that the transport wants sent of its own accord. To be called once a keep-alive interval.
    ///
    /// # Errors
    /// As [`Transport::send`].
    pub fn tick(&mut self, now_ms: u64) -> Result<Vec<Packet>, Fault> {
        let packets = self.call(|store, framing| framing.call_tick(store, now_ms))?;
        self.checked(packets, 0)
    }

    /// The links, in order.
    ///
    /// # Errors
    /// The plugin failed, or answered for another number of links.
    pub fn quality(&mut self) -> Result<Vec<LinkQuality>, Fault> {
        let links = self.call(|store, framing| framing.call_quality(store))?;
        if links.len() != self.links as usize {
            return Err(self.guest.invalid(format!("{} links of {}", links.len(), self.links)));
        }
        Ok(links.into_iter().map(LinkQuality::from).collect())
    }

    fn call<R>(
        &mut self,
        call: impl FnOnce(&mut wasmtime::Store<crate::limits::Meter>, &wit::Guest) -> wasmtime::Result<R>,
    ) -> Result<R, Fault> {
        if !self.guest.is_live() {
            self.open(self.links)?;
        }
        self.guest.call(0, |store, world| call(store, world.locum_plugin_framing()))
    }

    fn checked(&mut self, packets: Vec<wit::Packet>, frame_bytes: usize) -> Result<Vec<Packet>, Fault> {
        for packet in &packets {
            if packet.link >= self.links {
                return Err(self.guest.invalid(format!("a packet for link {} of {}", packet.link, self.links)));
            }
            if packet.bytes.len() > frame_bytes + PACKET_OVERHEAD_BYTES_MAX {
                return Err(self.guest.invalid(format!("a packet of {} bytes", packet.bytes.len())));
            }
        }
        Ok(packets.into_iter().map(|packet| Packet { link: packet.link, bytes: packet.bytes }).collect())
    }
}

impl From<wit::LinkQuality> for LinkQuality {
    fn from(link: wit::LinkQuality) -> Self {
        Self {
            received: link.received,
            lost: link.lost,
            duplicates: link.duplicates,
            reordered: link.reordered,
            last_received_ms: link.last_received_ms,
        }
    }
}
