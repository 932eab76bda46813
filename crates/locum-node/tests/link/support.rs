//! Two nodes, `a` and `b` of the group `g`, and what stands between them.

use std::{
    collections::HashSet,
    net::SocketAddr,
    path::Path,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use locum_host::{
    Fault,
    transport::{LinkQuality, Packet, Verdict},
};
use locum_node::{
    link::{Framing, Link, LinkConfig, LinkEvent},
    pki::{self, TlsMaterial, load_group_key},
};
use tempfile::TempDir;
use tokio::{
    net::UdpSocket,
    sync::{mpsc, oneshot},
    time::timeout,
};

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Numbers its packets, sends every frame on every link and delivers the first copy.
pub(crate) struct Numbering {
    sent: u64,
    seen: HashSet<(u64, Vec<u8>)>,
    latest: u64,
    quality: Vec<LinkQuality>,
}

impl Numbering {
    pub(crate) fn over(links: usize) -> Box<Numbering> {
        let quality = vec![LinkQuality::default(); links];
        Box::new(Numbering { sent: 0, seen: HashSet::new(), latest: 0, quality })
    }
}

impl Framing for Numbering {
    fn send(&mut self, _now_ms: u64, frame: &[u8]) -> Result<Vec<Packet>, Fault> {
        self.sent += 1;
        let bytes = [&self.sent.to_be_bytes(), frame].concat();
        Ok((0..).take(self.quality.len()).map(|link| Packet { link, bytes: bytes.clone() }).collect())
    }

    fn receive(&mut self, now_ms: u64, link: u32, session: u64, packet: &[u8]) -> Result<Verdict, Fault> {
        let quality = &mut self.quality[link as usize];
        let Some((_, frame)) = packet.split_first_chunk::<8>() else { return Ok(Verdict::Malformed) };
        if session < self.latest {
            return Ok(Verdict::Replayed);
        }
        self.latest = session;
        quality.received += 1;
        quality.last_received_ms = now_ms;
        if self.seen.insert((session, packet.to_vec())) {
            return Ok(Verdict::Deliver(frame.to_vec()));
        }
        quality.duplicates += 1;
        Ok(Verdict::Duplicate)
    }

    fn tick(&mut self, _now_ms: u64) -> Result<Vec<Packet>, Fault> {
        Ok(Vec::new())
    }

    fn quality(&mut self) -> Result<Vec<LinkQuality>, Fault> {
        Ok(self.quality.clone())
    }

    fn openings(&self) -> u64 {
        1
    }
}

/// A folder with the keys and certificates of the nodes `a`, `aa` and `b`.
pub(crate) fn authority() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    pki::init(dir.path(), "g").unwrap();
    for node in ["a", "aa", "b"] {
        pki::issue(dir.path(), "g", node, 30).unwrap();
    }
    dir
}

pub(crate) fn material(dir: &Path, node: &str) -> TlsMaterial {
    let [certificate, key] = ["pem", "key"].map(|ending| dir.join(format!("{node}.{ending}")));
    TlsMaterial::load(&dir.join("ca.pem"), &certificate, &key).unwrap()
}

/// Addresses that nobody had a moment ago.
pub(crate) fn free_udp<const N: usize>(host: &str) -> [SocketAddr; N] {
    let sockets = [(); N].map(|()| std::net::UdpSocket::bind((host, 0)).unwrap());
    sockets.map(|socket| socket.local_addr().unwrap())
}

pub(crate) fn free_tcp(host: &str) -> SocketAddr {
    std::net::TcpListener::bind((host, 0)).unwrap().local_addr().unwrap()
}

pub(crate) fn config(dir: &Path, [node, peer]: [&str; 2], links: &[(SocketAddr, SocketAddr)]) -> LinkConfig {
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    LinkConfig {
        group: "g".into(),
        node: node.into(),
        peer: peer.into(),
        links: links.to_vec(),
        stream_listen: anywhere,
        stream_connect: anywhere,
        tls: material(dir, node),
        group_key: load_group_key(&dir.join("group.key")).unwrap(),
        boot_id: 7,
        incarnation: 1,
        epoch: Arc::new(AtomicU64::new(3)),
        keep_alive_interval: Duration::from_millis(50),
    }
}

/// A link, and what it tells.
pub(crate) struct Node {
    pub(crate) link: Link,
    pub(crate) events: mpsc::Receiver<LinkEvent>,
}

impl Node {
    pub(crate) fn start(config: LinkConfig) -> Node {
        let (sender, events) = mpsc::channel(64);
        let transport = Numbering::over(config.links.len());
        Node { link: Link::start(config, transport, sender).unwrap(), events }
    }

    /// The next event.
    pub(crate) async fn next(&mut self) -> LinkEvent {
        timeout(PATIENCE, self.events.recv()).await.expect("an event in time").expect("a link that runs")
    }

    /// The next event that is wanted; others are passed over.
    pub(crate) async fn until<T>(&mut self, wanted: impl Fn(LinkEvent) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(self.next().await) {
                return found;
            }
        }
    }

    pub(crate) async fn opened(&mut self) {
        self.until(|event| matches!(event, LinkEvent::StreamOpened).then_some(())).await;
    }

    pub(crate) async fn frame(&mut self) -> Vec<u8> {
        self.until(|event| if let LinkEvent::Frame { bytes, .. } = event { Some(bytes) } else { None }).await
    }

    /// The next request, as the promise of an answer.
    pub(crate) async fn request(&mut self) -> oneshot::Sender<Vec<u8>> {
        self.until(|event| if let LinkEvent::Request { reply, .. } = event { Some(reply) } else { None }).await
    }

    pub(crate) async fn refused(&mut self) -> String {
        self.until(|event| if let LinkEvent::Refused { why } = event { Some(why) } else { None }).await
    }
}

/// Both nodes with a stream between them, straight over one link.
pub(crate) async fn pair(dir: &Path) -> (Node, Node) {
    let ([a], [b]) = (free_udp("127.0.0.1"), free_udp("127.0.0.2"));
    let mut listening = Node::start(config(dir, ["b", "a"], &[(b, a)]));
    let stream_connect = listening.link.stream_address().unwrap();
    let mut connecting = Node::start(LinkConfig { stream_connect, ..config(dir, ["a", "b"], &[(a, b)]) });
    connecting.opened().await;
    listening.opened().await;
    (connecting, listening)
}

/// The wire between `a` and `b`: packets pass only by the hand of the test.
pub(crate) struct Wire {
    pub(crate) a: Node,
    pub(crate) b: Node,
    pub(crate) near_a: UdpSocket,
    pub(crate) near_b: UdpSocket,
}

impl Wire {
    pub(crate) async fn between(a: LinkConfig, b: LinkConfig) -> Wire {
        let ([at_a], [at_b]) = (free_udp("127.0.0.1"), free_udp("127.0.0.2"));
        let (near_a, near_b) =
            (UdpSocket::bind("127.0.0.1:0").await.unwrap(), UdpSocket::bind("127.0.0.2:0").await.unwrap());
        near_a.connect(at_a).await.unwrap();
        near_b.connect(at_b).await.unwrap();
        let a = Node::start(LinkConfig { links: vec![(at_a, near_a.local_addr().unwrap())], ..a });
        let b = Node::start(LinkConfig { links: vec![(at_b, near_b.local_addr().unwrap())], ..b });
        Wire { a, b, near_a, near_b }
    }

    /// The packet that `a` makes of a frame.
    pub(crate) async fn sent_by_a(&self, frame: &[u8]) -> Vec<u8> {
        self.a.link.send_frame(frame).unwrap();
        caught(&self.near_a).await
    }

    pub(crate) async fn to_b(&self, packet: &[u8]) {
        self.near_b.send(packet).await.unwrap();
    }
}

pub(crate) async fn caught(near: &UdpSocket) -> Vec<u8> {
    let mut buffer = vec![0; 65_536];
    let length = timeout(PATIENCE, near.recv(&mut buffer)).await.expect("a packet in time").unwrap();
    buffer.truncate(length);
    buffer
}
