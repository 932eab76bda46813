//! Who may serve when the nodes do not hear each other: rules, and what each choice risks (`docs/behaviour.md` §9.1).

use std::{net::IpAddr, time::Duration};

use locum_core::{Partition, Rank};

use crate::{Config, Endpoint, OnPartition, Witness, WitnessKind, kinds::show_duration, reader::Reader, rules};

/// Where etcd listens.
const ETCD_PORT: u16 = 2379;
impl Witness {
    /// Fills in what follows from other keys. Without a witness nothing does: the keep-alive timeout may change while
    /// the daemon runs, and a lease may not.
    pub(crate) fn complete(&mut self, keep_alive_timeout: Duration) {
        if self.kind == WitnessKind::None {
            return;
        }
        self.endpoints.iter_mut().for_each(|member| *member = std::mem::take(member).or_port(ETCD_PORT));
        let lease = *self.lease.get_or_insert(keep_alive_timeout);
        self.timeout.get_or_insert(Duration::from_millis(lease.as_millis() as u64 / 3));
    }
}

impl Config {
    /// What a node may do that does not hear its peer.
    pub fn partition(&self) -> Partition {
        let witness = &self.witness;
        match (witness.kind, witness.partition) {
            (WitnessKind::Etcd, _) => {
                let lease = witness.lease.unwrap_or(self.group.keep_alive_timeout);
                Partition::Witness { lease_ms: lease.as_millis() as u64 }
            }
            (WitnessKind::None, OnPartition::Available) => Partition::Available,
            (WitnessKind::None, OnPartition::Manual) => Partition::Manual,
            (WitnessKind::None, OnPartition::PreferredNode) => {
                let ours = witness.preferred_node.as_deref() == Some(&self.node.name);
                Partition::PreferredNode(if ours == (self.rank() == Rank::First) { Rank::First } else { Rank::Second })
            }
        }
    }

    /// What the group risks with its choice, in one sentence for people; `None` where there is no peer.
    pub fn risk(&self) -> Option<String> {
        let preferred = self.witness.preferred_node.as_deref().unwrap_or_default();
        self.peer.as_ref().map(|_| match self.partition() {
            Partition::Available => "In a partition both nodes serve all users; when it heals both enter Running in \
                                     Failed Mode, until `locum recover`."
                .to_owned(),
            Partition::PreferredNode(_) => format!(
                "In a partition only {preferred} serves; if {preferred} itself dies, nobody takes over by itself."
            ),
            Partition::Manual => "Nobody takes over by itself from a silent peer.".to_owned(),
            Partition::Witness { .. } => {
                "A node that reaches neither its peer nor the witness serves nobody.".to_owned()
            }
        })
    }
}

pub(crate) fn check(config: &Config, reader: &mut Reader<'_>) {
    if !reader.sound("witness.kind") || !reader.sound("peer") {
        return;
    }
    if config.peer.is_none() {
        let (kind, partition) = (config.witness.kind, config.witness.partition);
        let given =
            [("witness.kind", kind != WitnessKind::None), ("witness.partition", partition != OnPartition::Available)];
        if let Some((key, _)) = given.iter().find(|(_, given)| *given) {
            reader.fault(key, "there is no `[peer]` to be told apart from", "leave out the section `[witness]`");
        }
        return;
    }
    match config.witness.kind {
        WitnessKind::None => without(config, reader),
        WitnessKind::Etcd => {
            etcd(config, reader);
            access(&config.witness, reader);
            times(config, reader);
        }
    }
}

fn without(config: &Config, reader: &mut Reader<'_>) {
    let witness = &config.witness;
    let needless = [
        ("endpoints", !witness.endpoints.is_empty()),
        ("ca", witness.ca.is_some()),
        ("certificate", witness.certificate.is_some()),
        ("key", witness.key.is_some()),
        ("user", witness.user.is_some()),
        ("password_file", witness.password_file.is_some()),
        ("lease", witness.lease.is_some()),
        ("timeout", witness.timeout.is_some()),
    ];
    for (name, _) in needless.iter().filter(|(_, given)| *given) {
        let advice = "set `kind` to \"etcd\", or leave this out";
        reader.fault(&format!("witness.{name}"), "there is no witness", advice);
    }
    let key = "witness.preferred_node";
    if !reader.sound("witness.partition") || !reader.sound(key) {
        return;
    }
    let names = [&config.node.name, config.peer.as_ref().map_or(&config.node.name, |peer| &peer.name)];
    match &witness.preferred_node {
        Some(_) if witness.partition != OnPartition::PreferredNode => {
            reader.fault(key, "no node is preferred", "set `partition` to \"preferred-node\", or leave this out");
        }
        Some(name) if !names.contains(&name) => {
            let advice = format!("write \"{}\" or \"{}\"", names[0], names[1]);
            reader.fault(key, format!("{name:?} is no node of this group"), advice);
        }
        None if witness.partition == OnPartition::PreferredNode => {
            reader.fault(key, "this is missing", format!("add `preferred_node = \"{}\"`, or its peer", names[0]));
        }
        _ => {}
    }
}

fn etcd(config: &Config, reader: &mut Reader<'_>) {
    let witness = &config.witness;
    let needless = [
        ("witness.partition", witness.partition != OnPartition::Available),
        ("witness.preferred_node", witness.preferred_node.is_some()),
    ];
    for (key, _) in needless.iter().filter(|(_, given)| *given) {
        reader.fault(key, "the witness decides", "leave this out, or set `kind` to \"none\"");
    }
    let key = "witness.endpoints";
    if !reader.sound(key) {
        return;
    }
    if witness.endpoints.is_empty() {
        reader.fault(key, "there is no member of etcd to ask", "add `endpoints = [\"10.0.0.3\"]`");
    }
    let elsewhere = witness.endpoints.iter().find(|member| !is_here(member));
    if let (Some(member), None, true) = (elsewhere, &witness.ca, reader.sound("witness.ca")) {
        reader.fault(
            "witness.ca",
            format!("this is missing, and {member} is not on this machine: who is in between could hand out leases"),
            "add the certificate of the authority that the members' certificates are from",
        );
    }
    rules::unique(reader, key, &witness.endpoints, |place| format!("witness.endpoints[{place}]"));
}

fn is_here(member: &Endpoint) -> bool {
    member.host == "localhost" || member.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What only makes sense together.
fn access(witness: &Witness, reader: &mut Reader<'_>) {
    let given = |name: &str, reader: &Reader<'_>| reader.gives(&format!("witness.{name}"));
    let pairs = [("certificate", "key"), ("key", "certificate"), ("user", "password_file"), ("password_file", "user")];
    for (one, other) in pairs {
        if given(one, reader) && !given(other, reader) {
            let what = format!("this is missing, and `{one}` is given");
            reader.fault(&format!("witness.{other}"), what, format!("add `{other}`, or leave out `{one}`"));
        }
    }
    if witness.certificate.is_some() && !given("ca", reader) {
        let advice = "add `ca`, or leave out `certificate` and `key`";
        reader.fault("witness.certificate", "nothing is encrypted without `ca`", advice);
    }
}

fn times(config: &Config, reader: &mut Reader<'_>) {
    let (interval, timeout) = (config.group.keep_alive_interval, config.witness.timeout);
    let lease = config.witness.lease.unwrap_or(config.group.keep_alive_timeout);
    let keys = ["profile", "witness.lease", "group.keep_alive_interval", "group.keep_alive_timeout"];
    if !keys.iter().all(|key| reader.sound(key)) {
        return;
    }
    if reader.gives("witness.lease") && lease < 2 * interval {
        let (lease, least) = (show_duration(lease), show_duration(2 * interval));
        reader.fault(
            "witness.lease",
            format!("a lease of {lease} is shorter than two intervals of {}", show_duration(interval)),
            format!("set `lease` to {least} or more: it is renewed once an interval, and one request may be lost"),
        );
    }
    if let Some(timeout) = timeout.filter(|timeout| reader.sound("witness.timeout") && *timeout > lease / 2) {
        reader.fault(
            "witness.timeout",
            format!("{} is more than half a lease of {}", show_duration(timeout), show_duration(lease)),
            "shorten it: after one request that is lost there must be time for another",
        );
    }
}
