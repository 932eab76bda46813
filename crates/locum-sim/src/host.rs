//! A node's host: its disk, its services, and the daemon that runs on it.

use locum_core::{Answer, Gate, Memory};
use locum_store::Directory;

use crate::machine::Machine;
use crate::pair::Event;
use crate::policy::Policy;
use crate::transport::Transport;

/// What becomes of the user moves that a node carries out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserMoves {
    /// They succeed.
    #[default]
    Succeed,
    /// They fail.
    Fail,
    /// They last, until they succeed or fail.
    Last,
}

/// What dies with a daemon.
pub(crate) struct Daemon {
    pub(crate) machine: Box<dyn Machine>,
    pub(crate) transport: Box<dyn Transport>,
    pub(crate) policy: Box<dyn Policy>,
    /// The users as it has read or changed them: a disk that is lost under way is missed at the next start.
    pub(crate) users: Directory,
}

/// What survives it.
pub(crate) struct Disk {
    pub(crate) memory: Option<Memory>,
    pub(crate) users: Directory,
}

impl Disk {
    pub(crate) fn empty() -> Disk {
        Disk { memory: None, users: Directory::empty(0) }
    }
}

pub(crate) struct Host {
    pub(crate) daemon: Option<Daemon>,
    /// Counts the daemon's starts: what an earlier one scheduled is void.
    pub(crate) starts: u64,
    pub(crate) disk: Disk,
    pub(crate) boot_id: u64,
    pub(crate) gate: Gate,
    /// Whether each service would work, if it ran.
    pub(crate) sound: Vec<bool>,
    pub(crate) run: u64,
    pub(crate) running: bool,
    pub(crate) moves: UserMoves,
    /// The moves under way that last.
    pub(crate) lasting: Vec<u64>,
    pub(crate) left: bool,
    pub(crate) answers: Vec<(u64, Answer)>,
    /// The host is stopped: what would happen to it waits.
    pub(crate) frozen: bool,
    pub(crate) waiting: Vec<Event>,
}

impl Host {
    /// A host whose disk is empty, and which has this many services.
    pub(crate) fn new(boot_id: u64, services: usize) -> Host {
        Host {
            daemon: None,
            starts: 0,
            disk: Disk::empty(),
            boot_id,
            gate: Gate::default(),
            sound: vec![true; services],
            run: 0,
            running: false,
            moves: UserMoves::default(),
            lasting: Vec::new(),
            left: false,
            answers: Vec::new(),
            frozen: false,
            waiting: Vec::new(),
        }
    }
}
