//! Where a pair lives, and its configuration files.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddrV4, TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU8, Ordering::Relaxed},
};

use crate::{INITIALIZATION_TIMEOUT, KEEP_ALIVE_TIMEOUT, Node, Pair, SERVICE_DELAY, mold};

/// The group of every pair.
pub const GROUP: &str = "g1";

/// A folder, addresses and ports that no other test has.
pub struct World {
    /// The folder.
    pub folder: tempfile::TempDir,
    network: [u8; 2],
    /// The port of the peer link, free at the addresses 1 and 2.
    pub service_port: u16,
    /// The port of the admin API, free there too.
    pub admin_port: u16,
}

impl World {
    /// A world on disk.
    #[expect(clippy::new_without_default, reason = "no two are the same")]
    pub fn new() -> World {
        World::within(tempfile::tempdir().unwrap())
    }

    /// A world in memory, where there is a file system for that: what is flushed to disk costs no time.
    pub fn in_memory() -> World {
        let memory = Path::new("/dev/shm");
        World::within(if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap())
    }

    fn within(folder: tempfile::TempDir) -> World {
        static NETWORKS: AtomicU8 = AtomicU8::new(1);
        let network = [64 + (process::id() % 128) as u8, NETWORKS.fetch_add(1, Relaxed)];
        let mut world = World { folder, network, service_port: 0, admin_port: 0 };
        world.service_port = world.free_port();
        world.admin_port = world.free_port();
        world
    }

    /// The address of node 1 or 2, or one of the others in the same network.
    pub fn address(&self, host: u8) -> Ipv4Addr {
        Ipv4Addr::new(127, self.network[0], self.network[1], host)
    }

    /// A port that is free at the addresses of both nodes, for UDP and TCP.
    fn free_port(&self) -> u16 {
        let free = |host: u8, port: u16| {
            let address = SocketAddrV4::new(self.address(host), port);
            let tcp = TcpListener::bind(address).ok()?;
            let port = tcp.local_addr().ok()?.port();
            UdpSocket::bind(SocketAddrV4::new(self.address(host), port)).ok().map(|_| port)
        };
        let port =
            (0..100).find_map(|_| free(1, 0).filter(|port| *port != self.service_port && free(2, *port).is_some()));
        port.expect("a port that is free at both addresses")
    }

    /// A file in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// What a pair's configuration has beyond the least. In these texts `{node}` and `{peer}` stand for the names, `{address}`
/// and `{peer_address}` for the addresses, `{port}` for the service port, and `{folder}` for the pair's folder.
#[derive(Clone)]
pub struct Setup {
    /// Lines of `[group]`.
    pub group: String,
    /// Lines of `[node]`: where it listens.
    pub node: String,
    /// Lines of `[peer]`: the way to it.
    pub peer: String,
    /// Lines of `[users]`.
    pub users: String,
    /// Whole tables.
    pub tables: String,
}

/// One critical service, that does not start again by itself. It marks its processes.
const SERVICE: &str = r#"
[[service]]
name = "web"
start = ["sleep", "100000"]
restart = "never"
start_timeout = "1s"
stop_timeout = "1s"
environment = { LOCUM_TEST = "{folder}/{node}" }
"#;

impl Default for Setup {
    fn default() -> Setup {
        let ms = |key: &str, duration: std::time::Duration| format!("{key} = \"{}ms\"\n", duration.as_millis());
        let group = ms("keep_alive_timeout", KEEP_ALIVE_TIMEOUT)
            + &ms("initialization_keep_alive_timeout", INITIALIZATION_TIMEOUT)
            + &ms("critical_service_delay", SERVICE_DELAY);
        let node = "listen = [\"{address}\"]\n".to_owned();
        let peer = "links = [\"{peer_address}\"]\n".to_owned();
        Setup { group, node, peer, users: String::new(), tables: SERVICE.to_owned() }
    }
}

impl Setup {
    /// Sets a key of `[group]`, in TOML.
    pub fn group(mut self, key: &str, value: &str) -> Setup {
        let rest: Vec<_> = self.group.lines().filter(|line| !line.starts_with(&format!("{key} "))).collect();
        self.group = format!("{}\n{key} = {value}\n", rest.join("\n"));
        self
    }

    /// Adds tables.
    pub fn tables(mut self, tables: &str) -> Setup {
        self.tables += tables;
        self
    }

    /// As the default, with a probe.
    pub(crate) fn with_a_probe() -> Setup {
        let probe =
            r#"probe = { plugin = "probe-process", grants = ["process:sleep"], settings = { name = "sleep" } }"#;
        Setup::default().tables(probe)
    }

    /// A pair whose keys and files are there, and whose daemons do not run.
    pub fn build(&self, world: World) -> Pair {
        mold::write_keys(&world.path("pki"));
        let node = |name, host, peer, peer_host| {
            let (address, peer_address) = (world.address(host), world.address(peer_host));
            let text = self
                .text(&world)
                .replace("{node}", name)
                .replace("{peer}", peer)
                .replace("{address}", &address.to_string())
                .replace("{peer_address}", &peer_address.to_string())
                .replace("{port}", &world.service_port.to_string())
                .replace("{folder}", &world.folder.path().display().to_string());
            let node = Node::new(name, address, world.admin_port, world.folder.path());
            fs::write(node.config_file(), text).unwrap();
            node
        };
        let (a, b) = (node("a", 1, "b", 2), node("b", 2, "a", 1));
        Pair { a, b, world }
    }

    /// A pair of daemons, Normal and Normal.
    pub fn start(&self) -> Pair {
        self.start_in(World::new())
    }

    /// As [`Setup::start`], where the addresses had to be known before.
    pub fn start_in(&self, world: World) -> Pair {
        let mut pair = self.build(world);
        pair.warm();
        pair.a.start();
        pair.b.start();
        pair.settle(crate::NORMAL, crate::NORMAL);
        pair
    }

    fn text(&self, world: &World) -> String {
        let (service_port, admin_port) = (world.service_port, world.admin_port);
        let Setup { group, node, peer, users, tables } = self;
        format!(
            r#"profile = "fast"
[group]
name = "{GROUP}"
service_port = {service_port}
admin_rpc_port = {admin_port}
{group}
[node]
name = "{{node}}"
state_directory = "state-{{node}}"
{node}
[peer]
name = "{{peer}}"
{peer}
[security]
ca = "pki/ca.pem"
certificate = "pki/{{node}}.pem"
key = "pki/{{node}}.key"
group_key = "pki/group.key"
[admin]
listen = "{{address}}"
[users]
{users}
{tables}"#
        )
    }
}
