//! The network between the nodes: three namespaces where this machine allows it, loopback addresses elsewhere.

mod loopback;
mod namespaces;

use std::net::{SocketAddr, UdpSocket};

use anyhow::Result;

use self::{loopback::Loopback, namespaces::Namespaces};
use super::{conditions::Conditions, plan::Settings};
use crate::pair::node::Node;

/// Where a node finds what, and is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ways {
    /// Where it listens, one for each link.
    pub(super) listen: Vec<String>,
    /// Where its peer is, one for each link.
    pub(super) links: Vec<String>,
    /// Where its peer's stream is, if it is not where the first link is.
    pub(super) stream: Option<String>,
    /// Where its service listens: clients reach that whatever is cut between the nodes.
    pub(super) service: SocketAddr,
    pub(super) service_port: u16,
    /// Where its admin API listens on TCP.
    pub(super) admin: String,
    /// Where it finds the witness.
    pub(super) witness: SocketAddr,
}

/// The network. Dropping it takes down what it made.
pub(super) enum Network {
    Namespaces(Namespaces),
    Loopback(Loopback),
}

impl Network {
    /// Namespaces if they can be had; else loopback, and why.
    pub(super) fn build(settings: Settings, seed: u64, loopback: bool) -> Result<(Network, Option<String>)> {
        let refused = match loopback {
            true => "as asked".to_owned(),
            false => match Namespaces::build(settings, seed) {
                Ok(built) => return Ok((Network::Namespaces(built), None)),
                Err(error) => format!("there are no network namespaces here: {error:#}"),
            },
        };
        Ok((Network::Loopback(Loopback::build(settings, seed)?), Some(refused)))
    }

    /// Makes the network like this from now on.
    ///
    /// # Errors
    /// The kernel refuses the rules.
    pub(super) fn set(&self, conditions: &Conditions) -> Result<()> {
        match self {
            Network::Namespaces(network) => network.set(conditions),
            Network::Loopback(network) => {
                network.set(conditions);
                Ok(())
            }
        }
    }

    pub(super) fn ways(&self, node: Node) -> Ways {
        match self {
            Network::Namespaces(network) => network.ways(node),
            Network::Loopback(network) => network.ways(node),
        }
    }

    /// What runs a program where this node lives.
    pub(super) fn within(&self, node: Node) -> Vec<String> {
        match self {
            Network::Namespaces(network) => network.within(node),
            Network::Loopback(_) => Vec::new(),
        }
    }

    /// What runs a program where the witness lives.
    pub(super) fn within_middle(&self) -> Vec<String> {
        match self {
            Network::Namespaces(network) => network.within_middle(),
            Network::Loopback(_) => Vec::new(),
        }
    }

    /// Moves this thread to where the clients of the services live.
    pub(super) fn enter_middle(&self) -> impl Fn() -> Result<()> + Clone + Send + 'static {
        let namespace = match self {
            Network::Namespaces(network) => Some(network.middle().to_owned()),
            Network::Loopback(_) => None,
        };
        move || namespace.as_deref().map_or(Ok(()), namespaces::enter)
    }
}

/// The address that a socket has got.
fn address(socket: &UdpSocket) -> Result<String> {
    Ok(socket.local_addr()?.to_string())
}
