//! The services that the node guards: started, stopped, restarted, looked at.
//!
//! Each service has a task of its own, so that one which hangs delays no other.

mod epoch;
mod fence;
mod phase;
mod probing;
mod process;
mod seen;
mod service;
mod shepherd;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join_all;
use locum_config::Service as Config;
use locum_core::Health;
use locum_host::probe::Measure;
use tokio::sync::{mpsc, oneshot, watch};

use crate::api::{Problem, ServiceStatus};
use crate::handle::ServiceAction;

pub use epoch::Epoch;
pub use fence::Fence;
pub use probing::{Check, Finding, plugin};
pub use shepherd::shepherd;

use seen::Seen;
use service::{Around, Order, Service};

/// A service to guard.
pub struct ServiceSpec {
    /// What the configuration says of it.
    pub config: Config,
    /// Whether users cannot be served without it, other parameters considered.
    pub critical: bool,
    /// The file to which its output is added; otherwise it goes to the daemon's standard error output.
    pub log: Option<PathBuf>,
    /// How to look at it, where the configuration has a probe.
    pub check: Option<Check>,
}

/// What the services are told of the node, and how they are started.
pub struct Surroundings {
    /// The node's name: `LOCUM_NODE` for the services.
    pub node: String,
    /// The epoch, and whom the node serves before it says more.
    pub epoch: Epoch,
    /// The command that becomes a [`shepherd`], with its first arguments.
    pub shepherd: Vec<String>,
}

impl Surroundings {
    /// The command of the shepherd where this program has the subcommand `shepherd`. It is what runs now, even where
    /// the file has been replaced since.
    pub fn own_shepherd() -> Vec<String> {
        vec!["/proc/self/exe".into(), "shepherd".into()]
    }
}

/// What was seen of a service.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The service, by its place in the list.
    pub service: u16,
    /// The run that it was started for when the look began.
    pub run: u64,
    /// The verdict.
    pub health: Health,
    /// One line for people.
    pub message: String,
    /// Measured values.
    pub measures: Vec<Measure>,
}

/// What the journal should know of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incident {
    /// It was killed by the fence.
    Fenced {
        /// Its name.
        service: String,
        /// When the fence fell, on the boot clock, in milliseconds.
        until_ms: u64,
    },
    /// It was not told the epoch: its file cannot be written, or its command fails.
    NotTold {
        /// Its name.
        service: String,
        /// The epoch.
        epoch: u64,
        /// Why.
        why: String,
    },
}

/// The supervisor of the node's services. Clones are cheap; when the last one goes, the children are killed.
#[derive(Clone)]
pub struct Supervisor {
    services: Arc<[Guarded]>,
    epoch: Arc<watch::Sender<Epoch>>,
    fence: Arc<watch::Sender<Fence>>,
    incidents: mpsc::UnboundedSender<Incident>,
}

/// A service as the supervisor knows it.
struct Guarded {
    name: String,
    critical: bool,
    database: bool,
    epoch_file: Option<PathBuf>,
    orders: mpsc::UnboundedSender<Order>,
    seen: Arc<Mutex<Seen>>,
}

impl Supervisor {
    /// Begins to guard these services. None of them runs yet. Where observations are not taken, the last one of each
    /// service waits.
    ///
    /// Call it inside a Tokio runtime.
    pub fn start(
        specs: Vec<ServiceSpec>,
        surroundings: Surroundings,
        observations: mpsc::Sender<Observation>,
        incidents: mpsc::UnboundedSender<Incident>,
    ) -> Supervisor {
        let Surroundings { node, epoch, shepherd } = surroundings;
        let (epoch, told) = watch::channel(epoch);
        let (fence, fenced) = watch::channel(Fence::NONE);
        let (_, unfenced) = watch::channel(Fence::NONE);
        let (node, shepherd): (Arc<str>, Arc<[String]>) = (node.into(), shepherd.into());
        let guard = |(index, spec): (u16, ServiceSpec)| {
            let (orders, inbox) = mpsc::unbounded_channel();
            let seen = Arc::new(Mutex::new(Seen::new()));
            let guarded = Guarded {
                name: spec.config.name.clone(),
                critical: spec.critical,
                database: spec.config.database,
                epoch_file: spec.config.epoch_file.clone(),
                orders,
                seen: Arc::clone(&seen),
            };
            let around = Around {
                node: Arc::clone(&node),
                shepherd: Arc::clone(&shepherd),
                epoch: told.clone(),
                fence: if spec.critical { fenced.clone() } else { unfenced.clone() },
                incidents: incidents.clone(),
            };
            if let Some(command) = spec.config.on_epoch.clone() {
                tokio::spawn(epoch::keep_told(command, spec.config.clone(), spec.log.clone(), around.clone()));
            }
            tokio::spawn(Service::new(index, spec, around, seen).guard(inbox, observations.clone()));
            guarded
        };
        let services = (0..).zip(specs).map(guard).collect();
        Supervisor { services, epoch: Arc::new(epoch), fence: Arc::new(fence), incidents }
    }

    /// The services are to run, for this run: those that do not are started, those that an operator stopped too.
    pub fn start_all(&self, run: u64) {
        self.tell_all(|| Order::Start(run));
    }

    /// Stops the services, then starts them, for this run.
    pub fn restart_all(&self, run: u64) {
        self.tell_all(|| Order::Restart(run));
    }

    /// Stops the critical services: an administrator has moved this node's users away. The others run on. The order
    /// is given at once; the future waits for its end.
    pub fn stop_critical(&self) -> impl Future<Output = ()> + Send + use<> {
        self.stop(|service| service.critical)
    }

    /// Stops the services. The order is given at once. When the future is done they have ended, or cannot be ended;
    /// that takes hardly longer than the longest stop timeout, twice where a stop command fails.
    pub fn stop_all(&self) -> impl Future<Output = ()> + Send + use<> {
        self.stop(|_| true)
    }

    fn stop<W: Fn(&Guarded) -> bool>(&self, which: W) -> impl Future<Output = ()> + Send + use<W> {
        let stopped = self.services.iter().filter(|service| which(service)).map(|service| {
            let (reply, stopped) = oneshot::channel();
            let _ = service.orders.send(Order::Stop(reply));
            stopped
        });
        // An error is a task that has ended, and its child with it.
        let stopped = join_all(stopped.collect::<Vec<_>>());
        async move { drop(stopped.await) }
    }

    /// Starts, stops or restarts one service by its name, as the operator asks. The answer says what was done.
    ///
    /// # Errors
    /// `not-found`; `refused` where the services are not to run; `internal` where a command fails.
    pub async fn act(&self, name: &str, action: ServiceAction) -> Result<String, Problem> {
        let service = self.services.iter().find(|service| service.name == name).ok_or_else(|| self.not_found(name))?;
        let (reply, answer) = oneshot::channel();
        let _ = service.orders.send(Order::Act(action, reply));
        answer.await.unwrap_or_else(|_| Err(Problem::new("internal", format!("Service {name} is guarded no more."))))
    }

    /// How the services are, in the order of the list.
    pub fn status(&self) -> Vec<ServiceStatus> {
        let status = |service: &Guarded| {
            let seen = service.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.status(&service.name, service.critical, service.database)
        };
        self.services.iter().map(status).collect()
    }

    /// Tells the services the epoch, and whom the node serves under it. When this is done it stands in their files, or
    /// the journal hears why not; commands are begun, and services that are started from now on have it in their
    /// environment.
    pub async fn tell_epoch(&self, epoch: Epoch) {
        let files =
            self.services.iter().filter_map(|service| Some((service.name.clone(), service.epoch_file.clone()?)));
        let files: Vec<_> = files.collect();
        if !files.is_empty() {
            let (epoch, incidents) = (epoch.clone(), self.incidents.clone());
            let write = move || {
                for (service, file) in files {
                    if let Err(error) = epoch.write(&file) {
                        let why = format!("{} cannot be written: {error}", file.display());
                        let _ = incidents.send(Incident::NotTold { service, epoch: epoch.number, why });
                    }
                }
            };
            let _ = tokio::task::spawn_blocking(write).await;
        }
        self.epoch.send_if_modified(|told| {
            *told != epoch && {
                *told = epoch;
                true
            }
        });
    }

    /// Until when the critical services may serve without a further word. One that is their daemon's child is killed
    /// at that moment, even where this process hangs or is stopped.
    pub fn set_fence(&self, fence: Fence) {
        self.fence.send_if_modified(|known| {
            let is_news = known.until_ms != fence.until_ms;
            *known = if is_news { fence } else { *known };
            is_news
        });
    }

    /// Takes over what may change while services run, from a list in the same order: restart policy, stop timeout
    /// (for children that are started from now on), probe.
    pub fn adjust(&self, specs: Vec<ServiceSpec>) {
        for (service, spec) in self.services.iter().zip(specs) {
            let _ = service.orders.send(Order::Adjust(Box::new(spec)));
        }
    }

    fn tell_all(&self, order: impl Fn() -> Order) {
        for service in self.services.iter() {
            let _ = service.orders.send(order());
        }
    }

    fn not_found(&self, name: &str) -> Problem {
        let names = self.services.iter().map(|service| service.name.as_str()).collect::<Vec<_>>().join(", ");
        Problem::new("not-found", format!("There is no service {name} on this node; its services are: {names}."))
    }
}
