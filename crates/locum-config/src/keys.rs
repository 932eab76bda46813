//! Every key of the file, declared once (`docs/behaviour.md` §6).

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use toml_edit::{Array, InlineTable};

use crate::{
    Endpoint,
    kinds::{
        Address, Choice, Description, File, Grant, KeyPrefix, List, Name, Pairs, Port, Sha256, Sub, Subs, Text, Time,
        Titled, Truth,
    },
    reader::{ByProfile, Optional, Or, Required},
};

/// Any duration.
const TIME: Time = Time::timer(0);
/// A duration that is not nothing.
const SOME_TIME: Time = Time::timer(1);
/// What repeats does so at most every 10 ms.
const INTERVAL: Time = Time::timer(10);
// A what-if may set these too (`what_if/keys.rs`).
pub(crate) const CRITICAL_SERVICE_DELAY: ByProfile<Time, &str> = ByProfile(TIME, "90s", "1s");
pub(crate) const AUTOMATIC_FALLBACK: Or<Truth, bool> = Or(Truth, false);
pub(crate) const AUTOMATIC_FALLBACK_DELAY: ByProfile<Time, &str> = ByProfile(TIME, "30min", "10s");
pub(crate) const INITIALIZATION_KEEP_ALIVE_TIMEOUT: ByProfile<Time, &str> = ByProfile(SOME_TIME, "120s", "2s");
pub(crate) const KEEP_ALIVE_TIMEOUT: ByProfile<Time, &str> = ByProfile(SOME_TIME, "60s", "350ms");
pub(crate) const KEEP_ALIVE_INTERVAL: ByProfile<Time, &str> = ByProfile(INTERVAL, "15s", "100ms");
pub(crate) const FAST_PEER_LOSS: ByProfile<Truth, bool> = ByProfile(Truth, false, true);
const COMMAND: List<Text> = List { of: Text, min: 1 };
const ADDRESSES: List<Address> = List { of: Address, min: 1 };
const MEMBERS: List<Address> = List { of: Address, min: 0 };
const GRANTS: List<Grant> = List { of: Grant, min: 0 };

choices! {
    /// Whose defaults hold.
    Profile {
        /// The documented values: minutes.
        Classic = "classic",
        /// Milliseconds.
        Fast = "fast",
    }
}

choices! {
    /// How users are assigned to nodes (`docs/behaviour.md` §7).
    Mode {
        /// Every node gets the same number.
        Balanced = "balanced",
        /// All to the first node of each group.
        ActiveStandby = "active-standby",
        /// Nobody is assigned.
        None = "none",
    }
}

choices! {
    /// Who, besides the nodes, knows which of them may serve.
    WitnessKind {
        /// Nobody.
        None = "none",
        /// A cluster of etcd.
        Etcd = "etcd",
    }
}

choices! {
    /// What a node may do that does not hear its peer, where there is no witness (`docs/behaviour.md` §9.1).
    OnPartition {
        /// Take over, whichever node it is.
        Available = "available",
        /// Take over if it is the preferred node, and stop serving if it is not.
        PreferredNode = "preferred-node",
        /// Wait for an administrator.
        Manual = "manual",
    }
}

choices! {
    /// What the holder of a token may do.
    Role {
        /// Look.
        Viewer = "viewer",
        /// Look, and change what is there.
        Operator = "operator",
    }
}

choices! {
    /// How a service is kept.
    Supervise {
        /// The start command is the service: it runs as a child and dies with the daemon.
        Child = "child",
        /// The start and stop commands return; whether the service runs, the probe says.
        Command = "command",
    }
}

choices! {
    /// When a child that ended is started again.
    Restart {
        /// However it ended.
        Always = "always",
        /// If it failed.
        OnFailure = "on-failure",
        /// Not by itself.
        Never = "never",
    }
}

section! {
    /// The configuration of one node.
    Config {
        /// Whose defaults hold for the timers.
        live profile: Profile = Or(Choice::KIND, "classic");
        /// The redundancy group; what stands here must be the same on both nodes.
        fixed group: Group = Required(Sub::KIND);
        /// This node.
        fixed node: Node = Required(Sub::KIND);
        /// The other node; without it the group has one node.
        fixed peer: Option<Peer> = Optional(Sub::KIND);
        /// Keys and certificates; needed where there is a peer.
        fixed security: Option<Security> = Optional(Sub::KIND);
        /// The admin API.
        fixed admin: Admin = Or(Sub::KIND, InlineTable::new());
        /// How users are assigned.
        fixed users: Users = Or(Sub::KIND, InlineTable::new());
        /// How frames travel to the peer.
        fixed transport: Transport = Or(Sub::KIND, InlineTable::new());
        /// Where plugins are.
        fixed plugins: Plugins = Or(Sub::KIND, InlineTable::new());
        /// Who may serve when the nodes do not hear each other; what stands here must be the same on both nodes.
        fixed witness: Witness = Or(Sub::KIND, InlineTable::new());
        /// The services that the node guards.
        fixed services as "service": Vec<Service> = Or(Subs::KIND, Array::new());
    }
}

section! {
    /// The redundancy group; what stands here must be the same on both nodes.
    Group {
        /// Unique; at most 128 of letters, digits, `_` and `-`.
        fixed name: String = Required(Name);
        /// For people; at most 128 characters, none of `" % & / \ < >`.
        live description: String = Or(Description, "");
        /// The cluster that the group belongs to.
        fixed cluster: String = Or(Name, "default");
        /// Whether the nodes stand in for each other from the first start on; later the administrator's last word holds.
        fixed high_availability: bool = Or(Truth, true);
        /// The port of the peer link, UDP and TCP.
        fixed service_port: u16 = Or(Port, 22001);
        /// The port of the admin API.
        fixed admin_rpc_port: u16 = Or(Port, 20075);
        /// How long a critical service may be down before the node fails over.
        live critical_service_delay: Duration = CRITICAL_SERVICE_DELAY;
        /// Whether users go home by themselves once their node is healthy again.
        live automatic_fallback: bool = AUTOMATIC_FALLBACK;
        /// How long the node must have been healthy first.
        live automatic_fallback_delay: Duration = AUTOMATIC_FALLBACK_DELAY;
        /// How long a starting node waits for its peer; at least two intervals.
        live initialization_keep_alive_timeout: Duration = INITIALIZATION_KEEP_ALIVE_TIMEOUT;
        /// How long the peer may be silent; at least two intervals.
        live keep_alive_timeout: Duration = KEEP_ALIVE_TIMEOUT;
        /// Between two heartbeats; at least 10 ms.
        live keep_alive_interval: Duration = KEEP_ALIVE_INTERVAL;
        /// Whether the services marked `authentication` count as critical.
        fixed monitor_authentication: bool = Or(Truth, false);
        /// Whether a closed stream and a refusing port together count as Peer Down at once.
        live fast_peer_loss: bool = FAST_PEER_LOSS;
    }
}

section! {
    /// This node.
    Node {
        /// Unique in its group; at most 128 of letters, digits, `_` and `-`.
        fixed name: String = Required(Name);
        /// Where everything is kept that must survive.
        fixed state_directory: PathBuf = Or(File, "/var/lib/locum");
        /// Where heartbeats arrive (UDP): one address for all links, or one for each link of `[peer]`, in the same order. The port is `service_port` unless given.
        fixed listen: Vec<Endpoint> = Or(ADDRESSES, Array::from_iter(["0.0.0.0"]));
        /// Where the peer's stream arrives (TCP, TLS); the first of `listen` unless given.
        fixed stream: Option<Endpoint> = Optional(Address);
        /// The shortest time a client waits before it logs in again after a failover.
        live client_relogin_lower_limit: Duration = ByProfile(TIME, "120s", "0s");
        /// The longest; by load: the lower limit + users / logins per second.
        live client_relogin_upper_limit: Duration = ByProfile(TIME, "537s", "2s");
        /// Stands in for the kernel's boot id, where several nodes share a host.
        fixed boot_id: Option<String> = Optional(Name);
        /// The watchdog of the host, such as `/dev/watchdog`: it resets the host once the daemon hangs.
        fixed watchdog: Option<PathBuf> = Optional(File);
    }
}

section! {
    /// The other node of the group.
    Peer {
        /// Its name.
        fixed name: String = Required(Name);
        /// Its addresses, one UDP link each. The port is `service_port` unless given.
        fixed links: Vec<Endpoint> = Required(ADDRESSES);
        /// Where its stream is (TCP, TLS); the first of `links` unless given.
        fixed stream: Option<Endpoint> = Optional(Address);
    }
}

section! {
    /// Keys and certificates, as PEM files; `locum pki` makes them.
    Security {
        /// The certificate of the private CA that both nodes' certificates are from.
        fixed ca: PathBuf = Required(File);
        /// This node's certificate.
        fixed certificate: PathBuf = Required(File);
        /// Its private key.
        fixed key: PathBuf = Required(File);
        /// The secret that authenticates the group's heartbeats.
        fixed group_key: PathBuf = Required(File);
    }
}

section! {
    /// The admin API.
    Admin {
        /// Where it is served; 127.0.0.1 unless given, and the port is `admin_rpc_port` unless given.
        fixed listen: Option<Endpoint> = Optional(Address);
        /// The Unix socket for commands on this machine; `locum.sock` in the state directory unless given.
        fixed socket: Option<PathBuf> = Optional(File);
        /// Who may use the API from elsewhere.
        live tokens: Vec<Token> = Or(Subs::KIND, Array::new());
    }
}

section! {
    /// A token for the admin API, known by its digest only.
    Token {
        /// Whose it is; written to the journal.
        live name: String = Required(Name);
        /// What its holder may do.
        live role: Role = Required(Choice::KIND);
        /// SHA-256 of the token, in hexadecimal.
        live sha256: String = Required(Sha256);
    }
}

section! {
    /// How users are assigned to nodes.
    Users {
        /// By which rule.
        fixed mode: Mode = Or(Choice::KIND, "balanced");
        /// A policy plugin in place of the mode's own: a name or a path.
        fixed policy: Option<String> = Optional(Text);
    }
}

section! {
    /// How frames travel to the peer.
    Transport {
        /// A transport plugin: a name or a path.
        fixed plugin: String = Or(Text, "transport-multipath");
    }
}

section! {
    /// Where plugins are.
    Plugins {
        /// The directory in which plugins are found by name, before those that come with Locum.
        fixed directory: Option<PathBuf> = Optional(File);
    }
}

section! {
    /// Who may serve when the nodes do not hear each other.
    Witness {
        /// Who knows it.
        fixed kind: WitnessKind = Or(Choice::KIND, "none");
        /// Without a witness: what a node may do that does not hear its peer.
        fixed partition: OnPartition = Or(Choice::KIND, "available");
        /// With `partition = "preferred-node"`: which node.
        fixed preferred_node: Option<String> = Optional(Name);
        /// With `kind = "etcd"`: the members of the cluster. The port is 2379 unless given.
        fixed endpoints: Vec<Endpoint> = Or(MEMBERS, Array::new());
        /// What all keys begin with; the group's own begin with `PREFIX/GROUP/`.
        fixed prefix: String = Or(KeyPrefix, "/locum");
        /// The certificate of the authority that the members' certificates are from, as a PEM file. Only members on this machine may do without.
        fixed ca: Option<PathBuf> = Optional(File);
        /// This node's certificate for etcd, where etcd asks for one.
        fixed certificate: Option<PathBuf> = Optional(File);
        /// Its private key.
        fixed key: Option<PathBuf> = Optional(File);
        /// The name of the etcd user.
        fixed user: Option<String> = Optional(Text);
        /// The file that holds its password, and nothing else.
        fixed password_file: Option<PathBuf> = Optional(File);
        /// How long a lease holds; the keep-alive timeout unless given, and at least two intervals.
        fixed lease: Option<Duration> = Optional(SOME_TIME);
        /// How long a request may take; a third of `lease` unless given, and at most half of it.
        fixed timeout: Option<Duration> = Optional(SOME_TIME);
    }
}

section! {
    /// A service that the node guards.
    Service {
        /// Unique on the node; at most 128 of letters, digits, `_` and `-`.
        fixed name: String = Required(Name);
        /// The command that starts it, and its arguments; no shell.
        fixed start: Vec<String> = Required(COMMAND);
        /// The command that stops it; without it a child gets SIGTERM.
        fixed stop: Option<Vec<String>> = Optional(COMMAND);
        /// How it is kept.
        fixed supervise: Supervise = Or(Choice::KIND, "child");
        /// Whether users cannot be served without it.
        fixed critical: bool = Or(Truth, true);
        /// Whether it is a database: its failure is a Database Failure.
        fixed database: bool = Or(Truth, false);
        /// Whether it is the optional authentication service, critical only with `monitor_authentication`.
        fixed authentication: bool = Or(Truth, false);
        /// When a child that ended is started again.
        live restart: Restart = Or(Choice::KIND, "always");
        /// How long it may take to start, and its `on_epoch` to end.
        fixed start_timeout: Duration = Or(SOME_TIME, "10s");
        /// How long it may take to stop, before it is killed.
        live stop_timeout: Duration = Or(SOME_TIME, "10s");
        /// Environment variables for its commands.
        fixed environment: BTreeMap<String, String> = Or(Pairs, InlineTable::new());
        /// The file in which the epoch and the homes served always stand.
        fixed epoch_file: Option<PathBuf> = Optional(File);
        /// The command that is run whenever they change.
        fixed on_epoch: Option<Vec<String>> = Optional(COMMAND);
        /// How its health is found out; without it a child is healthy while it runs.
        fixed probe: Option<Probe> = Optional(Sub::KIND);
    }
}

section! {
    /// How the health of a service is found out.
    Probe {
        /// A probe plugin: a name or a path.
        fixed plugin: String = Required(Text);
        /// Between two looks; at least 10 ms.
        live interval: Duration = ByProfile(INTERVAL, "5s", "250ms");
        /// How long a look may take before it counts as unknown.
        live timeout: Duration = ByProfile(SOME_TIME, "5s", "500ms");
        /// What the plugin may reach: `tcp:HOST:PORT`, `http:HOST:PORT`, `exec:/path`, `process:NAME`.
        fixed grants: Vec<String> = Or(GRANTS, Array::new());
        /// Passed to the plugin as they are.
        live settings: BTreeMap<String, String> = Or(Pairs, InlineTable::new());
    }
}

impl Titled for Service {
    fn title(&self) -> &str {
        &self.name
    }
}

impl Titled for Token {
    fn title(&self) -> &str {
        &self.name
    }
}
