//! Two real daemons on loopback, with real services and real time.

mod clients;
mod configuration;
mod found;
mod raise;
mod rest;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use features::words::{Node, Row, Served, Service};
use locum_core::{Answer, Command, Parameters, Reason, State, TimerKind};
use locum_node::api::{Event, Status, UserDocument};
use locum_sim::UserMoves;
use locum_testbed::{MARGIN, Pair, Relay, StreamGate, until};

use self::clients::Clients;
pub(crate) use self::configuration::faults;
use super::{Backend, Change, LINKS, Passing, START_TIMEOUT, Sight, Weather};
use crate::stage::Order;

/// A scenario's second lasts twenty milliseconds: what its people wait for half an hour takes 36 s. Every duration and
/// every parameter of a scenario is divided by this.
const SCALE: u32 = 50;
/// So often it is looked whether something has come about.
const LOOK_INTERVAL: Duration = Duration::from_millis(40);
/// How long a gate may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// More users than any group has.
const USERS_MAX: u32 = 1000;
/// The services, in the order of [`Service`].
const SERVICES: [&str; 2] = ["web", "db"];

/// Two daemons, and everything around them. Dropped, they are killed.
pub(crate) struct Daemons {
    clients: Clients,
    pair: Pair,
    relays: [Relay; LINKS],
    stream: StreamGate,
    order: Order,
    /// Those of real time.
    parameters: Parameters,
    /// Beside the two nodes of the pair, in their order.
    hosts: [Host; 2],
    /// Whether node 1 is the only node of its group.
    alone: bool,
    users_added: u32,
}

/// What is known of a node beside what it says.
#[derive(Debug)]
struct Host {
    boots: u32,
    moves: UserMoves,
    weather: [Weather; LINKS],
    /// What it showed when it was paused.
    paused: Option<Sight>,
    /// The journals of disks that were lost.
    lost: Vec<Event>,
    journal: Vec<Event>,
}

impl Daemons {
    /// The place of a node in the order of names.
    fn place(&self, node: Node) -> usize {
        match self.order {
            Order::Straight => node as usize,
            Order::Mirrored => node.peer() as usize,
        }
    }

    fn daemon(&self, node: Node) -> &locum_testbed::Node {
        self.pair.both()[self.place(node)]
    }

    fn daemon_mut(&mut self, node: Node) -> &mut locum_testbed::Node {
        if self.place(node) == 0 { &mut self.pair.a } else { &mut self.pair.b }
    }

    fn host_mut(&mut self, node: Node) -> &mut Host {
        let place = self.place(node);
        &mut self.hosts[place]
    }

    fn is_paused(&self, node: Node) -> bool {
        self.hosts[self.place(node)].paused.is_some()
    }

    /// Whether a daemon runs, and is not paused.
    fn answers(&mut self, node: Node) -> bool {
        !self.daemon_mut(node).gone() && !self.is_paused(node)
    }

    /// What a daemon says of its group; `None` while it does not run, or says nothing.
    fn status(&mut self, node: Node) -> Option<Status> {
        let before = Instant::now();
        while self.answers(node) {
            match self.daemon(node).look() {
                Ok(status) => return Some(status),
                // It may be about to end.
                Err(why) => assert!(before.elapsed() < MARGIN, "{node} does not answer: {why}{}", self.pair.logs()),
            }
            thread::sleep(LOOK_INTERVAL);
        }
        None
    }

    /// Lets the user moves under way, and those to come, wait or go on as they are to end.
    fn hold_moves(&self, hold: bool) {
        for (daemon, host) in self.pair.both().into_iter().zip(&self.hosts) {
            let drill = raise::drill(daemon);
            set_there(&drill.join("user-moves-fail"), host.moves == UserMoves::Fail);
            set_there(&drill.join("user-moves-wait"), hold || host.moves == UserMoves::Last);
        }
    }

    /// Reads on in the journals of daemons that answer. What a daemon wrote last before it died is read once it runs
    /// again.
    fn read_journals(&mut self) {
        for node in Node::BOTH {
            if self.is_paused(node) {
                continue;
            }
            let mut journal = std::mem::take(&mut self.host_mut(node).journal);
            while self.daemon(node).read_on(&mut journal).is_ok_and(|any| any) {}
            self.host_mut(node).journal = journal;
        }
    }

    /// What a node's journals say of this.
    fn events(&mut self, node: Node, kind: &str) -> impl Iterator<Item = &Event> {
        self.read_journals();
        let host = self.host_mut(node);
        host.lost.iter().chain(&host.journal).filter(move |event| event.kind == kind)
    }

    fn transitions(&mut self, node: Node) -> impl Iterator<Item = &Event> {
        self.events(node, "transition")
    }

    /// Whether all who answer see the group there.
    fn all_see(&mut self, there: Passing) -> bool {
        match there {
            Passing::Row(row) => Node::BOTH.into_iter().all(|node| self.sees(node, row)) && self.is_at(there),
            Passing::Status(..) => self.is_at(there),
        }
    }

    fn sees(&mut self, node: Node, row: Row) -> bool {
        self.look(node).is_none_or(|sight| sight.row == Some(row))
    }

    /// The users at home with this node, as whoever answers knows them.
    fn at_home(&mut self, home: Node) -> Vec<String> {
        let directories = Node::BOTH.into_iter().find_map(|node| self.directory(node));
        let all = directories.expect("a daemon runs").into_iter();
        all.filter(|(_, of)| *of == Some(home)).map(|(user, _)| user).collect()
    }

    fn node_named(&self, name: &str) -> Option<Node> {
        Node::BOTH.into_iter().find(|node| self.daemon(*node).name == name)
    }

    /// Whether a node's gate lets these users through: all of them, or none.
    fn serves(&mut self, node: Node, users: &[&str]) -> bool {
        if !self.answers(node) {
            return false;
        }
        let admissions = match self.daemon(node).admissions(users, PATIENCE) {
            Ok(admissions) => admissions,
            Err(_) if self.daemon_mut(node).gone() => return false,
            Err(why) => panic!("the gate of {node} does not answer: {why}"),
        };
        let served = admissions.iter().filter(|admission| admission.serve).count();
        assert!([0, users.len()].contains(&served), "{node} serves {served} of {} users of one home", users.len());
        served > 0
    }
}

impl Backend for Daemons {
    fn start(&mut self, node: Node) {
        if self.daemon_mut(node).gone() {
            self.daemon_mut(node).start();
        }
    }

    fn kill(&mut self, node: Node) {
        self.read_journals();
        self.host_mut(node).paused = None;
        self.daemon_mut(node).kill();
    }

    fn reboot(&mut self, node: Node) {
        self.kill(node);
        self.boot(node);
        self.start(node);
    }

    fn shut_down(&mut self, node: Node) -> bool {
        self.read_journals();
        // What a host does in order, it does to the end: its peer takes over first.
        self.hold_moves(false);
        self.daemon(node).locum(&["stop"]).ok();
        let timeout = ms(self.parameters.keep_alive_timeout_ms);
        let left = self.daemon_mut(node).ended(timeout).success();
        self.hold_moves(true);
        self.boot(node);
        left
    }

    fn lose_disk(&mut self, node: Node) {
        assert!(self.daemon_mut(node).gone(), "the daemon of {node} runs");
        let host = self.host_mut(node);
        host.lost.append(&mut host.journal);
        // What is compiled stays: only time depends on it.
        for file in ["locum.redb", "identity.json"] {
            fs::remove_file(self.daemon(node).state_directory().join(file)).expect("it has been there");
        }
    }

    fn set_paused(&mut self, node: Node, paused: bool) {
        self.read_journals();
        let shown = if paused { self.look(node) } else { None };
        self.daemon(node).set_paused(paused);
        self.host_mut(node).paused = shown;
    }

    fn reconfigure(&mut self, node: Node, change: &Change) {
        let (key, value) = match change {
            Change::KeepAliveTimeout(timeout) => {
                ("keep_alive_timeout", format!("{}ms", (*timeout / SCALE).as_millis()))
            }
            Change::Cluster(cluster) => ("cluster", cluster.clone()),
            Change::Software(_) => panic!("a daemon has the version that it has; the scenario wants a tag @simulated"),
        };
        self.kill(node);
        self.daemon(node).edit(|text| {
            let set = |line: &str| match line.split(' ').next() {
                Some(first) if first == key => format!("{key} = \"{value}\"\n"),
                _ => format!("{line}\n"),
            };
            text.lines().map(set).collect()
        });
        self.start(node);
    }

    fn set_service(&mut self, node: Node, service: Service, sound: bool) {
        let name = SERVICES[service as usize];
        set_there(&raise::of_service(self.daemon(node), name, "sound"), sound);
        if !self.answers(node) {
            return;
        }
        let daemon = self.daemon(node);
        if !sound {
            return daemon.kill_service(name);
        }
        let started = daemon.ask(&format!("POST /v1/services/{name}/start"), &[], "").expect("it answers");
        match started.status {
            200 => await_health(daemon, service, &["up", "unknown"]),
            // It is not to run now.
            409 => {}
            _ => panic!("{started:?}"),
        }
    }

    fn blind_probe(&mut self, node: Node, service: Service) {
        let daemon = self.daemon(node);
        fs::write(raise::of_service(daemon, SERVICES[service as usize], "pid"), "no number")
            .expect("it can be written");
        await_health(daemon, service, &["unknown"]);
    }

    fn set_moves(&mut self, node: Node, moves: UserMoves) {
        self.host_mut(node).moves = moves;
        self.hold_moves(true);
    }

    fn add_users(&mut self, node: Node, count: u32) -> bool {
        let names: String = (0..count).map(|number| format!("new{:04}\n", self.users_added + number)).collect();
        self.users_added += count;
        let daemon = self.daemon(node);
        let file = daemon.file("new.csv", &format!("user\n{names}"));
        let said = daemon.locum(&["users", "import", &file]);
        match said.code {
            0 => true,
            // It is refused, or the peer cannot be reached.
            3 | 4 => false,
            _ => panic!("{said:?}"),
        }
    }

    fn change_directory(&mut self, _node: Node) {
        panic!("daemons change both directories or none; the scenario wants a tag @simulated");
    }

    fn directory(&mut self, node: Node) -> Option<BTreeMap<String, Option<Node>>> {
        if !self.answers(node) {
            return None;
        }
        let answer = self.daemon(node).ask(&format!("GET /v1/users?limit={USERS_MAX}"), &[], "").expect("it answers");
        let users: Vec<UserDocument> = answer.json();
        let home = |user: &UserDocument| user.home.as_deref().and_then(|home| self.node_named(home));
        Some(users.iter().map(|user| (user.user.clone(), home(user))).collect())
    }

    fn policy_faults(&mut self, node: Node) -> usize {
        self.events(node, "policy").count()
    }

    fn served(&mut self, home: Node) -> Served {
        let users = self.at_home(home);
        let users: Vec<&str> = users.iter().map(String::as_str).collect();
        if users.is_empty() {
            assert!(self.alone, "nobody is at home with {home}");
            return Served::Nobody;
        }
        match [home, home.peer()].map(|node| self.serves(node, &users)) {
            [false, false] => Served::Nobody,
            [true, false] => Served::By(home),
            [false, true] => Served::By(home.peer()),
            [true, true] => Served::Twice,
        }
    }

    fn was_served_twice(&mut self) -> bool {
        self.clients.saw_one_served_twice()
    }

    fn set_weather(&mut self, from: Node, link: usize, weather: Weather) {
        self.relays[link].set_weather(self.place(from), found::weather(weather));
        self.host_mut(from).weather[link] = weather;
        // Where nothing else passes, the stream does not either.
        let all_cut = self.hosts.iter().flat_map(|host| host.weather).all(|weather| weather == Weather::Cut);
        if all_cut { self.stream.close() } else { self.stream.open() }
    }

    fn command(&mut self, node: Node, command: Command) -> Option<Answer> {
        self.status(node)?;
        let (own, peer) = (self.daemon(node).name, self.daemon(node.peer()).name);
        let (request, body) = match command {
            Command::Failover => (format!("nodes/{own}/failover"), ""),
            Command::Fallback => (format!("nodes/{own}/fallback"), ""),
            Command::Recover => (format!("nodes/{own}/recover"), ""),
            Command::CancelFallback => (format!("nodes/{own}/cancel-fallback"), ""),
            // It is the peer that is failed over, by force.
            Command::ForceTakeOver => (format!("nodes/{peer}/failover?force=true"), ""),
            Command::HighAvailabilityOn => ("high-availability".into(), r#"{"on": true}"#),
            Command::HighAvailabilityOff => ("high-availability".into(), r#"{"on": false}"#),
            Command::Goodbye => ("stop".into(), r#"{"goodbye": true}"#),
        };
        let answer = self.daemon(node).ask(&format!("POST /v1/{request}"), &[], body).expect("it answers");
        if command == Command::Goodbye {
            // It is answered before it has begun.
            let leaves = |status: Status| status.timers.iter().any(|timer| timer.what == TimerKind::Goodbye.name());
            while self.status(node).is_some_and(|status| !leaves(status)) {
                thread::sleep(LOOK_INTERVAL);
            }
        }
        Some(found::answer(command, &answer))
    }

    fn wait(&mut self, duration: Duration) {
        thread::sleep(duration / SCALE);
    }

    fn wait_unheard(&mut self, node: Node, duration: Duration) {
        let wanted = duration / SCALE;
        let deadline = Instant::now() + wanted + MARGIN;
        loop {
            let unheard = rest::unheard(&self.status(node).expect("it runs"));
            if unheard >= wanted {
                return;
            }
            assert!(Instant::now() < deadline, "{node} goes on hearing its peer");
            thread::sleep(LOOK_INTERVAL.min(wanted - unheard));
        }
    }

    fn rest(&mut self) -> bool {
        // Until both nodes have heard of each other whatever they can, no user move ends: it takes longer than that.
        let rests = self.stands(true) && {
            self.hold_moves(false);
            self.stands(false)
        };
        self.hold_moves(true);
        rests
    }

    fn pass(&mut self, there: Passing) -> bool {
        let deadline = Instant::now() + self.longest();
        while Instant::now() < deadline {
            if self.all_see(there) {
                return true;
            }
            thread::sleep(LOOK_INTERVAL);
        }
        self.is_at(there)
    }

    fn look(&mut self, node: Node) -> Option<Sight> {
        if let Some(sight) = &self.hosts[self.place(node)].paused {
            return Some(sight.clone());
        }
        self.status(node).map(|status| found::sight(node, &status))
    }

    fn entered(&mut self, node: Node) -> Vec<(State, Reason)> {
        self.transitions(node).map(found::entered).collect()
    }

    fn rows_applied(&mut self) -> BTreeSet<String> {
        let rows =
            |node| self.transitions(node).filter_map(|event| event.fields["row"].as_str()).map(str::to_owned).collect();
        Node::BOTH.into_iter().flat_map::<Vec<_>, _>(rows).collect()
    }
}

impl fmt::Debug for Daemons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Daemons").field("order", &self.order).field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

/// Waits until a daemon sees a service so.
fn await_health(daemon: &locum_testbed::Node, service: Service, wanted: &[&str]) {
    until(&format!("the {service} of {} is {}", daemon.name, wanted[0]), START_TIMEOUT / SCALE, || {
        let seen = daemon.look()?.nodes.swap_remove(0).services.swap_remove(service as usize);
        if wanted.contains(&&*seen.health) { Ok(()) } else { Err(format!("{seen:?}")) }
    });
}

/// Makes an empty file, or removes it.
fn set_there(file: &std::path::Path, there: bool) {
    let done = match there {
        true => fs::write(file, ""),
        false if !file.exists() => Ok(()),
        false => fs::remove_file(file),
    };
    done.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
