//! How a pair of daemons comes to be.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use features::words::Node;
use locum_core::Parameters;
use locum_sim::UserMoves;
use locum_testbed::{NORMAL, Relay, Setup, StreamGate, World, policy, until, until_true};

use super::super::{FAILING_POLICY, LINKS, Plan, START_TIMEOUT, Weather};
use super::{Clients, Daemons, Host, SCALE, SERVICES, set_there};
use crate::stage::Order;

/// A service. It does not start where it is not sound.
const SERVICE: &str = r#"
[[service]]
name = "{service}"
database = {database}
start = ["/bin/sh", "{folder}/service.sh", "{folder}/{node}-{service}"]
restart = "never"
start_timeout = "{start_timeout}"
stop_timeout = "5s"
environment = { LOCUM_TEST = "{folder}/{node}" }
[service.probe]
plugin = "probe-process"
interval = "100ms"
timeout = "5s"
grants = ["process:{folder}/{node}-{service}.pid"]
settings = { pid-file = "{folder}/{node}-{service}.pid" }
"#;
/// Its pid file is there at once, and whole.
const SCRIPT: &str = r#"
test -e "$1.sound" || exit 1
echo $$ > "$1.new" && mv "$1.new" "$1.pid"
exec sleep 100000
"#;
/// The folder of a node's drill.
pub(super) fn drill(daemon: &locum_testbed::Node) -> PathBuf {
    daemon.config_file().with_extension("drill")
}

/// A file of a service of a node.
pub(super) fn of_service(daemon: &locum_testbed::Node, service: &str, what: &str) -> PathBuf {
    daemon.config_file().with_file_name(format!("{}-{service}.{what}", daemon.name))
}

impl Daemons {
    /// A group whose nodes are Normal and have the same users.
    pub(crate) fn raise(plan: &Plan, order: Order) -> Self {
        let world = World::in_memory();
        fs::write(world.path("service.sh"), SCRIPT).expect("the world is writable");
        if plan.policy_fails {
            fs::write(world.path("policy.wasm"), policy(0, FAILING_POLICY)).expect("the world is writable");
        }
        let parameters = scaled(&plan.parameters);
        let mut pair = setup(&parameters, plan.policy_fails).build(world);
        pair.warm();
        // Each link has addresses of its own.
        let ends = [[1, 2], [11, 12]]
            .map(|hosts| hosts.map(|host| SocketAddr::from((pair.world.address(host), pair.world.service_port))));
        let relays = ends.map(|ends| Relay::between(ends, &pair.world));
        let stream = StreamGate::start(&pair.world);
        let list = |addresses: [SocketAddr; LINKS]| addresses.map(|address| format!("\"{address}\"")).join(", ");
        for (place, daemon) in [&mut pair.a, &mut pair.b].into_iter().enumerate() {
            let listen = list(ends.map(|ends| ends[place]));
            let links = list([&relays[0], &relays[1]].map(|relay| relay.addresses[place]));
            let stream = if place == 0 { stream.address } else { ends[0][0] };
            daemon.edit(|text| {
                text.replace("{listen}", &listen).replace("{links}", &links).replace("{stream}", &stream.to_string())
            });
            let folder = drill(daemon);
            fs::create_dir(&folder).expect("the world is writable");
            daemon.arguments = vec!["--drill".into(), folder.display().to_string()];
            SERVICES.iter().for_each(|service| set_there(&of_service(daemon, service, "sound"), true));
        }
        let host = || Host {
            boots: 1,
            moves: UserMoves::Succeed,
            weather: [Weather::Fair; LINKS],
            paused: None,
            lost: Vec::new(),
            journal: Vec::new(),
        };
        let clients = Clients::start([pair.a.socket(), pair.b.socket()], &[user(0), user(1)]);
        let hosts = [host(), host()];
        let mut group =
            Self { clients, pair, relays, stream, order, parameters, hosts, alone: plan.alone, users_added: 0 };
        group.hold_moves(true);
        if plan.alone {
            group.begin_alone();
        } else {
            group.pair.a.launch();
            group.pair.b.start();
            group.pair.settle(NORMAL, NORMAL);
        }
        if plan.users > 0 {
            group.import(plan.users, if plan.alone { &[Node::One] } else { &Node::BOTH });
        }
        group
    }

    /// Node 1 is the only one of its group.
    fn begin_alone(&mut self) {
        let daemon = self.daemon_mut(Node::One);
        daemon.edit(|text| {
            let (before, after) = text.split_once("[peer]").expect("there is a peer");
            let (_, after) = after.split_once("[security]").expect("there are keys");
            format!("{before}[security]{after}")
        });
        daemon.start();
        // Without a peer there is no high availability.
        until_true("the only node serves", START_TIMEOUT / SCALE, || daemon.state() == "Unknown (Unknown)");
    }

    /// Users, at home with each of these nodes in turn. All nodes have them, and know it.
    fn import(&mut self, count: u32, homes: &[Node]) {
        let daemon = self.daemon(Node::One);
        let line = |(number, home)| format!("{},{}\n", user(number), self.daemon(home).name);
        let homes = homes.iter().copied().cycle();
        let csv = format!("user,home\n{}", (0..count).zip(homes).map(line).collect::<String>());
        // The nodes may have no stream between them yet.
        until("the users are there", Duration::ZERO, || {
            let answer = daemon.ask("POST /v1/users/import", &[], &csv)?;
            if answer.status == 200 { Ok(()) } else { Err(answer.body) }
        });
        until_true("both nodes know that they have the same users", Duration::ZERO, || {
            let both = self.pair.both();
            let running = both.iter().filter_map(|node| node.look().ok());
            running.into_iter().all(|status| status.users.directories_agree && status.users.total == u64::from(count))
        });
    }

    /// The host of a node whose daemon does not run has booted.
    pub(super) fn boot(&mut self, node: Node) {
        let host = self.host_mut(node);
        host.boots += 1;
        let (before, now) = (boot(host.boots - 1), boot(host.boots));
        self.daemon(node).edit(|text| text.replace(&before, &now));
    }
}

fn setup(parameters: &Parameters, policy_fails: bool) -> Setup {
    let time = |key: &str, ms: u64| format!("{key} = \"{ms}ms\"\n");
    let group = [
        time("keep_alive_interval", parameters.keep_alive_interval_ms),
        time("keep_alive_timeout", parameters.keep_alive_timeout_ms),
        time("initialization_keep_alive_timeout", parameters.initialization_keep_alive_timeout_ms),
        time("critical_service_delay", parameters.critical_service_delay_ms),
        time("automatic_fallback_delay", parameters.automatic_fallback_delay_ms),
        format!("automatic_fallback = {}\n", parameters.automatic_fallback),
        format!("fast_peer_loss = {}\n", parameters.fast_peer_loss),
        format!("cluster = \"{}\"\n", parameters.cluster),
    ];
    let service = |(place, name): (usize, &&str)| {
        SERVICE
            .replace("{service}", name)
            .replace("{database}", if place == 0 { "false" } else { "true" })
            .replace("{start_timeout}", &format!("{}ms", (START_TIMEOUT / SCALE).as_millis()))
    };
    Setup {
        group: group.concat(),
        node: format!("listen = [{{listen}}]\nboot_id = \"{{node}}{}", boot(1)),
        peer: "links = [{links}]\nstream = \"{stream}\"\n".into(),
        users: if policy_fails { "policy = \"./policy.wasm\"".into() } else { String::new() },
        tables: SERVICES.iter().enumerate().map(service).collect(),
    }
}

/// The end of the line that stands in for the kernel's word.
fn boot(number: u32) -> String {
    format!("-boot-{number}\"\n")
}

fn user(number: u32) -> String {
    format!("user{number:04}")
}

/// The parameters of a scenario in real time.
fn scaled(parameters: &Parameters) -> Parameters {
    let scaled = |ms: u64| ms / u64::from(SCALE);
    Parameters {
        keep_alive_interval_ms: scaled(parameters.keep_alive_interval_ms),
        keep_alive_timeout_ms: scaled(parameters.keep_alive_timeout_ms),
        initialization_keep_alive_timeout_ms: scaled(parameters.initialization_keep_alive_timeout_ms),
        critical_service_delay_ms: scaled(parameters.critical_service_delay_ms),
        automatic_fallback_delay_ms: scaled(parameters.automatic_fallback_delay_ms),
        ..parameters.clone()
    }
}
