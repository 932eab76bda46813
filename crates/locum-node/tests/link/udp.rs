use std::{net::SocketAddr, time::Instant};

use locum_node::link::{
    FRAME_BYTES_MAX, FrameTooLong, Link, LinkConfig, LinkEvent, Refusals,
    seal::{Header, Seal},
};
use tokio::sync::mpsc;

use crate::support::{Node, Numbering, PATIENCE, Wire, authority, caught, config, free_udp, pair};

#[tokio::test]
async fn frames_travel_both_ways_and_are_counted() {
    let dir = authority();
    let (mut a, mut b) = pair(dir.path()).await;
    for round in 0..20_u8 {
        a.link.send_frame(&[round, 1]).unwrap();
        assert_eq!(b.frame().await, [round, 1]);
        b.link.send_frame(&[round, 2]).unwrap();
        assert_eq!(a.frame().await, [round, 2]);
    }
    let status = a.link.status();
    assert_eq!((status[0].received, status[0].refused), (20, 0));
    assert!(status[0].name.starts_with("udp 127.0.0.2:") && status[0].heard_ms_ago.is_some());
    assert!(status[1].name.starts_with("tls 127.0.0.1:") && status[1].heard_ms_ago.is_some());
    assert_eq!(a.link.refusals(), [Refusals::default()]);
}

#[tokio::test]
async fn the_longest_frame_passes_and_a_longer_one_is_refused() {
    let dir = authority();
    let (a, mut b) = pair(dir.path()).await;
    let frame = vec![5; FRAME_BYTES_MAX];
    a.link.send_frame(&frame).unwrap();
    assert_eq!(b.frame().await, frame);
    assert_eq!(a.link.send_frame(&[frame, vec![5]].concat()), Err(FrameTooLong { bytes: FRAME_BYTES_MAX + 1 }));
}

/// Forged, foreign, replayed and malformed packets, by cause; none of them is delivered.
#[tokio::test]
async fn what_the_peer_has_not_just_sent_is_counted_and_dropped() {
    let dir = authority();
    let (a, b) = (config(dir.path(), ["a", "b"], &[]), config(dir.path(), ["b", "a"], &[]));
    let (group_key, boot_id) = (a.group_key, a.boot_id);
    let mut wire = Wire::between(a, b).await;
    let packet = wire.sent_by_a(b"first").await;
    wire.to_b(&packet).await;
    assert_eq!(wire.b.frame().await, b"first");

    let mut flipped = wire.sent_by_a(b"flipped").await;
    *flipped.last_mut().unwrap() ^= 1;
    wire.to_b(&flipped).await;

    let header = Header { boot_id, incarnation: 1, opening: 1, ..Header::default() };
    let mut other = Vec::new();
    Seal::new(&group_key, "other", "a", "b").seal(&header, b"        other group", &mut other);
    wire.to_b(&other).await;
    Seal::new(&group_key, "g", "aa", "b").seal(&header, b"        other node", &mut other);
    wire.to_b(&other).await;
    Seal::new(&[1; 32], "g", "a", "b").seal(&header, b"        other key", &mut other);
    wire.to_b(&other).await;

    wire.b.link.send_frame(b"reflected").unwrap();
    let reflected = caught(&wire.near_b).await;
    wire.to_b(&reflected).await;

    Seal::new(&group_key, "g", "a", "b").seal(&Header { link: 1, ..header }, b"        other link", &mut other);
    wire.to_b(&other).await;
    wire.to_b(&packet).await;
    wire.to_b(b"noise").await;

    let last = wire.sent_by_a(b"last").await;
    wire.to_b(&last).await;
    assert_eq!(wire.b.frame().await, b"last", "nothing in between was delivered");
    let refusals = wire.b.link.refusals();
    let wanted = Refusals { forged: 2, foreign: 3, replayed: 1, duplicate: 1, malformed: 1, ..Refusals::default() };
    assert_eq!(refusals, [wanted]);
    assert_eq!(wire.b.link.status()[0].refused, 7);
}

#[tokio::test]
async fn packets_of_an_earlier_incarnation_are_replays() {
    let dir = authority();
    let (a, b) = (config(dir.path(), ["a", "b"], &[]), config(dir.path(), ["b", "a"], &[]));
    let mut wire = Wire::between(a.clone(), b).await;
    let (old, unused) = (wire.sent_by_a(b"old").await, wire.sent_by_a(b"never delivered").await);
    wire.to_b(&old).await;
    assert_eq!(wire.b.frame().await, b"old");

    let [at_a] = free_udp("127.0.0.1");
    let links = vec![(at_a, wire.near_a.local_addr().unwrap())];
    wire.near_a.connect(at_a).await.unwrap();
    wire.a = Node::start(LinkConfig { links, incarnation: 2, ..a });
    let new = wire.sent_by_a(b"new").await;
    wire.to_b(&new).await;
    assert_eq!(wire.b.frame().await, b"new");

    wire.to_b(&old).await;
    wire.to_b(&unused).await;
    let newer = wire.sent_by_a(b"newer").await;
    wire.to_b(&newer).await;
    assert_eq!(wire.b.frame().await, b"newer");
    assert_eq!(wire.b.link.refusals()[0].replayed, 2);
}

/// Two links of which each node binds both to one address, as `listen = ["0.0.0.0"]` does.
#[tokio::test]
async fn a_frame_that_arrives_by_two_links_is_delivered_once() {
    let dir = authority();
    let ([a1, a2], [b1]) = (free_udp("127.0.0.1"), free_udp("127.0.0.2"));
    let a = Node::start(config(dir.path(), ["a", "b"], &[(a1, b1), (a2, b1)]));
    let mut b = Node::start(config(dir.path(), ["b", "a"], &[(b1, a1), (b1, a2)]));
    for frame in [&b"one"[..], b"two"] {
        a.link.send_frame(frame).unwrap();
        assert_eq!(b.frame().await, frame);
    }
    let deadline = Instant::now() + PATIENCE;
    while b.link.refusals().iter().map(|link| link.duplicate).sum::<u64>() < 2 {
        assert!(Instant::now() < deadline, "copies arrive by the other link: {:?}", b.link.refusals());
        tokio::task::yield_now().await;
    }
    let status = b.link.status();
    assert_eq!((status[0].received, status[1].received), (2, 2));
    assert_eq!(status[0].refused + status[1].refused, 0);
}

#[tokio::test]
async fn a_peer_that_ends_is_known_by_its_stream_and_its_port() {
    let dir = authority();
    let (a, mut b) = pair(dir.path()).await;
    drop(a);
    b.until(|event| matches!(event, LinkEvent::StreamClosed).then_some(())).await;
    b.until(|event| matches!(event, LinkEvent::PortRefused).then_some(())).await;
    assert!(!b.link.stream_is_open());
}

#[tokio::test]
async fn a_frame_to_a_port_without_a_listener_comes_back_as_refused() {
    let dir = authority();
    let ([a], [b]) = (free_udp("127.0.0.1"), free_udp("127.0.0.2"));
    let mut a = Node::start(config(dir.path(), ["a", "b"], &[(a, b)]));
    a.link.send_frame(b"anybody?").unwrap();
    assert!(matches!(a.next().await, LinkEvent::PortRefused));
}

#[tokio::test]
async fn a_peer_that_returns_is_heard_again() {
    let dir = authority();
    let ([at_a], [at_b]) = (free_udp("127.0.0.1"), free_udp("127.0.0.2"));
    let mut b = Node::start(config(dir.path(), ["b", "a"], &[(at_b, at_a)]));
    let stream_connect = b.link.stream_address().unwrap();
    let mut seen = Vec::new();
    for incarnation in 1..=3 {
        let config = LinkConfig { stream_connect, incarnation, ..config(dir.path(), ["a", "b"], &[(at_a, at_b)]) };
        let mut a = Node::start(config);
        b.opened().await;
        a.opened().await;
        a.link.send_frame(&[0]).unwrap();
        seen.push(b.frame().await);
        drop(a);
        b.until(|event| matches!(event, LinkEvent::StreamClosed).then_some(())).await;
        b.until(|event| matches!(event, LinkEvent::PortRefused).then_some(())).await;
    }
    assert_eq!(seen, [[0]; 3]);
}

#[tokio::test]
async fn a_link_that_cannot_begin_says_why() {
    let dir = authority();
    let start = |config: LinkConfig| {
        let transport = Numbering::over(1);
        Link::start(config, transport, mpsc::channel(1).0).err().expect("no link").to_string()
    };
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let [peer] = free_udp("127.0.0.2");
    let bind = taken.local_addr().unwrap();
    let message = start(config(dir.path(), ["a", "b"], &[(bind, peer)]));
    assert!(message.contains(&format!("udp {bind} cannot be opened")) && message.contains("`listen`"), "{message}");

    let message = start(config(dir.path(), ["a", "b"], &[]));
    assert!(message.contains("0 links"), "{message}");

    let [bind] = free_udp("127.0.0.1");
    let mistaken = LinkConfig { node: "aa".into(), ..config(dir.path(), ["a", "b"], &[(bind, peer)]) };
    let message = start(mistaken);
    assert!(message.contains("is for a.g.locum, but the node is aa.g.locum"), "{message}");
}

/// A cable that is not plugged in at the start does not stop the other link.
#[tokio::test]
async fn a_link_without_its_address_leaves_the_other_working() {
    let dir = authority();
    let nowhere: SocketAddr = "192.0.2.1:9".parse().unwrap();
    let ([at_a], [at_b]) = (free_udp("127.0.0.1"), free_udp("127.0.0.2"));
    let a = Node::start(config(dir.path(), ["a", "b"], &[(nowhere, nowhere), (at_a, at_b)]));
    let mut b = Node::start(config(dir.path(), ["b", "a"], &[(nowhere, nowhere), (at_b, at_a)]));
    a.link.send_frame(b"by the other").unwrap();
    assert_eq!(b.frame().await, b"by the other");
    assert_eq!(a.link.refusals()[0].unsent, 1);
}
