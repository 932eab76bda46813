//! What there is of a service's process, and what befalls it.

use std::future::pending;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until};

use super::process::{Child, End, Failure};

/// What there is of the service's process.
pub(super) enum Phase {
    /// Nothing, as is meant.
    Stopped,
    /// The start command of a service that is no child.
    Starting(BoxFuture<'static, Result<(), Failure>>),
    /// That command has ended well.
    Started,
    /// A child; where it has no probe, it is up from `trusted_at` on.
    Child { child: Box<Child>, trusted_at: Option<Instant> },
    /// Nothing, though something is meant to be.
    Failed { again_at: Option<Instant> },
}

/// What befell a process.
pub(super) enum Event {
    StartEnded(Result<(), Failure>),
    ChildTrusted,
    ChildEnded(End),
    PauseEnded,
}

impl Phase {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Phase::Stopped => "stopped",
            Phase::Starting(_) => "starting",
            Phase::Started | Phase::Child { .. } => "running",
            Phase::Failed { .. } => "failed",
        }
    }

    pub(super) fn pid(&self) -> Option<u32> {
        if let Phase::Child { child, .. } = self { Some(child.pid()) } else { None }
    }

    /// The next thing that befalls it. May be given up and called again.
    pub(super) async fn event(&mut self) -> Event {
        match self {
            Phase::Starting(start) => Event::StartEnded(start.await),
            Phase::Child { child, trusted_at } => tokio::select! {
                biased;
                end = child.ended() => Event::ChildEnded(end),
                () = at(*trusted_at) => Event::ChildTrusted,
            },
            Phase::Failed { again_at: Some(again_at) } => {
                sleep_until(*again_at).await;
                Event::PauseEnded
            }
            Phase::Stopped | Phase::Started | Phase::Failed { again_at: None } => pending().await,
        }
    }
}

async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => pending().await,
    }
}
