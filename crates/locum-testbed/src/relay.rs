//! A link between two nodes, with somebody on it who hears, speaks, and makes the weather.

use std::{
    mem,
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use crate::World;

/// What becomes of the packets that go one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weather {
    /// They arrive.
    #[default]
    Fair,
    /// They get lost.
    Cut,
    /// Every third gets lost.
    EveryThirdLost,
    /// They arrive twice, the second time after the next one.
    TwiceAndLate,
}

/// Each node takes one of these sockets for its peer.
pub struct Relay {
    to_b: UdpSocket,
    address_of_b: SocketAddr,
    /// From `a`, and from `b`.
    ways: [Arc<Way>; 2],
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    /// Where `a` finds `b`, and `b` finds `a`.
    pub addresses: [SocketAddr; 2],
}

/// One way.
#[derive(Default)]
struct Way {
    weather: Mutex<Weather>,
    seen: Mutex<Vec<Vec<u8>>>,
}

impl Relay {
    /// A relay between the addresses 1 and 2.
    pub fn start(world: &World) -> Relay {
        Relay::between([1, 2].map(|host| SocketAddr::from((world.address(host), world.service_port))), world)
    }

    /// A relay between where `a` and `b` listen. It has the addresses 3 and 4.
    pub fn between([a, b]: [SocketAddr; 2], world: &World) -> Relay {
        let [near_a, near_b] = [3, 4].map(|host| UdpSocket::bind((world.address(host), 0)).unwrap());
        let addresses = [near_a.local_addr().unwrap(), near_b.local_addr().unwrap()];
        let (ways, stop) = (<[Arc<Way>; 2]>::default(), Arc::<AtomicBool>::default());
        let carry = |from: &UdpSocket, to: &UdpSocket, address: SocketAddr, way: &Arc<Way>| {
            let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
            let (way, stop) = (Arc::clone(way), Arc::clone(&stop));
            thread::spawn(move || carry(&from, &to, address, &way, &stop))
        };
        let threads = vec![carry(&near_a, &near_b, b, &ways[0]), carry(&near_b, &near_a, a, &ways[1])];
        Relay { to_b: near_b, address_of_b: b, ways, stop, threads, addresses }
    }

    /// What becomes from now on of the packets of `a` (0), or of `b` (1).
    pub fn set_weather(&self, from: usize, weather: Weather) {
        *self.ways[from].weather.lock().unwrap() = weather;
    }

    /// What `a` has sent so far.
    pub fn seen(&self) -> Vec<Vec<u8>> {
        self.ways[0].seen.lock().unwrap().clone()
    }

    /// Sends `b` a packet, by the way on which it expects those of `a`.
    pub fn send_to_b(&self, packet: &[u8]) {
        self.to_b.send_to(packet, self.address_of_b).unwrap();
    }
}

fn carry(from: &UdpSocket, to: &UdpSocket, address: SocketAddr, way: &Way, stop: &AtomicBool) {
    // So often it is looked whether to stop.
    from.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let mut buffer = vec![0; 65_536];
    let (mut count, mut late) = (0_u64, Vec::new());
    while !stop.load(Relaxed) {
        // Nothing has come, or the node at the other end is not there now.
        let Ok(length) = from.recv(&mut buffer) else { continue };
        let packet = &buffer[..length];
        count += 1;
        let weather = *way.weather.lock().unwrap();
        if weather == Weather::Fair
            || weather == Weather::TwiceAndLate
            || (weather == Weather::EveryThirdLost && !count.is_multiple_of(3))
        {
            let _ = to.send_to(packet, address);
        }
        if weather == Weather::TwiceAndLate {
            let before = mem::replace(&mut late, packet.to_vec());
            if !before.is_empty() {
                let _ = to.send_to(&before, address);
            }
        }
        way.seen.lock().unwrap().push(packet.to_vec());
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
