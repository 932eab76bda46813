//! Two nodes on loopback addresses: relays carry everything between them.

use std::net::{SocketAddr, TcpListener, UdpSocket};

use anyhow::{Context, Result};

use super::{Ways, address};
use crate::{
    chaos::{
        conditions::Conditions,
        plan::{Rough, Settings},
        relay::{Relay, Streams, Way},
    },
    pair::node::Node,
};

/// Below the ports that the kernel gives to those who do not ask for one.
const PORTS: std::ops::Range<u16> = 20_100..32_700;

/// Addresses and ports that are ours, and the relays on them.
pub(in crate::chaos) struct Loopback {
    /// Differs from process to process.
    network: [u8; 2],
    /// Of the link, the admin API, the service, the witness.
    ports: [u16; 4],
    /// One a link, and where each node finds it.
    relays: Vec<(Relay, [String; 2])>,
    /// That of `a` to `b`, and that of `b` to `a`; and where.
    streams: [(Streams, String); 2],
}

impl Loopback {
    pub(super) fn build(settings: Settings, seed: u64) -> Result<Loopback> {
        let pid = std::process::id();
        let network = [64 + (pid % 128) as u8, (pid / 128 % 256) as u8];
        let at = |host: u8, port: u16| SocketAddr::from(([127, network[0], network[1], host], port));
        let is_free = |port: &u16| {
            let hosts = [at(1, *port), at(2, *port)];
            hosts.iter().all(|host| TcpListener::bind(host).is_ok() && UdpSocket::bind(host).is_ok())
        };
        let mut free = PORTS.filter(is_free);
        let mut port = || free.next().context("there are no free ports on loopback");
        let ports = [port()?, port()?, port()?, port()?];
        let nodes = [at(1, ports[0]), at(2, ports[0])];
        let links = if settings.relayed { 2 } else { 1 };
        let relay = |link: u8| {
            let near = [UdpSocket::bind(at(3 + 2 * link, 0))?, UdpSocket::bind(at(4 + 2 * link, 0))?];
            let addresses = [address(&near[0])?, address(&near[1])?];
            Ok((Relay::start(near, nodes, seed + u64::from(link))?, addresses))
        };
        let relays = (0..links).map(relay).collect::<Result<_>>()?;
        let stream = |host: u8, to: SocketAddr| {
            let listener = TcpListener::bind(at(host, 0))?;
            let address = listener.local_addr()?.to_string();
            Ok::<_, anyhow::Error>((Streams::start(listener, to)?, address))
        };
        let streams = [stream(7, nodes[1])?, stream(8, nodes[0])?];
        Ok(Loopback { network, ports, relays, streams })
    }

    pub(super) fn set(&self, now: &Conditions) {
        for (link, (relay, _)) in self.relays.iter().enumerate() {
            let rough = match link {
                0 => Rough { lost_percent: now.lost_percent, ..Rough::default() },
                _ => Rough { lost_percent: (now.lost_percent + now.weather.lost_percent).min(100), ..now.weather },
            };
            let first_cut = link == 0 && now.first_link_cut;
            relay.set(now.cut_from.map(|cut| Way { cut: cut || first_cut, rough }));
        }
        let [from_a, from_b] = now.cut_from;
        self.streams[0].0.set([from_a, from_b]);
        self.streams[1].0.set([from_b, from_a]);
    }

    pub(super) fn ways(&self, node: Node) -> Ways {
        let [link, admin, web, witness] = self.ports;
        let own = [127, self.network[0], self.network[1], node.index() as u8 + 1];
        let at = |port: u16| SocketAddr::from((own, port));
        Ways {
            listen: vec![at(link).ip().to_string()],
            links: self.relays.iter().map(|(_, addresses)| addresses[node.index()].clone()).collect(),
            stream: Some(self.streams[node.index()].1.clone()),
            service: at(web),
            service_port: link,
            admin: at(admin).to_string(),
            witness: at(witness),
        }
    }
}
