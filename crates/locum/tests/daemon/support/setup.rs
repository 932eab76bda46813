//! Where a pair lives, and its configuration files.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddrV4, TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process::{self, Command},
    sync::atomic::{AtomicU8, Ordering::Relaxed},
};

use super::{INITIALIZATION_TIMEOUT, KEEP_ALIVE_TIMEOUT, Node, Pair, SERVICE_DELAY};

pub(crate) const GROUP: &str = "g1";
const LOCUM: &str = env!("CARGO_BIN_EXE_locum");

/// The program, deaf to what a person's environment tells it.
pub(crate) fn program() -> Command {
    let mut command = Command::new(LOCUM);
    for variable in ["CONFIG", "SOCKET", "URL", "TOKEN_FILE", "CA", "CERTIFICATE", "KEY", "SERVER_NAME", "LOG"] {
        command.env_remove(format!("LOCUM_{variable}"));
    }
    command
}

/// A folder, addresses and ports that no other test has.
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    network: [u8; 2],
    pub(crate) service_port: u16,
    pub(crate) admin_port: u16,
}

impl World {
    pub(crate) fn new() -> World {
        static NETWORKS: AtomicU8 = AtomicU8::new(1);
        let network = [64 + (process::id() % 128) as u8, NETWORKS.fetch_add(1, Relaxed)];
        let mut world = World { folder: tempfile::tempdir().unwrap(), network, service_port: 0, admin_port: 0 };
        world.service_port = world.free_port();
        world.admin_port = world.free_port();
        world
    }

    /// The address of node 1 or 2, or one of the others in the same network.
    pub(crate) fn address(&self, host: u8) -> Ipv4Addr {
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

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// What a pair's configuration has beyond the least. In these texts `{node}` and `{peer}` stand for the names, `{address}`
/// and `{peer_address}` for the addresses, `{port}` for the service port, and `{folder}` for the pair's folder.
#[derive(Clone)]
pub(crate) struct Setup {
    /// Lines of `[group]`.
    pub(crate) group: String,
    /// Lines of `[peer]`: the way to it.
    pub(crate) peer: String,
    /// Lines of `[users]`.
    pub(crate) users: String,
    /// Whole tables.
    pub(crate) tables: String,
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
        let peer = "links = [\"{peer_address}\"]\n".to_owned();
        Setup { group, peer, users: String::new(), tables: SERVICE.to_owned() }
    }
}

impl Setup {
    /// Sets a key of `[group]`, in TOML.
    pub(crate) fn group(mut self, key: &str, value: &str) -> Setup {
        let rest: Vec<_> = self.group.lines().filter(|line| !line.starts_with(&format!("{key} "))).collect();
        self.group = format!("{}\n{key} = {value}\n", rest.join("\n"));
        self
    }

    /// Adds tables.
    pub(crate) fn tables(mut self, tables: &str) -> Setup {
        self.tables += tables;
        self
    }

    /// A pair whose keys and files are there, and whose daemons do not run.
    pub(crate) fn build(&self, world: World) -> Pair {
        components();
        for arguments in [&["init"][..], &["issue", "a"], &["issue", "b"]] {
            let mut command = program();
            command.arg("pki").args(arguments).args(["--group", GROUP, "--dir"]).arg(world.path("pki"));
            let output = command.output().unwrap();
            assert!(output.status.success(), "locum pki {arguments:?}: {output:?}");
        }
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
    pub(crate) fn start(&self) -> Pair {
        self.start_in(World::new())
    }

    /// As [`Setup::start`], where the addresses had to be known before.
    pub(crate) fn start_in(&self, world: World) -> Pair {
        let mut pair = self.build(world);
        pair.a.start();
        pair.b.start();
        pair.settle(super::NORMAL, super::NORMAL);
        pair
    }

    fn text(&self, world: &World) -> String {
        let (service_port, admin_port) = (world.service_port, world.admin_port);
        let Setup { group, peer, users, tables } = self;
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
listen = ["{{address}}"]
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

/// The components are built apart from this package, and found beside the program.
fn components() {
    let folder = std::env::var_os("LOCUM_COMPONENTS")
        .map_or_else(|| Path::new(LOCUM).ancestors().nth(2).unwrap().join("components"), PathBuf::from);
    let built = folder.join("locum-core-component.wasm").is_file();
    assert!(built, "no components in {}: run `cargo xtask components` first", folder.display());
}
