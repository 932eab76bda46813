//! The UDP links: frames out and in, through the transport, the seal and the sockets.

use std::{
    io,
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use locum_host::{Fault, transport::LinkQuality, transport::Packet, transport::Verdict};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, socket_with, sockopt::set_socket_reuseaddr};
use tokio::sync::mpsc;

use super::{
    FRAME_BYTES_MAX, LinkEvent, Refusals,
    seal::{Header, OVERHEAD_BYTES, Refusal, Seal, Sessions},
    transport::Framing,
};
use crate::clock::now_ms;

/// Longer than any packet that can arrive.
const PACKET_BYTES_MAX: usize = 64 << 10;

/// In place of a link: a packet that carries nothing, sent to learn whether the port refuses.
const KNOCK: u8 = u8::MAX;

/// All UDP links of a node.
pub(super) struct Links {
    pub(super) links: Vec<Udp>,
    pub(super) seal: Seal,
    pub(super) boot_id: u64,
    pub(super) incarnation: u64,
    pub(super) epoch: Arc<AtomicU64>,
    pub(super) events: mpsc::Sender<LinkEvent>,
    works: Mutex<Works>,
}

/// What sending and receiving share. Locked for microseconds only.
struct Works {
    transport: Box<dyn Framing>,
    sessions: Sessions,
    packet: Vec<u8>,
    sent: u64,
}

/// One link.
pub(super) struct Udp {
    bind: SocketAddr,
    pub(super) peer: SocketAddr,
    /// Whether other links are bound to the same address.
    shared: bool,
    socket: OnceLock<UdpSocket>,
    /// The peer's port has refused a packet, and nothing has arrived since.
    refused: AtomicBool,
    counters: Counters,
}

#[derive(Default)]
struct Counters {
    forged: AtomicU64,
    foreign: AtomicU64,
    replayed: AtomicU64,
    duplicate: AtomicU64,
    malformed: AtomicU64,
    implausible: AtomicU64,
    unsent: AtomicU64,
}

impl Udp {
    pub(super) fn new(bind: SocketAddr, peer: SocketAddr, shared: bool) -> Udp {
        Udp {
            bind,
            peer,
            shared,
            socket: OnceLock::new(),
            refused: AtomicBool::new(false),
            counters: Counters::default(),
        }
    }

    /// Opens the socket, unless it is open.
    pub(super) fn open(&self) -> io::Result<&UdpSocket> {
        if let Some(socket) = self.socket.get() {
            return Ok(socket);
        }
        let family = if self.bind.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(family, SocketType::DGRAM, flags, None)?;
        if self.shared {
            set_socket_reuseaddr(&socket, true)?;
        }
        bind(&socket, &self.bind)?;
        let socket = UdpSocket::from(socket);
        // Connected, so that the kernel tells when the peer's port refuses.
        socket.connect(self.peer)?;
        Ok(self.socket.get_or_init(|| socket))
    }

    fn send(&self, packet: &[u8]) -> io::Result<usize> {
        self.socket.get().map_or(Err(io::ErrorKind::NotConnected.into()), |socket| socket.send(packet))
    }

    pub(super) fn count(&self, refusal: Refusal) {
        let counter = match refusal {
            Refusal::Forged => &self.counters.forged,
            Refusal::Foreign => &self.counters.foreign,
            Refusal::Replayed => &self.counters.replayed,
            Refusal::Duplicate => &self.counters.duplicate,
            Refusal::Malformed => &self.counters.malformed,
            Refusal::Implausible => &self.counters.implausible,
        };
        counter.fetch_add(1, Relaxed);
    }

    pub(super) fn refusals(&self) -> Refusals {
        let Counters { forged, foreign, replayed, duplicate, malformed, implausible, unsent } = &self.counters;
        let read = |counter: &AtomicU64| counter.load(Relaxed);
        Refusals {
            forged: read(forged),
            foreign: read(foreign),
            replayed: read(replayed),
            duplicate: read(duplicate),
            malformed: read(malformed),
            implausible: read(implausible),
            unsent: read(unsent),
        }
    }
}

/// Whether a socket that does not open now may open later: the address or the way to the peer is not there yet.
pub(super) fn may_come(error: &io::Error) -> bool {
    use io::ErrorKind::{AddrNotAvailable, HostUnreachable, NetworkDown, NetworkUnreachable};
    matches!(error.kind(), AddrNotAvailable | HostUnreachable | NetworkDown | NetworkUnreachable)
}

impl Links {
    pub(super) fn new(
        links: Vec<Udp>,
        seal: Seal,
        (boot_id, incarnation): (u64, u64),
        epoch: Arc<AtomicU64>,
        transport: Box<dyn Framing>,
        events: mpsc::Sender<LinkEvent>,
    ) -> Links {
        let works = Works { transport, sessions: Sessions::default(), packet: Vec::new(), sent: 0 };
        Links { links, seal, boot_id, incarnation, epoch, events, works: Mutex::new(works) }
    }

    /// Sends a frame, at most [`FRAME_BYTES_MAX`] long, or what of it the sockets have room for.
    pub(super) fn send(&self, frame: &[u8]) {
        let mut works = self.works();
        let packets = works.transport.send(now_ms(), frame);
        self.dispatch(&mut works, packets);
    }

    /// Sends what the transport wants sent of its own accord.
    pub(super) fn tick(&self) {
        let mut works = self.works();
        let packets = works.transport.tick(now_ms());
        self.dispatch(&mut works, packets);
    }

    /// Sends a packet on every link that the peer, if it is there, takes no notice of.
    pub(super) fn knock(&self) {
        let mut works = self.works();
        for udp in &self.links {
            self.put(&mut works, udp, KNOCK, &[]);
        }
    }

    /// How the links are doing; as if nothing had arrived where the transport has failed.
    pub(super) fn quality(&self) -> Vec<LinkQuality> {
        let quality = self.works().transport.quality();
        quality.unwrap_or_else(|fault| {
            self.report(fault);
            vec![LinkQuality::default(); self.links.len()]
        })
    }

    /// Takes an authenticated stream's word for the peer's present incarnation.
    pub(super) fn declare(&self, incarnation: u64, boot_id: u64) {
        self.works().sessions.declare(incarnation, boot_id);
    }

    /// Delivers what arrives at one link until nobody wants it any more.
    pub(super) async fn receive(self: Arc<Self>, index: u8, retry: Duration) {
        let Some(socket) = self.opened(index, retry).await else { return };
        let mut buffer = vec![0; PACKET_BYTES_MAX];
        loop {
            let event = match socket.recv(&mut buffer).await {
                Ok(length) => match self.take_in(index, &buffer[..length]) {
                    Some(bytes) => LinkEvent::Frame { link: index, bytes },
                    None => continue,
                },
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    if !self.all_refuse(&self.links[usize::from(index)]) {
                        continue;
                    }
                    LinkEvent::PortRefused
                }
                Err(error) => {
                    tracing::debug!("udp {}: {error}", self.links[usize::from(index)].peer);
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    continue;
                }
            };
            if self.events.send(event).await.is_err() {
                return;
            }
        }
    }

    /// This link refuses now. One dead link is not a dead peer: only where every link refuses does that say anything.
    fn all_refuse(&self, link: &Udp) -> bool {
        link.refused.store(true, Relaxed);
        self.links.iter().all(|link| link.refused.load(Relaxed))
    }

    async fn opened(&self, index: u8, retry: Duration) -> Option<tokio::net::UdpSocket> {
        let link = &self.links[usize::from(index)];
        loop {
            let socket = link.open().and_then(UdpSocket::try_clone).and_then(tokio::net::UdpSocket::from_std);
            match socket {
                Ok(socket) => return Some(socket),
                Err(error) if may_come(&error) => tokio::time::sleep(retry).await,
                Err(error) => {
                    tracing::error!("udp {}: the link stays closed: {error}", link.bind);
                    return None;
                }
            }
        }
    }

    /// The frame in a packet, if it is new and the peer's.
    fn take_in(&self, index: u8, packet: &[u8]) -> Option<Vec<u8>> {
        self.examine(index, packet).unwrap_or_else(|refusal| {
            self.links[usize::from(index)].count(refusal);
            None
        })
    }

    fn examine(&self, index: u8, packet: &[u8]) -> Result<Option<Vec<u8>>, Refusal> {
        let (header, payload) = self.seal.open(packet)?;
        self.links[usize::from(index)].refused.store(false, Relaxed);
        if header.link == KNOCK {
            return Ok(None);
        }
        if header.link != index {
            return Err(Refusal::Replayed);
        }
        let verdict = {
            let mut works = self.works();
            let session = works.sessions.admit(&header)?;
            works.transport.receive(now_ms(), u32::from(index), session, payload)
        };
        match verdict {
            Ok(Verdict::Deliver(frame)) => Ok(Some(frame)),
            Ok(Verdict::Duplicate) => Err(Refusal::Duplicate),
            Ok(Verdict::Replayed) => Err(Refusal::Replayed),
            Ok(Verdict::Malformed) => Err(Refusal::Malformed),
            Err(fault) => {
                self.report(fault);
                Ok(None)
            }
        }
    }

    fn dispatch(&self, works: &mut Works, packets: Result<Vec<Packet>, Fault>) {
        let packets = packets.unwrap_or_else(|fault| {
            self.report(fault);
            Vec::new()
        });
        for Packet { link, bytes } in packets {
            if let (Ok(index), Some(udp)) = (u8::try_from(link), self.links.get(link as usize)) {
                self.put(works, udp, index, &bytes);
            }
        }
    }

    /// Seals a packet and gives it to its socket, which may first have to tell that an earlier one was refused.
    fn put(&self, works: &mut Works, udp: &Udp, link: u8, payload: &[u8]) {
        works.sent += 1;
        let header = Header {
            link,
            opening: u32::try_from(works.transport.openings()).unwrap_or(u32::MAX),
            boot_id: self.boot_id,
            incarnation: self.incarnation,
            epoch: self.epoch.load(Relaxed),
            counter: works.sent,
        };
        self.seal.seal(&header, payload, &mut works.packet);
        let mut sent = udp.send(&works.packet);
        if sent.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
            if self.all_refuse(udp) {
                let _ = self.events.try_send(LinkEvent::PortRefused);
            }
            sent = udp.send(&works.packet);
        }
        if sent.is_err() {
            udp.counters.unsent.fetch_add(1, Relaxed);
        }
    }

    fn report(&self, fault: Fault) {
        tracing::error!("the transport plugin failed: {fault}");
        let _ = self.events.try_send(LinkEvent::TransportFault(fault));
    }

    fn works(&self) -> MutexGuard<'_, Works> {
        self.works.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const _: () = assert!(FRAME_BYTES_MAX + locum_host::transport::PACKET_OVERHEAD_BYTES_MAX + OVERHEAD_BYTES < 65_507);
