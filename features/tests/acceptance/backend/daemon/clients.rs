//! Clients: for each node one that asks its gate again and again, about one user of each home.
//!
//! An unbroken run of the answer "serve" of one node, from the first to the last, is a span; a refusal or a gate that
//! does not answer ends it. Where spans of both nodes for one home overlap, its users were served twice. Times are
//! those at which the gates decided, on the one clock of the host. What is shorter than the pause between two
//! questions can escape; and on a busy machine that pause is as long as it takes a client to run again.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use locum_testbed::admissions;

/// Between an answer and the next question.
const PACE: Duration = Duration::from_millis(40);
/// A gate that takes longer does not answer.
const PATIENCE: Duration = Duration::from_millis(250);

/// From the first answer to the last, in microseconds on the host's boot clock.
type Span = (u64, u64);

/// The clients of two nodes. Dropped, they stop asking.
pub(super) struct Clients {
    told: [[Arc<Mutex<Told>>; 2]; 2],
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

/// What one node has said about the users of one home.
#[derive(Default)]
struct Told {
    spans: Vec<Span>,
    /// Whether the next answer "serve" belongs to the last span.
    unbroken: bool,
}

impl Told {
    fn hear(&mut self, serve: bool, at_us: u64) {
        match self.spans.last_mut() {
            Some(span) if serve && self.unbroken => span.1 = at_us,
            _ if serve => self.spans.push((at_us, at_us)),
            _ => {}
        }
        self.unbroken = serve;
    }
}

impl Clients {
    /// Clients that ask behind these two sockets about these users, one of each home.
    pub(super) fn start(sockets: [PathBuf; 2], users: &[String]) -> Self {
        let (told, stop) = (<[[Arc<Mutex<Told>>; 2]; 2]>::default(), Arc::<AtomicBool>::default());
        let start = |(socket, told): (PathBuf, &[Arc<Mutex<Told>>; 2])| {
            let (told, users, stop) = (told.clone(), users.to_vec(), Arc::clone(&stop));
            thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    ask(&socket, &users, &told);
                    thread::sleep(PACE);
                }
            })
        };
        let threads = sockets.into_iter().zip(&told).map(start).collect();
        Self { told, stop, threads }
    }

    /// Whether both nodes have said of one user, for one moment, that they serve.
    pub(super) fn saw_one_served_twice(&self) -> bool {
        let [one, two] = &self.told;
        one.iter().zip(two).any(|(one, two)| overlap(&lock(one).spans, &lock(two).spans))
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn ask(socket: &std::path::Path, users: &[String], told: &[Arc<Mutex<Told>>; 2]) {
    let names: Vec<&str> = users.iter().map(String::as_str).collect();
    match admissions(socket, &names, PATIENCE) {
        Ok(answers) => {
            told.iter().zip(answers).for_each(|(told, answer)| lock(told).hear(answer.serve, answer.at_us));
        }
        Err(_) => told.iter().for_each(|told| lock(told).unbroken = false),
    }
}

fn overlap(one: &[Span], two: &[Span]) -> bool {
    one.iter().any(|one| two.iter().any(|two| one.0.max(two.0) <= one.1.min(two.1)))
}

fn lock(told: &Mutex<Told>) -> MutexGuard<'_, Told> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}
