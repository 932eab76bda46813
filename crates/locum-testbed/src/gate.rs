//! A gate on the way of the stream between two nodes. Heartbeats pass beside it.

use std::{
    io,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
};

use crate::World;

/// Closed or open, with the connections that run through it.
pub struct StreamGate {
    /// Where `a` finds the stream of `b`, or what else is behind it.
    pub address: SocketAddr,
    passing: Arc<Mutex<Passing>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Passing {
    open: bool,
    ended: bool,
    streams: Vec<TcpStream>,
}

impl Passing {
    fn cut(&mut self) {
        for stream in self.streams.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl StreamGate {
    /// An open gate.
    pub fn start(world: &World) -> StreamGate {
        StreamGate::before(SocketAddr::from((world.address(2), world.service_port)), world)
    }

    /// An open gate before something else than `b`.
    pub fn before(target: SocketAddr, world: &World) -> StreamGate {
        let listener = TcpListener::bind((world.address(5), 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let passing = Arc::new(Mutex::new(Passing { open: true, ..Passing::default() }));
        let let_through = Arc::clone(&passing);
        let thread = thread::spawn(move || {
            for from_a in listener.incoming().flatten() {
                let mut passing = let_through.lock().unwrap();
                if passing.ended {
                    return;
                }
                let Ok(onwards) = TcpStream::connect(target) else { continue };
                if passing.open {
                    carry(&from_a, &onwards);
                    carry(&onwards, &from_a);
                    passing.streams.extend([from_a, onwards]);
                }
            }
        });
        StreamGate { address, passing, thread: Some(thread) }
    }

    /// Cuts what runs through it, and lets nothing more through.
    pub fn close(&self) {
        let mut passing = self.passing.lock().unwrap();
        passing.open = false;
        passing.cut();
    }

    /// Lets connections through again.
    pub fn open(&self) {
        self.passing.lock().unwrap().open = true;
    }
}

impl Drop for StreamGate {
    fn drop(&mut self) {
        if let Ok(mut passing) = self.passing.lock() {
            passing.ended = true;
            passing.cut();
        }
        // The thread waits for a connection.
        if TcpStream::connect(self.address).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

fn carry(from: &TcpStream, to: &TcpStream) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
}
