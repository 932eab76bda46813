//! The life of one service.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use locum_config::{Restart, Service as Config, Supervise};
use locum_core::Health;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::epoch::Epoch;
use super::fence::Fence;
use super::phase::{Event, Phase};
use super::probing::{Finding, Probing};
use super::process::{Child, End, Failure, Recipe};
use super::seen::Seen;
use super::{Incident, Observation, ServiceSpec};
use crate::api::Problem;
use crate::clock;
use crate::handle::ServiceAction;

/// The first pause before a restart, and how long a child must live before that alone counts as health.
const PAUSE_MIN: Duration = Duration::from_millis(100);
/// The longest pause before a restart.
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// A child that lived this long is restarted after the first pause again.
const STEADY_TIME: Duration = Duration::from_secs(10);

/// What may be asked of a service's task.
pub(super) enum Order {
    Start(u64),
    Restart(u64),
    Stop(oneshot::Sender<()>),
    Act(ServiceAction, oneshot::Sender<Result<String, Problem>>),
    Adjust(Box<ServiceSpec>),
}

/// What a service has in common with the others of its node.
#[derive(Clone)]
pub(super) struct Around {
    pub(super) node: Arc<str>,
    pub(super) shepherd: Arc<[String]>,
    pub(super) epoch: watch::Receiver<Epoch>,
    pub(super) fence: watch::Receiver<Fence>,
    pub(super) incidents: mpsc::UnboundedSender<Incident>,
}

impl Around {
    /// The environment of a service's commands, its own part first.
    pub(super) fn environment(&self, service: &Config) -> Vec<(String, String)> {
        let own = service.environment.iter().map(|(name, value)| (name.clone(), value.clone()));
        let told = [("LOCUM_NODE", self.node.to_string()), ("LOCUM_SERVICE", service.name.clone())];
        let told = told.map(|(name, value)| (name.to_owned(), value));
        own.chain(told).chain(self.epoch.borrow().environment()).collect()
    }
}

/// One service and all that its task knows.
pub(super) struct Service {
    index: u16,
    spec: ServiceSpec,
    around: Around,
    seen: Arc<Mutex<Seen>>,
    /// The last observation, until there is room for it.
    unsent: Option<Observation>,
    /// The run for which the service is to run, if it is.
    run: Option<u64>,
    phase: Phase,
    probing: Probing,
    /// Before the next restart.
    pause: Duration,
}

impl Service {
    pub(super) fn new(index: u16, mut spec: ServiceSpec, around: Around, seen: Arc<Mutex<Seen>>) -> Service {
        let probing = probing(&mut spec);
        let phase = Phase::Stopped;
        Service { index, spec, around, seen, unsent: None, run: None, phase, probing, pause: PAUSE_MIN }
    }

    /// Guards the service until nobody can give orders any more.
    pub(super) async fn guard(
        mut self,
        mut orders: mpsc::UnboundedReceiver<Order>,
        observations: mpsc::Sender<Observation>,
    ) {
        loop {
            self.publish();
            tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => self.obey(order).await,
                    None => return,
                },
                event = self.phase.event() => self.react(event).await,
                finding = self.probing.next(), if self.is_looked_at() => self.found(finding),
                room = observations.reserve(), if self.unsent.is_some() => {
                    if let (Ok(room), Some(observation)) = (room, self.unsent.take()) {
                        room.send(observation);
                    }
                }
            }
        }
    }

    async fn obey(&mut self, order: Order) {
        match order {
            Order::Start(run) => {
                self.enter(run);
                let trusted_from = self.trusted_from(Instant::now());
                match &mut self.phase {
                    Phase::Child { trusted_at, .. } => *trusted_at = trusted_at.or(trusted_from),
                    Phase::Started => self.started(),
                    Phase::Starting(_) => {}
                    Phase::Stopped | Phase::Failed { .. } => self.begin().await,
                }
            }
            Order::Restart(run) => {
                self.leave().await;
                self.enter(run);
                self.begin().await;
            }
            Order::Stop(reply) => {
                self.leave().await;
                self.publish();
                let _ = reply.send(());
            }
            Order::Act(action, reply) => {
                let answer = self.act(action).await;
                self.publish();
                let _ = reply.send(answer);
            }
            Order::Adjust(mut spec) => {
                self.probing = probing(&mut spec);
                self.spec = *spec;
            }
        }
    }

    /// What the operator asks. A service that the operator stopped stays so until an operator or the node starts it.
    async fn act(&mut self, action: ServiceAction) -> Result<String, Problem> {
        let name = self.spec.config.name.clone();
        let internal = |failure: Failure| Problem::new("internal", format!("Service {name}: {failure}."));
        if self.run.is_none() {
            return match action {
                ServiceAction::Stop => Ok(format!("Service {name} is stopped already.")),
                ServiceAction::Start | ServiceAction::Restart => {
                    let text = "is not to run in the node's present state; nothing has changed.";
                    Err(Problem::new("refused", format!("Service {name} {text} The node starts it in time.")))
                }
            };
        }
        let runs = !matches!(self.phase, Phase::Stopped | Phase::Failed { .. });
        match action {
            ServiceAction::Start if runs => return Ok(format!("Service {name} runs already.")),
            ServiceAction::Start => {}
            ServiceAction::Restart | ServiceAction::Stop => self.halt().await.map_err(internal)?,
        }
        if action == ServiceAction::Stop {
            self.probing.afresh();
            self.found(Finding::new(Health::Down, "stopped by the operator"));
            return Ok(format!("Service {name} is stopped, until it is started again."));
        }
        self.pause = PAUSE_MIN;
        self.begin().await;
        match &self.phase {
            Phase::Failed { .. } => Err(internal(Failure(self.seen().message().to_owned()))),
            Phase::Child { child, .. } => Ok(format!("Service {name} is started, as process {}.", child.pid())),
            _ => Ok(format!("Service {name} is being started.")),
        }
    }

    async fn react(&mut self, event: Event) {
        match event {
            Event::StartEnded(Ok(())) => {
                self.phase = Phase::Started;
                self.started();
            }
            Event::StartEnded(Err(failure)) => {
                self.phase = Phase::Failed { again_at: None };
                self.found(Finding::new(Health::Down, failure.0));
            }
            Event::ChildTrusted => {
                if let Phase::Child { trusted_at, .. } = &mut self.phase {
                    *trusted_at = None;
                }
                self.found(Finding::new(Health::Up, "the process runs"));
            }
            Event::ChildEnded(end @ End::Fenced { until_ms }) => {
                let service = self.spec.config.name.clone();
                let _ = self.around.incidents.send(Incident::Fenced { service, until_ms });
                // It did not fail, so neither its restart policy nor a pause has a say.
                self.pause = PAUSE_MIN;
                self.down(Some(Duration::ZERO), format!("the process {end}"));
            }
            Event::ChildEnded(end) => self.lost(end != End::Code(0), format!("the process {end}")),
            // The driver still hangs. What starts now would be killed at once.
            Event::PauseEnded if self.around.fence.borrow().has_fallen(clock::now_ms()) => {
                self.phase = Phase::Failed { again_at: Some(Instant::now() + PAUSE_MIN) };
            }
            Event::PauseEnded => {
                self.seen().count_restart();
                self.begin().await;
            }
        }
    }

    /// The services are to run, for this run. What is under way for an earlier one is given up.
    fn enter(&mut self, run: u64) {
        self.run = Some(run);
        self.pause = PAUSE_MIN;
        self.probing.afresh();
    }

    /// The services are to stop.
    async fn leave(&mut self) {
        self.run = None;
        self.unsent = None;
        if let Err(failure) = self.halt().await {
            tracing::warn!(service = self.spec.config.name, %failure, "cannot stop the service");
        }
        self.seen().forget();
    }

    async fn begin(&mut self) {
        let config = &self.spec.config;
        let environment = self.around.environment(config);
        let name = &config.name;
        match config.supervise {
            Supervise::Child => {
                let recipe =
                    Recipe { command: &config.start, environment: &environment, log: self.spec.log.as_deref() };
                let shepherd = &self.around.shepherd;
                let fence = self.around.fence.clone();
                match Child::start(shepherd, &recipe, config.stop_timeout, fence).await {
                    Ok(child) => {
                        tracing::info!(service = name, pid = child.pid(), "service started");
                        let trusted_at = self.trusted_from(child.started_at() + self.pause);
                        self.phase = Phase::Child { child: Box::new(child), trusted_at };
                        self.probing.afresh();
                    }
                    Err(failure) => self.lost(true, failure.0),
                }
            }
            Supervise::Command => {
                tracing::info!(service = name, "service is being started");
                let (command, log) = (config.start.clone(), self.spec.log.clone());
                let patience = config.start_timeout;
                self.phase = Phase::Starting(Box::pin(async move {
                    let recipe = Recipe { command: &command, environment: &environment, log: log.as_deref() };
                    recipe.run(patience).await
                }));
            }
        }
    }

    /// Ends what runs.
    ///
    /// # Errors
    /// The stop command of a service that is no child fails.
    async fn halt(&mut self) -> Result<(), Failure> {
        let phase = mem::replace(&mut self.phase, Phase::Stopped);
        let config = &self.spec.config;
        let deadline = Instant::now() + config.stop_timeout;
        let environment = self.around.environment(config);
        let stop = config.stop.as_deref().map(|command| {
            let recipe = Recipe { command, environment: &environment, log: self.spec.log.as_deref() };
            async move { recipe.run(config.stop_timeout).await }
        });
        match (phase, stop) {
            (Phase::Child { child, .. }, None) => child.stop().await,
            (Phase::Child { child, .. }, Some(stop)) => match stop.await {
                Ok(()) => child.stop_by(deadline).await,
                Err(failure) => {
                    tracing::warn!(service = config.name, %failure, "the stop command fails; signals are used");
                    child.stop().await;
                }
            },
            // Even where this daemon did not start it: it may run since an earlier one.
            (_, Some(stop)) if config.supervise == Supervise::Command => {
                let stopped = stop.await;
                if stopped.is_err() {
                    self.phase = Phase::Failed { again_at: None };
                }
                return stopped;
            }
            _ => {}
        }
        Ok(())
    }

    /// A child has ended, or could not be started.
    fn lost(&mut self, failed: bool, message: String) {
        tracing::warn!(service = self.spec.config.name, message, "service lost");
        if let Phase::Child { child, .. } = &self.phase
            && child.started_at().elapsed() >= STEADY_TIME
        {
            self.pause = PAUSE_MIN;
        }
        let again = match self.spec.config.restart {
            Restart::Always => true,
            Restart::OnFailure => failed,
            Restart::Never => false,
        };
        let pause = again.then_some(self.pause);
        self.pause = PAUSE_MAX.min(self.pause * 2);
        self.down(pause, message);
    }

    /// There is no process. One is started again after this pause, if at all.
    fn down(&mut self, pause: Option<Duration>, message: String) {
        self.phase = Phase::Failed { again_at: pause.map(|pause| Instant::now() + pause) };
        // A look under way may have seen what is no more.
        self.probing.afresh();
        self.found(Finding::new(Health::Down, message));
    }

    /// The start command succeeded, and nothing else may be known.
    fn started(&mut self) {
        self.probing.afresh();
        if !self.probing.exists() {
            self.found(Finding::new(Health::Up, "its start command succeeded"));
        }
    }

    /// Tells what was found.
    fn found(&mut self, finding: Finding) {
        let Some(run) = self.run else { return };
        let Finding { health, message, measures } = finding;
        self.seen().take_in(health, &message);
        self.unsent = Some(Observation { service: self.index, run, health, message, measures });
    }

    /// From when on a living child is up, where only that can be known.
    fn trusted_from(&self, instant: Instant) -> Option<Instant> {
        (!self.probing.exists()).then_some(instant)
    }

    /// A child is looked at while there is one; what is no child, while it is meant to run.
    fn is_looked_at(&self) -> bool {
        match self.spec.config.supervise {
            Supervise::Child => matches!(self.phase, Phase::Child { .. }),
            Supervise::Command => self.run.is_some(),
        }
    }

    fn publish(&self) {
        self.seen().publish(&self.phase);
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn probing(spec: &mut ServiceSpec) -> Probing {
    let times = spec.config.probe.as_ref().map(|probe| (probe.interval, probe.timeout));
    let (interval, timeout) = times.unwrap_or_default();
    Probing::new(spec.check.take(), interval, timeout)
}
