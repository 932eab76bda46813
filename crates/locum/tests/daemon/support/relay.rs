//! A stranger on the way between two nodes, who sees every packet and sends some of his own.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use super::World;

/// Each node takes one of these sockets for its peer.
pub(crate) struct Relay {
    to_b: UdpSocket,
    address_of_b: SocketAddr,
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    /// Where `a` finds `b`, and `b` finds `a`.
    pub(crate) addresses: [SocketAddr; 2],
}

impl Relay {
    pub(crate) fn start(world: &World) -> Relay {
        let [near_a, near_b] = [3, 4].map(|host| UdpSocket::bind((world.address(host), 0)).unwrap());
        let [a, b] = [1, 2].map(|host| SocketAddr::from((world.address(host), world.service_port)));
        let addresses = [near_a.local_addr().unwrap(), near_b.local_addr().unwrap()];
        let (seen, stop) = (Arc::<Mutex<Vec<Vec<u8>>>>::default(), Arc::<AtomicBool>::default());
        let carry = |from: &UdpSocket, to: &UdpSocket, address: SocketAddr, seen: Option<Arc<Mutex<Vec<Vec<u8>>>>>| {
            let (from, to, stop) = (from.try_clone().unwrap(), to.try_clone().unwrap(), Arc::clone(&stop));
            from.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
            thread::spawn(move || {
                let mut buffer = vec![0; 65_536];
                while !stop.load(Relaxed) {
                    // Nothing has come, or the node at the other end is not there now.
                    let Ok(length) = from.recv(&mut buffer) else { continue };
                    let _ = to.send_to(&buffer[..length], address);
                    if let Some(seen) = &seen {
                        seen.lock().unwrap().push(buffer[..length].to_vec());
                    }
                }
            })
        };
        let threads = vec![carry(&near_a, &near_b, b, Some(Arc::clone(&seen))), carry(&near_b, &near_a, a, None)];
        Relay { to_b: near_b, address_of_b: b, seen, stop, threads, addresses }
    }

    /// What `a` has sent so far.
    pub(crate) fn seen(&self) -> Vec<Vec<u8>> {
        self.seen.lock().unwrap().clone()
    }

    /// Sends `b` a packet, by the way on which it expects those of `a`.
    pub(crate) fn send_to_b(&self, packet: &[u8]) {
        self.to_b.send_to(packet, self.address_of_b).unwrap();
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
