//! What can be done to a pair from outside.

use locum_core::{Answer, Command, Gate, Health, Input, PeerLoss};
use locum_store::Directory;

use super::{LATENCY_MS, Pair};
use crate::host::{Disk, DiskHealth, UserMoves};
use crate::network::{LINKS, Weather};
use crate::node::Node;

impl Pair {
    /// A node's daemon dies, and its services with it. What was on disk stays there.
    pub fn kill(&mut self, node: Node) {
        let host = &mut self.hosts[node as usize];
        host.daemon = None;
        host.running = false;
        host.frozen = false;
        host.waiting.clear();
        host.lasting.clear();
        host.gate = Gate::default();
        self.note_served();
    }

    /// The kernel of a node's host, still alive, tells the peer that the daemon has died.
    pub fn kernel_tells(&mut self, dead: Node) {
        self.input(dead.peer(), Input::PeerLoss(PeerLoss::StreamClosed));
        self.input(dead.peer(), Input::PeerLoss(PeerLoss::PortRefused));
    }

    /// A node's host goes down; when it comes back it has a new boot id.
    pub fn reboot(&mut self, node: Node) {
        self.kill(node);
        self.hosts[node as usize].boot_id += 2;
    }

    /// A node says goodbye, and its host goes down once it has left.
    pub fn say_goodbye(&mut self, node: Node) {
        self.hosts[node as usize].leaving = true;
        if self.command(node, Command::Goodbye).is_none() || self.has_left(node) {
            self.reboot(node);
        }
    }

    /// A node's disk loses its contents.
    pub fn lose_disk(&mut self, node: Node) {
        let disk = &mut self.hosts[node as usize].disk;
        *disk = Disk { health: disk.health, ..Disk::empty() };
    }

    /// How a node's disk is from now on.
    pub fn set_disk(&mut self, node: Node, health: DiskHealth) {
        self.hosts[node as usize].disk.health = health;
    }

    /// A service of a node stops working, or works again.
    pub fn set_service(&mut self, node: Node, service: u16, sound: bool) {
        self.hosts[node as usize].services[usize::from(service)].sound = sound;
        self.probe_later(node, service);
    }

    /// A service of a node takes so long to start from now on, and a probe of it so long to look, in milliseconds.
    pub fn set_pace(&mut self, node: Node, service: u16, start_ms: u64, probe_ms: u64) {
        let process = &mut self.hosts[node as usize].services[usize::from(service)];
        (process.start_ms, process.probe_ms) = (start_ms, probe_ms);
    }

    /// A probe of a node cannot tell, for the time being.
    pub fn probe_unknown(&mut self, node: Node, service: u16) {
        let run = self.host(node).run;
        self.input(node, Input::Probe { service, run, health: Health::Unknown });
    }

    /// User moves at this node succeed, fail or last; those that have lasted so far, too.
    pub fn set_moves(&mut self, node: Node, moves: UserMoves) {
        let host = &mut self.hosts[node as usize];
        host.moves = moves;
        for token in std::mem::take(&mut host.lasting) {
            self.move_users(node, token);
        }
    }

    /// What becomes of the packets of a node on one of its [`LINKS`] links, from now on.
    ///
    /// # Panics
    /// If there is no such link.
    pub fn set_weather(&mut self, from: Node, link: u32, weather: Weather) {
        self.network.set_weather(from, link, weather);
    }

    /// Packets from this node arrive, or do not, whichever link they take.
    pub fn set_sends(&mut self, node: Node, sends: bool) {
        let weather = if sends { Weather::Fair } else { Weather::Cut };
        (0..LINKS).for_each(|link| self.set_weather(node, link, weather));
    }

    /// A node's transport fails and starts afresh, as after a trap: it has forgotten what it sent and received.
    pub fn renew_transport(&mut self, node: Node) {
        if let Some(daemon) = &mut self.hosts[node as usize].daemon {
            daemon.transport = (self.parts.transports)(LINKS);
        }
    }

    /// A node's policy fails the next time it is asked, as by a trap.
    pub fn trap_policy(&mut self, node: Node) {
        self.hosts[node as usize].policy_traps = true;
    }

    /// The node's host stops running for a while, and serves nobody; what arrives meanwhile waits. When it runs
    /// again, its daemon notices at once that it is late.
    pub fn set_frozen(&mut self, node: Node, frozen: bool) {
        let host = &mut self.hosts[node as usize];
        let Some(daemon) = &host.daemon else { return };
        if std::mem::replace(&mut host.frozen, frozen) && !frozen {
            let token = daemon.machine.next_deadline().token;
            self.input(node, Input::Timer { token });
            for event in std::mem::take(&mut self.hosts[node as usize].waiting) {
                self.schedule(self.now_ms + LATENCY_MS, event);
            }
        }
        self.note_served();
    }

    /// A node's own clock leaps ahead: to the node it is as if it had not run for so long.
    pub fn leap(&mut self, node: Node, by_ms: u64) {
        let host = &mut self.hosts[node as usize];
        host.ahead_ms += by_ms;
        host.armed = None;
        self.schedule_deadline(node);
    }

    /// Asks a node's administrator command, and gives its answer.
    pub fn command(&mut self, node: Node, command: Command) -> Option<Answer> {
        self.tokens += 1;
        let token = self.tokens;
        self.input(node, Input::Command { token, command });
        let answers = &mut self.hosts[node as usize].answers;
        let place = answers.iter().position(|(answered, _)| *answered == token)?;
        Some(answers.swap_remove(place).1)
    }

    /// Puts another user directory on a node's disk, behind its peer's back.
    pub fn set_directory(&mut self, node: Node, directory: Directory) {
        let host = &mut self.hosts[node as usize];
        if let Some(daemon) = &mut host.daemon {
            daemon.users = directory.clone();
        }
        host.disk.users = directory;
        self.tell_directory(node);
    }
}
