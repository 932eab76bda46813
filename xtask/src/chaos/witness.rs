//! Who decides between nodes that do not hear each other: nobody, or etcd.

use std::{
    fs::{self, File},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result};
use clap::ValueEnum;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustix::process::{Pid, Signal, kill_process};

use super::network::Network;
use crate::pair::node::Node;

/// How long a lease lasts.
const LEASE: &str = "3s";
/// The certificate of the authority that has signed that of etcd, and those two, in the folder of a run.
const CA: &str = "etcd-ca.pem";
const CERTIFICATE: &str = "etcd.pem";
const KEY: &str = "etcd-key.pem";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Witness {
    #[default]
    None,
    Etcd,
}

/// What a node without a witness does when it does not hear its peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Partition {
    /// It covers.
    #[default]
    Available,
    /// It covers if it is node a.
    PreferredNode,
    /// It waits for an administrator.
    Manual,
}

impl Witness {
    /// The section `[witness]` of a node.
    pub(super) fn section(self, partition: Partition, network: &Network, node: Node, folder: &Path) -> String {
        match (self, partition) {
            (Witness::None, Partition::Available) => String::new(),
            (Witness::None, Partition::PreferredNode) => {
                "\n[witness]\nkind = \"none\"\npartition = \"preferred-node\"\npreferred_node = \"a\"\n".to_owned()
            }
            (Witness::None, Partition::Manual) => "\n[witness]\nkind = \"none\"\npartition = \"manual\"\n".to_owned(),
            (Witness::Etcd, _) => {
                let endpoint = network.ways(node).witness;
                let ca = folder.join(CA);
                format!(
                    "\n[witness]\nkind = \"etcd\"\nendpoints = [\"{endpoint}\"]\nca = \"{}\"\nlease = \"{LEASE}\"\n",
                    ca.display()
                )
            }
        }
    }
}

/// A running etcd. Dropping it ends it.
pub(super) struct Etcd(Child);

impl Etcd {
    /// Starts one in the middle of the network, with its files in a folder.
    pub(super) fn start(network: &Network, folder: &Path) -> Result<Etcd> {
        let urls = Node::BOTH.map(|node| format!("https://{}", network.ways(node).witness)).join(",");
        certify(network, folder)?;
        let peer_url = "http://127.0.0.1:2380";
        let log = File::create(folder.join("etcd.log"))?;
        let mut words = network.within_middle();
        words.push("etcd".to_owned());
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg("--data-dir").arg(folder.join("etcd"));
        command.arg("--cert-file").arg(folder.join(CERTIFICATE)).arg("--key-file").arg(folder.join(KEY));
        command.args(["--listen-client-urls", &urls, "--advertise-client-urls", &urls, "--log-level", "warn"]);
        command.args(["--listen-peer-urls", peer_url, "--initial-advertise-peer-urls", peer_url]);
        command.args(["--initial-cluster", &format!("default={peer_url}")]);
        command.process_group(0).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().context("etcd cannot be run; in Debian it is the package etcd-server")?;
        Ok(Etcd(child))
    }

    /// Stops it as it is, or lets it go on.
    pub(super) fn set_paused(&self, paused: bool) -> Result<()> {
        let signal = if paused { Signal::STOP } else { Signal::CONT };
        Ok(kill_process(Pid::from_child(&self.0), signal)?)
    }
}

/// Makes an authority, and by it a certificate for the addresses at which the nodes find etcd.
fn certify(network: &Network, folder: &Path) -> Result<()> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate()?;
    fs::write(folder.join(CA), authority.self_signed(&authority_key)?.pem())?;
    let addresses = Node::BOTH.map(|node| network.ways(node).witness.ip().to_string());
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(addresses)?.signed_by(&key, &Issuer::new(authority, authority_key))?;
    fs::write(folder.join(CERTIFICATE), certificate.pem())?;
    fs::write(folder.join(KEY), key.serialize_pem())?;
    Ok(())
}

impl Drop for Etcd {
    fn drop(&mut self) {
        // It has ended already, which is as well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
