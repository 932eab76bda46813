//! The running node. Data flows one way: the link, the probes and the admin API bring inputs; the driver hands them
//! to the state machine, one at a time, and carries its effects out; everyone else looks at what it publishes.

mod desk;
mod drill;
mod driver;
mod journal;
mod lane;
mod messages;
mod peer;
mod plugins;
mod reload;
mod shared;
mod status;
mod users;
mod watchdog;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use locum_config::{Config, Endpoint, Role, Security};
use locum_core::{Command, Input, Memory, Start};
use locum_host::state_machine::StateMachine;
use locum_host::{Engines, Fault, HostError, Loader};
use locum_store::{Identity, Store, StoreError};
use locum_witness::WitnessError;
use sha2::{Digest, Sha256};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

pub use plugins::PluginError;

use crate::admin::{AdminConfig, AdminError, AdminTls, Bound, CertificateRole, Stop, Tokens};
use crate::clock;
use crate::gate::Gate;
use crate::handle::NodeHandle;

use crate::link::{Link, LinkConfig, LinkError};
use crate::pki::{self, PkiError, TlsMaterial};
use crate::supervise::{Epoch, Incident, Observation, Supervisor, Surroundings};
use crate::witness::{self, Asking};
use drill::Drill;
use driver::Driver;
use lane::{Lane, User};
use plugins::Locate;
use shared::{Arrival, Shared};
use watchdog::Watchdog;

/// Inputs that may wait for the driver.
const ARRIVALS_MAX: usize = 1024;
/// Requests that may wait for the desk; more are told to come again.
const REQUESTS_MAX: usize = 256;
/// Journal entries that a slow follower may be behind.
const EVENTS_MAX: usize = 4096;

/// Why a node does not start, or stops.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The disk.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The disk, while the node ran: it stopped at once.
    #[error("{0}")]
    Disk(String),
    /// A component.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// The engines, or a component of the daemon itself.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The state machine, which failed at several inputs in a row.
    #[error(
        "the state machine fails again and again: {0}; its component may be damaged, run `locum plugin inspect` on it"
    )]
    Machine(Fault),
    /// What was on disk of the state machine cannot be read.
    #[error(
        "what node {node} remembers cannot be read; run the version of locum that wrote it, or move the state directory away: the node then catches up from its peer"
    )]
    Memory {
        /// The node.
        node: String,
    },
    /// Keys and certificates.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// The link to the peer.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The admin API.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The witness.
    #[error(transparent)]
    Witness(#[from] WitnessError),
    /// An address that cannot be resolved.
    #[error("{key}: {endpoint} is no address that this host can resolve")]
    Address {
        /// The key of the configuration.
        key: &'static str,
        /// What stands there.
        endpoint: String,
    },
    /// The watchdog.
    #[error(
        "watchdog in [node]: {path} cannot be opened: {source}; load the module of the device, and see that nobody else holds it, systemd for one"
    )]
    Watchdog {
        /// The device.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The operating system.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        source: std::io::Error,
    },
}

/// How a node came to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It said goodbye and handed over.
    Left,
    /// It is to be started again.
    ForRestart,
}

/// Runs a node until it is told to stop. Files in the folder `drill` make user moves wait or fail, if one is given
/// (`docs/operating.md`, "A drill").
///
/// # Errors
/// [`RunError`], before anything is served, or when the disk fails.
pub async fn run(config_path: &Path, config: Config, drill: Option<PathBuf>) -> Result<Stopped, RunError> {
    let (node, group) = (config.node.name.clone(), config.group.name.clone());
    let peer = config.peer.as_ref().map(|peer| peer.name.clone());
    let state_directory = &config.node.state_directory;
    // A limit to the size of files is an error to tell, as a full disk is, and no death without a word.
    let too_large = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    signal(too_large).map(drop).map_err(|source| RunError::System { what: "signals cannot be received", source })?;
    let store = Arc::new(Store::open(state_directory, &Identity { group, node: node.clone() })?);
    let (tell, failure) = oneshot::channel();
    store.on_failure(move |error| _ = tell.send(error.to_string()));
    // A change that was on its way when the daemon stopped: the peer has it, and this node catches up; or nobody does.
    store.discard_staged()?;

    let log_directory = plugins::log_directory(&config);
    std::fs::create_dir_all(&log_directory)
        .map_err(|source| RunError::System { what: "the folder for the services' logs cannot be made", source })?;

    let loader = Arc::new(Loader::new(Engines::new()?, state_directory.join("cache"))?);
    let locate = Locate::new(&config, config_path);
    let policy = plugins::policy(&loader, &config, &locate)?;
    let moves = plugins::policy(&loader, &config, &locate)?;
    let machine = loader.load(locate.find(plugins::STATE_MACHINE)?)?;
    let mut memory = match store.memory()? {
        Some(bytes) => Some(Memory::decode(&bytes).ok_or_else(|| RunError::Memory { node: node.clone() })?),
        None => None,
    };
    // The epoch never falls: the highest that this node's disk knows, and the peer's once that is heard.
    if let (Some(memory), Some(cover)) = (&mut memory, store.cover()?) {
        memory.epoch = memory.epoch.max(cover.epoch);
    }
    let start =
        Start { now_ms: clock::now_ms(), boot_id: boot_id(&config)?, incarnation_min: clock::unix_ms(), memory };
    let boot = start.boot_id;
    let watchdog = Watchdog::open(config.node.watchdog.as_deref())?;
    let (mut machine, first) = StateMachine::start(&machine, config.settings(), start)?;
    let view = machine.view().map_err(RunError::Machine)?;

    let (observations, observed) = mpsc::channel(ARRIVALS_MAX);
    let lane_failed = |source| RunError::System { what: "the admin API or the probes get no threads", source };
    let (lane, probes) =
        (Lane::open(User::Admin).map_err(lane_failed)?, Lane::open(User::Probes).map_err(lane_failed)?);
    let specs = plugins::services(&loader, &config, &locate, &probes.handle()).await?;
    let shepherd = Surroundings::own_shepherd();
    let told = Epoch { number: view.epoch, homes: Vec::new() };
    let surroundings = Surroundings { node: node.clone(), epoch: told.clone(), shepherd };
    let (incidents, to_note) = mpsc::unbounded_channel();
    let supervisor = Supervisor::start(specs, surroundings, observations, incidents);
    supervisor.tell_epoch(told).await;

    let epoch = Arc::new(AtomicU64::new(view.epoch));
    let (link_events, heard) = mpsc::channel(ARRIVALS_MAX);
    let link = match (&config.peer, &config.security) {
        (Some(_), Some(security)) => {
            let links = u32::try_from(config.peer.as_ref().map_or(0, |peer| peer.links.len())).unwrap_or(u32::MAX);
            let transport = Box::new(plugins::transport(&loader, &config, &locate, links)?);
            let link_config = link_config(&config, security, boot, view.incarnation, Arc::clone(&epoch)).await?;
            Some(Link::start(link_config, transport, link_events)?)
        }
        _ => None,
    };

    let (answers, answered) = mpsc::channel(ARRIVALS_MAX);
    let witness = witness::etcd(&config)?.map(|etcd| Asking::start(etcd, answers));

    let tokens = Tokens::new(config.admin.tokens.clone());
    // What is opened there is served there.
    let admin_config = admin_config(&config, tokens.clone()).await?;
    let admin_tls = admin_config.tls.clone();
    let bound = lane.handle().spawn(Bound::bind(admin_config)).await;
    let admin = bound.map_err(|error| lane_failed(error.into()))??;
    let gate = Gate::closed(node.clone(), peer.clone(), Arc::clone(&store), config.parameters().keep_alive_timeout_ms);
    let (arrivals, arrived) = mpsc::channel(ARRIVALS_MAX);
    let (published, view) = watch::channel(view);
    let (events, _) = broadcast::channel(EVENTS_MAX);
    let (requests, asked) = mpsc::channel(REQUESTS_MAX);
    let handle = NodeHandle::new(requests, events.clone());
    let shared = Arc::new(Shared {
        node,
        peer,
        config_path: config_path.to_path_buf(),
        config: RwLock::new(config),
        loader,
        locate,
        probes: probes.handle(),
        store,
        gate,
        supervisor: supervisor.clone(),
        link,
        witness,
        epoch,
        policy: Arc::new(Mutex::new(policy)),
        moves: Arc::new(Mutex::new(moves)),
        tokens,
        admin_tls,
        arrivals: arrivals.clone(),
        view,
        events,
        changing: tokio::sync::Mutex::new(()),
        told: Mutex::new(None),
        drill: Drill::new(drill),
    });
    let text = format!("The daemon of node {} has started.", shared.node);
    shared.journal(vec![journal::entry("daemon", text, serde_json::json!({ "pid": std::process::id() }))]).await?;
    if let Some(warning) = shared.drill.warning() {
        tracing::warn!("{warning}");
        shared.journal(vec![journal::entry("drill", warning, serde_json::Value::Null)]).await?;
    }
    shared.tell_directory().await;

    let (stop, stops) = mpsc::channel(4);
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn_on(desk::serve(Arc::clone(&shared), asked), &lane.handle());
    tasks.spawn(peer::listen(Arc::clone(&shared), heard));
    tasks.spawn(peer::keep_told(Arc::clone(&shared)));
    tasks.spawn(observe(arrivals.clone(), observed));
    tasks.spawn(note(Arc::clone(&shared), to_note));
    tasks.spawn(hand_on(arrivals, answered));
    tasks.spawn_on(admin.serve(handle, stop), &lane.handle());
    let restart = Arc::new(std::sync::atomic::AtomicBool::new(false));
    tasks.spawn(obey(Arc::clone(&shared), stops, Arc::clone(&restart)));
    let driven = Driver::new(machine, Arc::clone(&shared), arrived, failure, published, watchdog).drive(first).await;
    if driven.is_ok() {
        supervisor.stop_all().await;
        let entry = journal::entry("daemon", "The daemon stops.", serde_json::Value::Null);
        shared.journal(vec![entry]).await?;
    }
    tasks.shutdown().await;
    driven?;
    let for_restart = restart.load(std::sync::atomic::Ordering::Relaxed);
    Ok(if for_restart { Stopped::ForRestart } else { Stopped::Left })
}

/// What probes see, for the state machine.
async fn observe(arrivals: mpsc::Sender<Arrival>, mut observed: mpsc::Receiver<Observation>) {
    while let Some(Observation { service, run, health, .. }) = observed.recv().await {
        let _ = arrivals.send(Arrival::input(Input::Probe { service, run, health })).await;
    }
}

/// What befalls services, for the journal.
async fn note(shared: Arc<Shared>, mut incidents: mpsc::UnboundedReceiver<Incident>) {
    while let Some(incident) = incidents.recv().await {
        if let Err(error) = shared.journal(vec![journal::incident(&incident)]).await {
            tracing::error!("the journal cannot be written: {error}");
        }
    }
}

/// What the witness answers, for the state machine.
async fn hand_on(arrivals: mpsc::Sender<Arrival>, mut answered: mpsc::Receiver<Input>) {
    while let Some(input) = answered.recv().await {
        let _ = arrivals.send(Arrival::input(input)).await;
    }
}

/// Signals, and what the admin API asks of the daemon as a whole.
async fn obey(shared: Arc<Shared>, mut stops: mpsc::Receiver<Stop>, restart: Arc<std::sync::atomic::AtomicBool>) {
    let (Ok(mut terminate), Ok(mut interrupt), Ok(mut hang_up)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()), signal(SignalKind::hangup()))
    else {
        tracing::error!("signals cannot be received");
        return;
    };
    loop {
        let goodbye = tokio::select! {
            _ = terminate.recv() => true,
            _ = interrupt.recv() => true,
            Some(stop) = stops.recv() => stop.goodbye,
            _ = hang_up.recv() => {
                if let Err(problem) = reload::reload(&shared).await {
                    tracing::error!("{problem}: {}", problem.details.join("; "));
                }
                continue;
            }
        };
        if goodbye {
            let _ = shared.ask(Command::Goodbye).await;
        } else {
            restart.store(true, std::sync::atomic::Ordering::Relaxed);
            let _ = shared.arrivals.send(Arrival::Stop).await;
        }
    }
}

async fn admin_config(config: &Config, tokens: Tokens) -> Result<AdminConfig, RunError> {
    let listen = match &config.admin.listen {
        Some(endpoint) => Some(resolve("listen in [admin]", endpoint).await?),
        None => None,
    };
    let tls = match &config.security {
        Some(security) if listen.is_some_and(|address| !address.ip().is_loopback()) => {
            Some(AdminTls::new(&material(security)?).map_err(LinkError::from)?)
        }
        _ => None,
    };
    // `locum pki issue operator` and `locum pki issue viewer` make these.
    let certificates = [("operator", Role::Operator), ("viewer", Role::Viewer)]
        .map(|(name, role)| CertificateRole { name: pki::name_of(&config.group.name, name), role });
    Ok(AdminConfig { socket: Some(config.admin_socket()), listen, tokens, certificates: certificates.into(), tls })
}

async fn link_config(
    config: &Config,
    security: &Security,
    boot_id: u64,
    incarnation: u64,
    epoch: Arc<AtomicU64>,
) -> Result<LinkConfig, RunError> {
    let peer = config.peer.as_ref().ok_or(LinkError::Links { links: 0 })?;
    let listen = &config.node.listen;
    let mut links = Vec::new();
    for (index, link) in peer.links.iter().enumerate() {
        let bind = &listen[index.min(listen.len() - 1)];
        links.push((resolve("listen in [node]", bind).await?, resolve("links in [peer]", link).await?));
    }
    Ok(LinkConfig {
        group: config.group.name.clone(),
        node: config.node.name.clone(),
        peer: peer.name.clone(),
        links,
        stream_listen: resolve("stream in [node]", config.node.stream.as_ref().unwrap_or(&listen[0])).await?,
        stream_connect: resolve("stream in [peer]", peer.stream.as_ref().unwrap_or(&peer.links[0])).await?,
        tls: material(security)?,
        group_key: pki::load_group_key(&security.group_key)?,
        boot_id,
        incarnation,
        epoch,
        keep_alive_interval: Duration::from_millis(config.parameters().keep_alive_interval_ms),
    })
}

pub(crate) fn material(security: &Security) -> Result<TlsMaterial, PkiError> {
    TlsMaterial::load(&security.ca, &security.certificate, &security.key)
}

async fn resolve(key: &'static str, endpoint: &Endpoint) -> Result<std::net::SocketAddr, RunError> {
    let unresolved = || RunError::Address { key, endpoint: endpoint.to_string() };
    let mut found = tokio::net::lookup_host((endpoint.host.as_str(), endpoint.port.unwrap_or(0)))
        .await
        .map_err(|_| unresolved())?;
    found.next().ok_or_else(unresolved)
}

/// The boot of this host, as a number.
fn boot_id(config: &Config) -> Result<u64, RunError> {
    let text = match &config.node.boot_id {
        Some(own) => own.clone(),
        None => std::fs::read_to_string(PathBuf::from("/proc/sys/kernel/random/boot_id"))
            .map_err(|source| RunError::System { what: "the kernel's boot id cannot be read", source })?,
    };
    let digest = Sha256::digest(text.trim().as_bytes());
    Ok(digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte)))
}
