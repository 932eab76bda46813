//! A gate on the way of the stream between two nodes. Heartbeats pass beside it.

use std::{
    io,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use super::World;

/// Closed or open, with the connections that run through it.
pub(crate) struct StreamGate {
    /// Where `a` finds the stream of `b`.
    pub(crate) address: SocketAddr,
    open: Arc<Mutex<(bool, Vec<TcpStream>)>>,
}

impl StreamGate {
    /// An open gate.
    pub(crate) fn start(world: &World) -> StreamGate {
        let listener = TcpListener::bind((world.address(5), 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let b = SocketAddr::from((world.address(2), world.service_port));
        let open = Arc::new(Mutex::new((true, Vec::new())));
        let passing = Arc::clone(&open);
        // It ends with the test's process.
        thread::spawn(move || {
            for from_a in listener.incoming().flatten() {
                let mut passing = passing.lock().unwrap();
                let Ok(to_b) = TcpStream::connect(b) else { continue };
                if passing.0 {
                    carry(&from_a, &to_b);
                    carry(&to_b, &from_a);
                    passing.1.extend([from_a, to_b]);
                }
            }
        });
        StreamGate { address, open }
    }

    pub(crate) fn close(&self) {
        let mut open = self.open.lock().unwrap();
        open.0 = false;
        for stream in open.1.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    pub(crate) fn open(&self) {
        self.open.lock().unwrap().0 = true;
    }
}

fn carry(from: &TcpStream, to: &TcpStream) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
}
