//! The configurations of both nodes.

use std::{
    net::{TcpListener, UdpSocket},
    ops::Range,
    path::Path,
};

use anyhow::{Context, Result};

use crate::pair::{node::Node, quoted};

/// Below the ports that the kernel gives to those who do not ask for one, so that nobody is given these in between.
const PORTS: Range<u16> = 20_100..32_700;

/// The group's name.
pub(super) const GROUP: &str = "demo";
/// The service that the demo stops and breaks.
pub(super) const WEB: &str = "web";
/// How long a service may take to start, in milliseconds.
pub(super) const START_TIMEOUT_MS: u64 = 2_000;

/// Ports that are free on both nodes' addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ports {
    link: u16,
    admin: u16,
    database: u16,
    web: u16,
}

impl Ports {
    /// Free ports, looked for from a place that differs from run to run.
    pub(super) fn find() -> Result<Ports> {
        let start = PORTS.start + (std::process::id() % u32::from(PORTS.end - PORTS.start)) as u16;
        let mut free = (start..PORTS.end).chain(PORTS.start..start).filter(|port| is_free(*port));
        let mut next = || free.next().context("there are no free ports on 127.0.0.1 and 127.0.0.2");
        Ok(Ports { link: next()?, admin: next()?, database: next()?, web: next()? })
    }
}

fn is_free(port: u16) -> bool {
    Node::BOTH.into_iter().all(|node| {
        let address = (node.address(), port);
        TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok()
    })
}

/// What a configuration is made from.
#[derive(Clone, Copy)]
pub(super) struct Config<'a> {
    pub(super) ports: Ports,
    /// The folder of the components.
    pub(super) plugins: &'a Path,
    /// The program that has the subcommand `guarded-service`.
    pub(super) services: &'a Path,
    /// Whether the kernel's word that the peer's daemon is dead is enough.
    pub(super) fast_peer_loss: bool,
}

impl Config<'_> {
    /// The file of a node. Paths in it are relative to its folder, except those outside of it.
    pub(super) fn text(&self, node: Node, breakage: &Path) -> Result<String> {
        let Config { ports: Ports { link, admin, database, web }, fast_peer_loss, .. } = self;
        let (peer, address) = (node.peer(), node.address());
        let (plugins, program, breakage) = (quoted(self.plugins)?, quoted(self.services)?, quoted(breakage)?);
        Ok(format!(
            r#"profile = "fast"

[group]
name = "{GROUP}"
service_port = {link}
admin_rpc_port = {admin}
fast_peer_loss = {fast_peer_loss}

[node]
name = "{node}"
state_directory = "{node}"
listen = ["{address}"]
boot_id = "host-of-{node}" # two hosts on one

[peer]
name = "{peer}"
links = ["{peer_address}"]

[security]
ca = "pki/ca.pem"
certificate = "pki/{node}.pem"
key = "pki/{node}.key"
group_key = "pki/group.key"

[admin]
listen = "{address}"
socket = "{node}.sock"

[plugins]
directory = {plugins}

[[service]]
name = "database"
database = true
start = [{program}, "guarded-service", "--listen", "{address}:{database}"]
start_timeout = "{START_TIMEOUT_MS}ms"
probe.plugin = "probe-tcp"
probe.grants = ["tcp:{address}:{database}"]
probe.settings.address = "{address}:{database}"

[[service]]
name = "{WEB}"
start = [{program}, "guarded-service", "--listen", "{address}:{web}", "--fail-if", {breakage}]
start_timeout = "{START_TIMEOUT_MS}ms"
probe.plugin = "probe-http"
probe.grants = ["http:{address}:{web}"]
probe.settings.url = "http://{address}:{web}/"
"#,
            peer_address = peer.address(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_node_has_its_own_names_and_both_the_same_ports() {
        let ports = Ports { link: 1, admin: 2, database: 3, web: 4 };
        let (plugins, services) = (Path::new("/c"), Path::new("/x y"));
        let text = |node| {
            let config = Config { ports, plugins, services, fast_peer_loss: false };
            config.text(node, Path::new("/broken")).unwrap()
        };
        let (a, b) = (text(Node::A), text(Node::B));
        for line in ["service_port = 1\n", "fast_peer_loss = false\n", "name = \"demo\"\n", "directory = '/c'\n"] {
            assert!(a.contains(line) && b.contains(line), "{line}: {a}");
        }
        assert!(a.contains("listen = [\"127.0.0.1\"]") && a.contains("links = [\"127.0.0.2\"]"), "{a}");
        assert!(
            b.contains(
                "start = ['/x y', \"guarded-service\", \"--listen\", \"127.0.0.2:4\", \"--fail-if\", '/broken']"
            ),
            "{b}"
        );
    }

    #[test]
    fn ports_are_free_and_differ() {
        let Ports { link, admin, database, web } = Ports::find().unwrap();
        let mut ports = vec![link, admin, database, web];
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 4);
        assert!(ports.iter().all(|port| PORTS.contains(port)));
    }
}
