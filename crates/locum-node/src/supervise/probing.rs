//! When a probe looks at its service, and what it makes of it.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use locum_core::Health;
use locum_host::probe::{Measure, Probe, Report, Status};
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

/// One look at a service, to be given up by dropping it.
pub type Check = Box<dyn FnMut() -> BoxFuture<'static, Finding> + Send>;

/// What a look at a service found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The verdict.
    pub health: Health,
    /// One line for people.
    pub message: String,
    /// Measured values.
    pub measures: Vec<Measure>,
}

impl Finding {
    /// A verdict, in words.
    pub fn new(health: Health, message: impl Into<String>) -> Finding {
        Finding { health, message: message.into(), measures: Vec::new() }
    }
}

impl From<Report> for Finding {
    fn from(Report { status, message, measures }: Report) -> Finding {
        let health = match status {
            Status::Up => Health::Up,
            Status::Down => Health::Down,
            Status::Unknown => Health::Unknown,
        };
        Finding { health, message, measures }
    }
}

/// A probe plugin as a [`Check`]; a look may take `timeout`. It computes in this lane: one that never ends a call keeps
/// other probes waiting at most.
pub fn plugin(probe: Probe, settings: Vec<(String, String)>, timeout: Duration, lane: Handle) -> Check {
    let probe = Arc::new(Mutex::new(probe));
    let settings: Arc<[_]> = settings.into();
    Box::new(move || {
        let (probe, settings) = (Arc::clone(&probe), Arc::clone(&settings));
        let lane = lane.clone();
        Box::pin(async move {
            // The set gives the look up when it is dropped.
            let mut look = JoinSet::new();
            look.spawn_on(async move { probe.lock().await.check(&settings, timeout).await }, &lane);
            let gone = || Finding::new(Health::Unknown, "the probe did not end its look");
            look.join_next().await.and_then(Result::ok).map_or_else(gone, Finding::from)
        })
    })
}

/// The looks at one service, one at a time.
pub(super) struct Probing {
    check: Option<Check>,
    interval: Duration,
    timeout: Duration,
    next_at: Instant,
    look: Option<BoxFuture<'static, Finding>>,
}

impl Probing {
    pub(super) fn new(check: Option<Check>, interval: Duration, timeout: Duration) -> Probing {
        Probing { check, interval, timeout, next_at: Instant::now(), look: None }
    }

    /// Whether there is a probe.
    pub(super) fn exists(&self) -> bool {
        self.check.is_some()
    }

    /// Gives the look up that is under way, and looks at once.
    pub(super) fn afresh(&mut self) {
        self.look = None;
        self.next_at = Instant::now();
    }

    /// Waits until the next look is due and has found something. May be given up and called again: a look under way
    /// goes on. A look that overruns finds nothing, which is unknown (`docs/behaviour.md` §9.8).
    pub(super) async fn next(&mut self) -> Finding {
        let Some(check) = &mut self.check else { return pending().await };
        if self.look.is_none() {
            sleep_until(self.next_at).await;
        }
        let allowed = self.timeout;
        let look = self.look.get_or_insert_with(|| {
            self.next_at = Instant::now() + self.interval;
            let look = check();
            Box::pin(async move {
                let overrun =
                    |_| Finding::new(Health::Unknown, format!("no verdict within {} ms", allowed.as_millis()));
                timeout(allowed, look).await.unwrap_or_else(overrun)
            })
        });
        let finding = look.await;
        self.look = None;
        finding
    }
}
