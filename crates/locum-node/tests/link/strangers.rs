//! Who is not the peer: refused at the first word, and counted.

use std::{fs, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use locum_node::{
    link::LinkConfig,
    pki::{inspect, peer_client_config},
};
use rcgen::{CertificateParams, Issuer, KeyPair};
use rustls::pki_types::ServerName;
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_rustls::TlsConnector;

use crate::support::{Node, PATIENCE, authority, config, free_udp, material};

/// `b` listens for `a`; a node connects that holds what it should not. Both ends say why they part.
async fn refused(at_a: &Path, node: &str, at_b: &Path) -> [String; 2] {
    let ([a], [b]) = (free_udp("127.0.0.1"), free_udp("127.0.0.2"));
    let mut b = Node::start(config(at_b, ["b", "a"], &[(b, a)]));
    let stream_connect = b.link.stream_address().unwrap();
    let mut a =
        Node::start(LinkConfig { stream_connect, ..config(at_a, [node, "b"], &[(a, free_udp::<1>("127.0.0.2")[0])]) });
    let whys = [a.refused().await, b.refused().await];
    assert!(!a.link.stream_is_open() && !b.link.stream_is_open());
    assert!(a.link.status()[1].refused > 0 && b.link.status()[1].refused > 0);
    whys
}

#[tokio::test]
async fn a_certificate_of_another_ca_is_refused() {
    let (ours, theirs) = (authority(), authority());
    let [at_a, at_b] = refused(theirs.path(), "a", ours.path()).await;
    assert_eq!(at_a, "its certificate is of another CA");
    assert!(at_b.starts_with("it refuses our certificate"), "{at_b}");
}

#[tokio::test]
async fn a_certificate_of_another_node_is_refused() {
    let dir = authority();
    let [at_a, at_b] = refused(dir.path(), "aa", dir.path()).await;
    assert!(at_a.starts_with("it refuses our certificate"), "{at_a}");
    assert_eq!(at_b, "its certificate is for aa.g.locum, not for a.g.locum");
}

/// The node that connects is as strict as the one that listens.
#[tokio::test]
async fn a_listener_with_the_certificate_of_another_node_is_refused() {
    let dir = authority();
    let ([a], [aa]) = (free_udp("127.0.0.1"), free_udp("127.0.0.2"));
    let listener = Node::start(config(dir.path(), ["aa", "a"], &[(aa, a)]));
    let stream_connect = listener.link.stream_address().unwrap();
    let mut a = Node::start(LinkConfig { stream_connect, ..config(dir.path(), ["a", "b"], &[(a, aa)]) });
    assert_eq!(a.refused().await, "its certificate is for aa.g.locum, not for b.g.locum");
}

/// What the CA in this folder would sign for nobody: a certificate under this name that ends then. It is in `a.pem`.
fn signed(ca: &Path, name: &str, until: OffsetDateTime) -> TempDir {
    let read = |file| fs::read_to_string(ca.join(file)).unwrap();
    let issuer = Issuer::from_ca_cert_pem(&read("ca.pem"), KeyPair::from_pem(&read("ca.key")).unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    (params.not_before, params.not_after) = (until - Duration::from_secs(3600), until);
    let dir = tempfile::tempdir().unwrap();
    for file in ["ca.pem", "group.key"] {
        fs::copy(ca.join(file), dir.path().join(file)).unwrap();
    }
    fs::write(dir.path().join("a.pem"), params.signed_by(&key, &issuer).unwrap().pem()).unwrap();
    fs::write(dir.path().join("a.key"), key.serialize_pem()).unwrap();
    dir
}

/// A listening `b` that nobody has connected to.
fn listening(dir: &Path) -> (Node, SocketAddr) {
    let ([a], [b]) = (free_udp("127.0.0.1"), free_udp("127.0.0.2"));
    let node = Node::start(config(dir, ["b", "a"], &[(b, a)]));
    let address = node.link.stream_address().unwrap();
    (node, address)
}

/// Waits until `b` has refused so many connections.
async fn refusals(b: &Node, wanted: u64) {
    let counted = async {
        while b.link.status()[1].refused < wanted {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, counted).await.expect("each is counted");
}

/// The CA is right and the node's name too, and yet it is another group's node.
#[tokio::test]
async fn a_certificate_of_another_group_is_refused() {
    let dir = authority();
    let foreign = signed(dir.path(), "a.h.locum", OffsetDateTime::now_utc() + Duration::from_secs(3600));
    let (mut b, address) = listening(dir.path());
    // A stranger does not look whom it talks to.
    let client = TlsConnector::from(Arc::new(peer_client_config(&material(foreign.path(), "a"), "b.g.locum").unwrap()));
    let tcp = TcpStream::connect(address).await.unwrap();
    let tls = client.connect(ServerName::from(address.ip()), tcp).await;
    assert_eq!(b.refused().await, "its certificate is for a.h.locum, not for a.g.locum");
    assert_eq!(b.link.status()[1].refused, 1);
    assert!(!b.link.stream_is_open());
    drop(tls);
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let dir = authority();
    // It could be loaded a moment ago: a daemon may run for longer than its certificate.
    let expiring = signed(dir.path(), "a.g.locum", OffsetDateTime::now_utc() + Duration::from_secs(2));
    let ([at_a], [at_b]) = (free_udp("127.0.0.1"), free_udp("127.0.0.2"));
    let of_a = config(expiring.path(), ["a", "b"], &[(at_a, at_b)]);
    let until = inspect(&expiring.path().join("a.pem")).unwrap().until_unix_s;
    while OffsetDateTime::now_utc().unix_timestamp() <= until {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (mut b, stream_connect) = listening(dir.path());
    let mut a = Node::start(LinkConfig { stream_connect, ..of_a });
    assert_eq!(b.refused().await, "its certificate has expired");
    assert!(a.refused().await.starts_with("it refuses our certificate"));
    assert!(b.link.status()[1].refused > 0 && !b.link.stream_is_open());
}

/// Everything that the peer has sent to open its stream, said again word for word.
#[tokio::test]
async fn a_first_flight_that_is_said_again_is_refused() {
    let dir = authority();
    let (mut b, address) = listening(dir.path());
    let between = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stream_connect = between.local_addr().unwrap();
    let overheard = tokio::spawn(async move {
        let (mut from_a, mut to_a) = between.accept().await.unwrap().0.into_split();
        let (mut from_b, mut to_b) = TcpStream::connect(address).await.unwrap().into_split();
        tokio::spawn(async move { copy(&mut from_b, &mut to_a).await });
        let (mut heard, mut buffer) = (Vec::new(), [0; 4096]);
        // Until a ends, or b ends it.
        while let Ok(length @ 1..) = from_a.read(&mut buffer).await {
            heard.extend_from_slice(&buffer[..length]);
            let _ = to_b.write_all(&buffer[..length]).await;
        }
        heard
    });
    let ([at_a], [at_b]) = (free_udp("127.0.0.1"), free_udp("127.0.0.2"));
    let mut a = Node::start(LinkConfig { stream_connect, ..config(dir.path(), ["a", "b"], &[(at_a, at_b)]) });
    a.opened().await;
    b.opened().await;
    drop(a);
    let heard = overheard.await.unwrap();
    assert!(heard.len() > 500, "{} bytes", heard.len());

    let mut again = TcpStream::connect(address).await.unwrap();
    again.write_all(&heard).await.unwrap();
    refusals(&b, 1).await;
    assert!(!b.refused().await.is_empty());
    // Its first message alone gets an answer that nobody can use, and a place for a moment.
    let mut silent = TcpStream::connect(address).await.unwrap();
    let hello = 5 + usize::from(u16::from_be_bytes([heard[3], heard[4]]));
    silent.write_all(&heard[..hello]).await.unwrap();
    refusals(&b, 2).await;
    assert!(!b.link.stream_is_open());
}
