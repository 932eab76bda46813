//! Relays: one for the packets of a link, with weather; one for the stream between the nodes, which can be stalled.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Result;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket, tcp},
    sync::watch,
};

use super::plan::Rough;
use crate::pair::chance::Chance;

/// What becomes of the packets that go one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) cut: bool,
    pub(super) rough: Rough,
}

/// The packets of one link, from `a` (0) and from `b` (1).
pub(super) struct Relay {
    ways: [Arc<Mutex<Way>>; 2],
}

impl Relay {
    /// A relay between two sockets, each of which a node takes for its peer. It runs as long as the runtime.
    pub(super) fn start(near: [std::net::UdpSocket; 2], nodes: [SocketAddr; 2], seed: u64) -> Result<Relay> {
        let ways = <[Arc<Mutex<Way>>; 2]>::default();
        let [near_a, near_b] = near.map(|socket| {
            socket.set_nonblocking(true)?;
            Ok::<_, std::io::Error>(Arc::new(UdpSocket::from_std(socket)?))
        });
        let (near_a, near_b) = (near_a?, near_b?);
        tokio::spawn(carry(near_a.clone(), near_b.clone(), nodes[1], Arc::clone(&ways[0]), Chance::new(seed)));
        tokio::spawn(carry(near_b, near_a, nodes[0], Arc::clone(&ways[1]), Chance::new(!seed)));
        Ok(Relay { ways })
    }

    pub(super) fn set(&self, ways: [Way; 2]) {
        for (way, now) in self.ways.iter().zip(ways) {
            *way.lock().unwrap_or_else(PoisonError::into_inner) = now;
        }
    }
}

async fn carry(from: Arc<UdpSocket>, to: Arc<UdpSocket>, node: SocketAddr, way: Arc<Mutex<Way>>, mut chance: Chance) {
    let mut buffer = vec![0; 65_536];
    loop {
        // An error tells that an earlier packet has met a closed port.
        let Ok(length) = from.recv(&mut buffer).await else { continue };
        let Way { cut, rough } = *way.lock().unwrap_or_else(PoisonError::into_inner);
        if cut || chance.percent(rough.lost_percent.into()) {
            continue;
        }
        let copies = if chance.percent(rough.twice_percent.into()) { 2 } else { 1 };
        for _ in 0..copies {
            let late = Duration::from_millis(rough.delay_ms + chance.between(0, rough.spread_ms));
            let (to, packet) = (to.clone(), buffer[..length].to_vec());
            if late.is_zero() {
                let _ = to.send_to(&packet, node).await;
            } else {
                tokio::spawn(async move {
                    tokio::time::sleep(late).await;
                    let _ = to.send_to(&packet, node).await;
                });
            }
        }
    }
}

/// The streams that one node opens to another. What is cut stands still, as behind a router that drops packets.
pub(super) struct Streams {
    cut: [watch::Sender<bool>; 2],
}

impl Streams {
    /// Carries what arrives at `listener` on to `to`, as long as the runtime.
    pub(super) fn start(listener: std::net::TcpListener, to: SocketAddr) -> Result<Streams> {
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let cut = [watch::Sender::new(false), watch::Sender::new(false)];
        let [there, back] = [cut[0].subscribe(), cut[1].subscribe()];
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(between(near, to, there.clone(), back.clone()));
            }
        });
        Ok(Streams { cut })
    }

    /// What is cut from now on: there, and back.
    pub(super) fn set(&self, cut: [bool; 2]) {
        self.cut.iter().zip(cut).for_each(|(sender, cut)| _ = sender.send_replace(cut));
    }
}

async fn between(near: TcpStream, to: SocketAddr, mut there: watch::Receiver<bool>, back: watch::Receiver<bool>) {
    if there.wait_for(|cut| !cut).await.is_err() {
        return;
    }
    let Ok(far) = TcpStream::connect(to).await else { return };
    let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
    // When one end has gone, so has the other.
    tokio::select! {
        () = pour(from_near, to_far, there) => {}
        () = pour(from_far, to_near, back) => {}
    }
}

async fn pour(mut from: tcp::OwnedReadHalf, mut to: tcp::OwnedWriteHalf, mut cut: watch::Receiver<bool>) {
    let mut buffer = vec![0; 16_384];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if cut.wait_for(|cut| !cut).await.is_err() || to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    fn socket() -> UdpSocket {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        socket
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn packets_go_both_ways_twice_or_not_at_all() {
        let (a, b, near) = (socket(), socket(), [socket(), socket()]);
        let [near_a, near_b] = [&near[0], &near[1]].map(|socket| socket.local_addr().unwrap());
        let relay = Relay::start(near, [a.local_addr().unwrap(), b.local_addr().unwrap()], 1).unwrap();
        let copied = Way { rough: Rough { twice_percent: 100, ..Rough::default() }, ..Way::default() };
        relay.set([copied, Way { cut: true, ..Way::default() }]);
        let heard = tokio::task::spawn_blocking(move || {
            let mut buffer = [0; 9];
            a.send_to(b"there", near_a).unwrap();
            b.send_to(b"back", near_b).unwrap();
            let at_b = [b.recv(&mut buffer), b.recv(&mut buffer), b.recv(&mut buffer)].map(Result::ok);
            (at_b, a.recv(&mut buffer).ok())
        });
        assert_eq!(heard.await.unwrap(), ([Some(5), Some(5), None], None));
    }

    #[tokio::test]
    async fn a_stream_that_is_cut_stands_still_and_goes_on() {
        let far = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = near.local_addr().unwrap();
        let streams = Streams::start(near, far.local_addr().unwrap()).unwrap();
        let mut client = TcpStream::connect(address).await.unwrap();
        let mut server = far.accept().await.unwrap().0;
        streams.set([true, false]);
        client.write_all(b"held").await.unwrap();
        server.write_all(b"back").await.unwrap();
        let mut buffer = [0; 4];
        client.read_exact(&mut buffer).await.unwrap();
        assert_eq!(&buffer, b"back");
        assert!(tokio::time::timeout(Duration::from_millis(100), server.read_exact(&mut buffer)).await.is_err());
        streams.set([false; 2]);
        server.read_exact(&mut buffer).await.unwrap();
        assert_eq!(&buffer, b"held");
    }
}
