//! Two nodes in a namespace each, joined by a cable; and a third namespace that both reach by a cable of its own, for
//! the relay, the witness and the clients of the services.

use std::{
    fs::File,
    io::Write as _,
    net::{SocketAddr, UdpSocket},
    process::{Command, Stdio},
    thread,
};

use anyhow::{Context, Result, anyhow, ensure};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::{Ways, address};
use crate::{
    chaos::{
        conditions::Conditions,
        plan::Settings,
        relay::{Relay, Way},
    },
    pair::node::Node,
};

const SERVICE_PORT: u16 = 22_001;
const ADMIN_PORT: u16 = 20_075;
const WEB_PORT: u16 = 8_080;
pub(super) const WITNESS_PORT: u16 = 2_379;

/// Namespaces of this process, and what runs in them.
pub(in crate::chaos) struct Namespaces {
    /// Those of the nodes, and the one in the middle. Dropping them removes them, with all cables and rules.
    spaces: [Space; 3],
    relay: Option<(Relay, [String; 2])>,
}

/// A namespace of ours.
struct Space(String);

impl Space {
    fn add(name: &str) -> Result<Space> {
        let space = Space(format!("locum-{}-{name}", std::process::id()));
        run("ip", &["netns", "add", &space.0], "")?;
        run("ip", &["-n", &space.0, "link", "set", "lo", "up"], "")?;
        Ok(space)
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        // It may not have been made at all.
        let _ = run("ip", &["netns", "del", &self.0], "");
    }
}

impl Namespaces {
    pub(super) fn build(settings: Settings, seed: u64) -> Result<Namespaces> {
        let spaces = [Space::add("a")?, Space::add("b")?, Space::add("middle")?];
        let [a, b, middle] = [0, 1, 2].map(|place: usize| spaces[place].0.as_str());
        cable([a, "peer", "10.77.0.1"], [b, "peer", "10.77.0.2"])?;
        cable([a, "middle", "10.77.1.1"], [middle, "to-a", "10.77.1.2"])?;
        cable([b, "middle", "10.77.2.1"], [middle, "to-b", "10.77.2.2"])?;
        for node in Node::BOTH {
            nft(&spaces[node.index()].0, &rules(node, &Conditions::default()))?;
        }
        let relay = if settings.relayed { Some(relay(middle, seed)?) } else { None };
        Ok(Namespaces { spaces, relay })
    }

    pub(super) fn set(&self, conditions: &Conditions) -> Result<()> {
        if let Some((relay, _)) = &self.relay {
            relay.set([Way { cut: false, rough: conditions.weather }; 2]);
        }
        Node::BOTH.into_iter().try_for_each(|node| nft(&self.spaces[node.index()].0, &rules(node, conditions)))
    }

    pub(super) fn ways(&self, node: Node) -> Ways {
        let [own, peer] = [node, node.peer()].map(|node| node.index() + 1);
        let (mut listen, mut links) = (vec![format!("10.77.0.{own}")], vec![format!("10.77.0.{peer}")]);
        if let Some((_, addresses)) = &self.relay {
            listen.push(format!("10.77.{own}.1"));
            links.push(addresses[node.index()].clone());
        }
        Ways {
            listen,
            links,
            stream: None,
            service: SocketAddr::from(([10, 77, own as u8, 1], WEB_PORT)),
            service_port: SERVICE_PORT,
            admin: format!("127.0.0.1:{ADMIN_PORT}"),
            witness: SocketAddr::from(([10, 77, own as u8, 2], WITNESS_PORT)),
        }
    }

    pub(super) fn within(&self, node: Node) -> Vec<String> {
        within(&self.spaces[node.index()].0)
    }

    pub(super) fn within_middle(&self) -> Vec<String> {
        within(self.middle())
    }

    pub(super) fn middle(&self) -> &str {
        &self.spaces[2].0
    }
}

fn within(namespace: &str) -> Vec<String> {
    ["ip", "netns", "exec", namespace].map(str::to_owned).to_vec()
}

/// Moves this thread into a namespace, for good.
pub(super) fn enter(namespace: &str) -> Result<()> {
    let file = File::open(format!("/run/netns/{namespace}")).with_context(|| namespace.to_owned())?;
    move_into_link_name_space(std::os::fd::AsFd::as_fd(&file), Some(LinkNameSpaceType::Network))?;
    Ok(())
}

/// A relay in the middle, and where each node finds it. A socket stays in the namespace in which it was made.
fn relay(middle: &str, seed: u64) -> Result<(Relay, [String; 2])> {
    let sockets = thread::scope(|scope| {
        let bind = || {
            enter(middle)?;
            Ok::<_, anyhow::Error>([UdpSocket::bind("10.77.1.2:0")?, UdpSocket::bind("10.77.2.2:0")?])
        };
        scope.spawn(bind).join().map_err(|_| anyhow!("a thread in the namespace {middle} failed"))?
    })?;
    let addresses = [address(&sockets[0])?, address(&sockets[1])?];
    let nodes = [1, 2].map(|node| SocketAddr::from(([10, 77, node, 1], SERVICE_PORT)));
    Ok((Relay::start(sockets, nodes, seed)?, addresses))
}

/// Joins two ends, each a namespace, a device and an address.
fn cable(one: [&str; 3], other: [&str; 3]) -> Result<()> {
    let ([space, device, _], [other_space, other_device, _]) = (one, other);
    let add = ["-n", space, "link", "add", device, "type", "veth", "peer", "name", other_device];
    run("ip", &[&add[..], &["netns", other_space]].concat(), "")?;
    for [space, device, address] in [one, other] {
        run("ip", &["-n", space, "addr", "add", &format!("{address}/30"), "dev", device], "")?;
        run("ip", &["-n", space, "link", "set", device, "up"], "")?;
    }
    Ok(())
}

/// The rules of a node's namespace: what arrives there, and what does not.
fn rules(node: Node, now: &Conditions) -> String {
    let mut input = Vec::new();
    let from_relay = format!("iifname \"middle\" udp dport {SERVICE_PORT}");
    let heartbeats = format!("iifname \"peer\" udp dport {SERVICE_PORT}");
    if now.cut_from[node.peer().index()] {
        input.extend(["iifname \"peer\" drop".to_owned(), format!("{from_relay} drop")]);
    }
    if now.first_link_cut {
        input.push(format!("{heartbeats} drop"));
    }
    if now.lost_percent > 0 {
        let lost = format!("numgen random mod 100 < {} drop", now.lost_percent);
        input.extend([format!("iifname \"peer\" {lost}"), format!("{from_relay} {lost}")]);
    }
    if now.witness_cut[node.index()] {
        input.push(format!("iifname \"middle\" tcp sport {WITNESS_PORT} drop"));
    }
    let output = match now.witness_cut[node.index()] {
        true => format!("oifname \"middle\" tcp dport {WITNESS_PORT} drop"),
        false => String::new(),
    };
    format!(
        "table inet locum\ndelete table inet locum\ntable inet locum {{\n  chain input {{\n    type filter hook input \
         priority 0;\n    {}\n  }}\n  chain output {{\n    type filter hook output priority 0;\n    {output}\n  }}\n}}\n",
        input.join("\n    ")
    )
}

fn nft(namespace: &str, rules: &str) -> Result<()> {
    run("ip", &["netns", "exec", namespace, "nft", "-f", "-"], rules)
}

/// Runs a command to its end. What it says is its error.
fn run(program: &str, arguments: &[&str], input: &str) -> Result<()> {
    let what = || format!("{program} {}", arguments.join(" "));
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("{program} cannot be run"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // Who ends without reading has a reason, which it says.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().with_context(what)?;
    ensure!(output.status.success(), "`{}`: {}", what(), String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_one_way_cut_is_felt_where_nothing_arrives() {
        let now = Conditions { cut_from: [true, false], ..Conditions::default() };
        let drops = |node| rules(node, &now).matches("drop").count();
        assert_eq!((drops(Node::A), drops(Node::B)), (0, 2));
    }

    #[test]
    fn a_cut_from_the_witness_leaves_the_peer_alone() {
        let now = Conditions { witness_cut: [true, false], ..Conditions::default() };
        let rules = rules(Node::A, &now);
        assert!(rules.contains("tcp dport 2379 drop") && rules.contains("tcp sport 2379 drop"), "{rules}");
        assert!(!rules.contains("peer"), "{rules}");
    }
}
