//! A node's host: its disk, its services, and the daemon that runs on it.

use locum_core::{Answer, Gate, Memory};
use locum_store::Directory;
use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::pair::Event;
use crate::policy::Policy;
use crate::transport::Transport;

/// What becomes of the user moves that a node carries out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserMoves {
    /// They succeed.
    #[default]
    Succeed,
    /// They fail.
    Fail,
    /// They last, until they succeed or fail.
    Last,
}

/// How a node's disk is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DiskHealth {
    /// It stores what it is given.
    #[default]
    Well,
    /// It has room for the memory of the state machine, and for no users: they are neither moved nor added.
    Full,
    /// It stores nothing: a daemon that must put something there stops at once.
    Failing,
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
    pub(crate) health: DiskHealth,
    pub(crate) memory: Option<Memory>,
    pub(crate) users: Directory,
}

impl Disk {
    pub(crate) fn empty() -> Disk {
        Disk { health: DiskHealth::Well, memory: None, users: Directory::empty(0) }
    }
}

/// A service on a host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process {
    /// Whether it would work, if it ran.
    pub(crate) sound: bool,
    /// How long after its start it works, in milliseconds.
    pub(crate) start_ms: u64,
    /// How long a probe of it takes, in milliseconds.
    pub(crate) probe_ms: u64,
    /// When the last look at it is over: one look begins once the other has ended, and none overtakes another.
    pub(crate) looked_ms: u64,
}

pub(crate) struct Host {
    pub(crate) daemon: Option<Daemon>,
    /// Counts the daemon's starts: what an earlier one scheduled is void.
    pub(crate) starts: u64,
    /// The token of the deadline that is scheduled.
    pub(crate) armed: Option<u64>,
    pub(crate) disk: Disk,
    pub(crate) boot_id: u64,
    /// How far the host's own clock is ahead of the virtual one, in milliseconds.
    pub(crate) ahead_ms: u64,
    pub(crate) gate: Gate,
    pub(crate) services: Vec<Process>,
    pub(crate) run: u64,
    pub(crate) running: bool,
    /// When its services were last started.
    pub(crate) started_ms: u64,
    pub(crate) moves: UserMoves,
    /// The moves under way that last.
    pub(crate) lasting: Vec<u64>,
    /// The policy fails the next time it is asked.
    pub(crate) policy_traps: bool,
    /// The host goes down once its daemon has left.
    pub(crate) leaving: bool,
    /// It boots again once it is down.
    pub(crate) boots_again: bool,
    pub(crate) left: bool,
    pub(crate) answers: Vec<(u64, Answer)>,
    /// The host is stopped: what would happen to it waits.
    pub(crate) frozen: bool,
    pub(crate) waiting: Vec<Event>,
}

impl Host {
    /// A host whose disk is empty, and which has these services.
    pub(crate) fn new(boot_id: u64, services: Vec<Process>) -> Host {
        Host {
            daemon: None,
            starts: 0,
            armed: None,
            disk: Disk::empty(),
            boot_id,
            ahead_ms: 0,
            gate: Gate::default(),
            services,
            run: 0,
            running: false,
            started_ms: 0,
            moves: UserMoves::default(),
            lasting: Vec::new(),
            policy_traps: false,
            leaving: false,
            boots_again: false,
            left: false,
            answers: Vec::new(),
            frozen: false,
            waiting: Vec::new(),
        }
    }
}
