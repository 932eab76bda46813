//! The link to the peer: heartbeats over UDP, messages over TLS.
//!
//! Frames go out through the transport, are sealed and sent on one or more UDP links; what arrives is opened, given
//! to the transport and delivered at most once. Beside that stands one authenticated stream, for what must arrive
//! whole and in order, and for the word of the peer's kernel that its daemon is gone. Both nodes name their UDP links
//! in the same order.

mod dial;
mod plausible;
pub mod seal;
mod stream;
mod transport;
mod udp;

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use locum_host::{Fault, transport::LINKS_MAX, transport::LinkQuality};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::MissedTickBehavior,
};

use self::{
    dial::{Dial, Times},
    seal::{Refusal, Seal},
    stream::Stream,
    udp::{Links, Udp, may_come},
};
use crate::{
    api::LinkStatus,
    clock::now_ms,
    pki::{TlsMaterial, name_of, peer_client_config, peer_server_config},
};

pub use crate::pki::admin_server_config;
pub use plausible::is_plausible;
pub use transport::Framing;

/// The longest frame, in bytes: what fits into one datagram whatever the transport adds.
pub const FRAME_BYTES_MAX: usize = 60_000;
/// The longest message on the stream, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 64 << 20;

/// What a link is made of.
#[derive(Clone, Debug)]
pub struct LinkConfig {
    /// The group's name.
    pub group: String,
    /// This node's name.
    pub node: String,
    /// The peer's name.
    pub peer: String,
    /// The UDP links, 1 to 16: where this node listens, and where the peer does.
    pub links: Vec<(SocketAddr, SocketAddr)>,
    /// Where the peer's stream arrives, if the peer is the one that connects.
    pub stream_listen: SocketAddr,
    /// Where the peer listens for this node's stream, if this node is the one that connects.
    pub stream_connect: SocketAddr,
    /// This node's certificate and its CA.
    pub tls: TlsMaterial,
    /// The group's secret.
    pub group_key: [u8; 32],
    /// The boot of this host.
    pub boot_id: u64,
    /// The start of this daemon; higher than at any earlier start.
    pub incarnation: u64,
    /// This node's epoch, as it changes.
    pub epoch: Arc<AtomicU64>,
    /// How often the transport is asked for packets of its own; the stream's pace follows from it too.
    pub keep_alive_interval: Duration,
}

/// What a link tells.
#[derive(Debug)]
pub enum LinkEvent {
    /// A frame of the peer that has not been delivered before.
    Frame {
        /// The link on which it came, counted from 0.
        link: u8,
        /// What the peer says.
        bytes: Vec<u8>,
    },
    /// The peer's host says that nobody listens there. It may speak of a packet that was sent a while ago.
    PortRefused,
    /// The stream is open, and both ends know each other. It may stand in for one before it that never closed.
    StreamOpened,
    /// The peer's kernel has closed the stream: its daemon is gone, or has let go of it.
    StreamClosed,
    /// The stream is gone for a reason that says nothing of the peer's daemon, such as silence.
    StreamLost {
        /// Why, in words.
        why: String,
    },
    /// The peer asks. Dropping `reply` tells it that there will be no answer.
    Request {
        /// What.
        bytes: Vec<u8>,
        /// Where the answer goes.
        reply: oneshot::Sender<Vec<u8>>,
    },
    /// The peer tells.
    Note(Vec<u8>),
    /// Somebody at the other end of a stream was refused, or has refused us. Not every time: all are counted.
    Refused {
        /// Why, in words, of the other end.
        why: String,
    },
    /// The transport plugin failed; a fresh one takes its place.
    TransportFault(Fault),
}

/// Why there is no link.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Not 1 to 16 of them.
    #[error("{links} links to the peer: there must be 1 to {LINKS_MAX}; see `links` in `[peer]`")]
    Links {
        /// How many.
        links: usize,
    },
    /// An address cannot be listened on.
    #[error("{what} {address} cannot be opened: {source}; is another daemon running, or `listen` in `[node]` wrong?")]
    Open {
        /// `udp` or `tls`.
        what: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The node's certificate is for somebody else.
    #[error("this node's certificate is for {found}, but the node is {wanted}; make one with `locum pki issue`")]
    WrongCertificate {
        /// Whom it is for.
        found: String,
        /// Whom it should be for.
        wanted: String,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}

/// Why a message did not reach the peer, or its answer this node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// There is no stream to the peer now.
    #[error("there is no connection to the peer")]
    NotOpen,
    /// Too many messages wait to be sent.
    #[error("too much is waiting to be sent to the peer")]
    Busy,
    /// More than [`MESSAGE_BYTES_MAX`].
    #[error("a message of {bytes} bytes is too long for the peer: at most {MESSAGE_BYTES_MAX}")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// The stream ended before the answer came. The peer may have acted.
    #[error("the connection to the peer ended before it answered")]
    Closed,
    /// The answer has not come in time. The peer may have acted.
    #[error("the peer has not answered within {} ms", limit.as_millis())]
    TimedOut {
        /// The limit.
        limit: Duration,
    },
    /// The peer says that there will be no answer.
    #[error("the peer could not answer")]
    Unanswered,
}

/// A frame of more than [`FRAME_BYTES_MAX`] bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame of {bytes} bytes is too long: at most {FRAME_BYTES_MAX}")]
pub struct FrameTooLong {
    /// How long it is.
    pub bytes: usize,
}

/// Packets of one UDP link that were not delivered, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refusals {
    /// Changed on their way, or made without the group's key.
    pub forged: u64,
    /// Of another group, or not from the peer.
    pub foreign: u64,
    /// Sent before, or of a session that has ended.
    pub replayed: u64,
    /// Copies. With several links they are the rule, and not refused.
    pub duplicate: u64,
    /// Not packets at all.
    pub malformed: u64,
    /// Under the group's key, and yet nothing that the peer can have meant.
    pub implausible: u64,
    /// Not sent: the socket was full, or not open.
    pub unsent: u64,
}

impl Refusals {
    /// All of them but copies and those that were not sent.
    pub fn refused(&self) -> u64 {
        self.forged + self.foreign + self.replayed + self.malformed + self.implausible
    }
}

/// The link to the peer. It ends when it is dropped.
pub struct Link {
    links: Arc<Links>,
    stream: Arc<Stream>,
    stream_peer: SocketAddr,
    stream_address: Option<SocketAddr>,
    tls: watch::Sender<TlsMaterial>,
    name: String,
    peer: String,
    _tasks: JoinSet<()>,
}

impl Link {
    /// Opens the sockets and begins. A UDP link whose address or route is not there yet is tried again later.
    /// Must be called within a tokio runtime.
    ///
    /// Events wait for a receiver that is slow; so whoever receives them must not wait for [`Link::request`].
    ///
    /// # Errors
    /// [`LinkError`]: nothing has begun.
    pub fn start(
        config: LinkConfig,
        transport: Box<dyn Framing>,
        events: mpsc::Sender<LinkEvent>,
    ) -> Result<Link, LinkError> {
        let times = Times::of(config.keep_alive_interval);
        let (name, peer) = (name_of(&config.group, &config.node), name_of(&config.group, &config.peer));
        check(&config.tls, &name, &peer)?;
        let seal = Seal::new(&config.group_key, &config.group, &config.node, &config.peer);
        let life = (config.boot_id, config.incarnation);
        let links = Arc::new(Links::new(open(&config.links)?, seal, life, config.epoch, transport, events.clone()));
        let stream = Arc::new(Stream::default());
        let (reported, dial_links) = (Mutex::new(None), links.clone());
        let (tls, material) = watch::channel(config.tls);
        let dial = Arc::new(Dial {
            stream: stream.clone(),
            links: dial_links,
            events,
            tls: material,
            peer: peer.clone(),
            times,
            reported,
        });

        let mut tasks = JoinSet::new();
        let mut stream_address = None;
        if config.node < config.peer {
            tasks.spawn(dial.connect(config.stream_connect));
        } else {
            let address = config.stream_listen;
            let failed = |source| LinkError::Open { what: "tls", address, source };
            let listener = dial::listener(address).map_err(failed)?;
            stream_address = listener.local_addr().ok();
            tasks.spawn(dial.listen(listener));
        }
        for index in (0..).take(links.links.len()) {
            tasks.spawn(links.clone().receive(index, times.retry()));
        }
        tasks.spawn(tick(links.clone(), config.keep_alive_interval));
        Ok(Link { links, stream, stream_peer: config.stream_connect, stream_address, tls, name, peer, _tasks: tasks })
    }

    /// Sends a frame by way of the transport. What the sockets have no room for is dropped and counted.
    ///
    /// # Errors
    /// The frame is too long for any datagram.
    pub fn send_frame(&self, frame: &[u8]) -> Result<(), FrameTooLong> {
        if frame.len() > FRAME_BYTES_MAX {
            return Err(FrameTooLong { bytes: frame.len() });
        }
        self.links.send(frame);
        Ok(())
    }

    /// Counts a frame that came by this link as refused: only who reads it can tell.
    pub fn refuse(&self, link: u8, why: Refusal) {
        if let Some(link) = self.links.links.get(usize::from(link)) {
            link.count(why);
        }
    }

    /// Asks the peer, and waits for its answer for at most `limit`.
    ///
    /// # Errors
    /// [`StreamError`]; after `Closed` and `TimedOut` the peer may have acted all the same.
    pub async fn request(&self, bytes: Vec<u8>, limit: Duration) -> Result<Vec<u8>, StreamError> {
        self.stream.request(bytes, limit).await
    }

    /// Tells the peer. Notes and requests arrive in the order in which they were sent, as long as the stream holds.
    ///
    /// # Errors
    /// `NotOpen`, `Busy` or `TooLong`.
    pub fn note(&self, bytes: Vec<u8>) -> Result<(), StreamError> {
        self.stream.note(bytes)
    }

    /// Whether this node could show these certificates to its peer.
    ///
    /// # Errors
    /// They are another node's, or cannot be used.
    pub fn may_take(&self, tls: &TlsMaterial) -> Result<(), LinkError> {
        check(tls, &self.name, &self.peer)
    }

    /// Takes these certificates, which [`Link::may_take`]: the stream is opened anew with them, and heartbeats go on
    /// meanwhile. Returns whether they are others than before.
    pub fn renew(&self, tls: TlsMaterial) -> bool {
        self.tls.send_if_modified(|now| {
            let other = !now.is_same(&tls);
            *now = tls;
            other
        })
    }

    /// Whether the stream is open.
    pub fn stream_is_open(&self) -> bool {
        self.stream.is_open()
    }

    /// Where this node listens for the peer's stream; none where it is the one that connects.
    pub fn stream_address(&self) -> Option<SocketAddr> {
        self.stream_address
    }

    /// Packets that were not delivered, by UDP link and cause.
    pub fn refusals(&self) -> Vec<Refusals> {
        self.links.links.iter().map(Udp::refusals).collect()
    }

    /// All links for people: the UDP ones in order, then the stream.
    pub fn status(&self) -> Vec<LinkStatus> {
        let now_ms = now_ms();
        let ago = |heard_ms: u64| (heard_ms > 0).then(|| now_ms.saturating_sub(heard_ms));
        let quality = self.links.quality();
        let udp = |(link, quality): (&Udp, LinkQuality)| LinkStatus {
            name: format!("udp {}", link.peer),
            received: quality.received,
            lost: quality.lost,
            duplicates: quality.duplicates,
            reordered: quality.reordered,
            refused: link.refusals().refused(),
            heard_ms_ago: ago(quality.last_received_ms),
        };
        let stream = LinkStatus {
            name: format!("tls {}", self.stream_peer),
            received: self.stream.received.load(Relaxed),
            lost: 0,
            duplicates: 0,
            reordered: 0,
            refused: self.stream.refused.load(Relaxed),
            heard_ms_ago: ago(self.stream.heard_ms.load(Relaxed)),
        };
        self.links.links.iter().zip(quality).map(udp).chain([stream]).collect()
    }
}

/// Whether a node of this name can show these certificates to this peer.
fn check(tls: &TlsMaterial, name: &str, peer: &str) -> Result<(), LinkError> {
    if tls.names() != [name] {
        return Err(LinkError::WrongCertificate { found: tls.names().join(", "), wanted: name.to_owned() });
    }
    peer_client_config(tls, peer)?;
    peer_server_config(tls, peer)?;
    Ok(())
}

/// Opens every UDP link, or none.
fn open(addresses: &[(SocketAddr, SocketAddr)]) -> Result<Vec<Udp>, LinkError> {
    if !(1..=LINKS_MAX as usize).contains(&addresses.len()) {
        return Err(LinkError::Links { links: addresses.len() });
    }
    let mut bound: HashMap<SocketAddr, usize> = HashMap::new();
    addresses.iter().for_each(|(bind, _)| *bound.entry(*bind).or_default() += 1);
    let links = addresses.iter().map(|&(bind, peer)| {
        let link = Udp::new(bind, peer, bound[&bind] > 1);
        match link.open().err() {
            Some(source) if !may_come(&source) => Err(LinkError::Open { what: "udp", address: bind, source }),
            _ => Ok(link),
        }
    });
    links.collect()
}

async fn tick(links: Arc<Links>, interval: Duration) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        links.tick();
    }
}
