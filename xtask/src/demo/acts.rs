//! The acts. Each begins and ends with both nodes Normal, and measures how long it took to notice, decide and serve.

use anyhow::{Result, ensure};
use locum_core::State::{
    FailedOver, FailedOverWithCriticalServicesNotRunning, Idle, Normal, RunningInBackupMode, RunningInFailedMode,
    TakingOver,
};

use super::{
    config::{START_TIMEOUT_MS, WEB},
    journal::Transition,
    stage::Stage,
    summary::{Ended, Measured},
    timeline::What,
};
use crate::pair::node::{Node, now_us};

/// How long a daemon takes to start, beyond its timers, in milliseconds.
const START_MS: u64 = 20_000;

/// What is played, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    KilledAtOnce,
    KilledInSilence,
    ServiceDown,
    OnRequest,
    FailedStart,
}

/// What told the node that acts on a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoticedBy {
    Kernel,
    Silence,
    Probe,
    Command,
    Start,
    Other,
}

impl NoticedBy {
    pub(super) const fn name(self) -> &'static str {
        match self {
            NoticedBy::Kernel => "kernel's word",
            NoticedBy::Silence => "keep-alive timeout",
            NoticedBy::Probe => "probe",
            NoticedBy::Command => "command",
            NoticedBy::Start => "start of the service",
            NoticedBy::Other => "something else",
        }
    }
}

impl Act {
    pub(super) const ALL: [Act; 5] =
        [Act::KilledAtOnce, Act::KilledInSilence, Act::ServiceDown, Act::OnRequest, Act::FailedStart];

    /// Its name for programs.
    pub(super) const fn id(self) -> &'static str {
        match self {
            Act::KilledAtOnce => "kill-kernel-word",
            Act::KilledInSilence => "kill-keep-alive-timeout",
            Act::ServiceDown => "critical-service-down",
            Act::OnRequest => "manual-failover",
            Act::FailedStart => "failed-start",
        }
    }

    pub(super) const fn title(self) -> &'static str {
        match self {
            Act::KilledAtOnce => "kill -9, and the kernel tells the peer",
            Act::KilledInSilence => "kill -9, and only silence tells the peer",
            Act::ServiceDown => "A critical service stops",
            Act::OnRequest => "An administrator fails a node over",
            Act::FailedStart => "A service does not start on the way home",
        }
    }

    /// Plays the act, and counts the users when it is over.
    pub(super) async fn play(self, number: usize, stage: &mut Stage) -> Result<Ended> {
        let since_us = now_us();
        stage.timeline().at(since_us, What::Act { number, title: self.title().into() });
        let measured = match self {
            Act::KilledAtOnce => killed(stage, NoticedBy::Kernel).await?,
            Act::KilledInSilence => {
                stage.fast_peer_loss(false).await?;
                let measured = killed(stage, NoticedBy::Silence).await?;
                stage.fast_peer_loss(true).await?;
                measured
            }
            Act::ServiceDown => service_down(stage).await?,
            Act::OnRequest => on_request(stage).await?,
            Act::FailedStart => failed_start(stage).await?,
        };
        stage.roll_call().await;
        stage.count_directories().await?;
        stage.count_twice(since_us);
        Ok(Ended::new(self, measured, stage.close_tally()))
    }
}

async fn killed(stage: &Stage, noticed_by: NoticedBy) -> Result<Measured> {
    let fault_us = stage.kill(Node::A)?;
    let measured = covered(stage, fault_us, noticed_by, stage.timers().keep_alive_timeout_ms).await?;
    stage.roll_call().await;
    stage.start(Node::A)?;
    let start_ms = START_MS + stage.timers().initialization_keep_alive_timeout_ms;
    stage.until(FailedOver, RunningInBackupMode, start_ms).await?;
    home_again(stage).await?;
    Ok(measured)
}

async fn service_down(stage: &Stage) -> Result<Measured> {
    let fault_us = stage.service(Node::A, "stop", WEB).await?;
    let measured = covered(stage, fault_us, NoticedBy::Probe, stage.timers().critical_service_delay_ms).await?;
    stage.until(FailedOverWithCriticalServicesNotRunning, RunningInBackupMode, 0).await?;
    stage.roll_call().await;
    stage.service(Node::A, "start", WEB).await?;
    stage.until(FailedOver, RunningInBackupMode, START_TIMEOUT_MS).await?;
    home_again(stage).await?;
    Ok(measured)
}

async fn on_request(stage: &Stage) -> Result<Measured> {
    let asked_us = now_us();
    stage.locum(Node::A, &["failover", "a"]).await?;
    let measured = covered(stage, asked_us, NoticedBy::Command, 0).await?;
    stage.until(Idle, RunningInBackupMode, 0).await?;
    stage.roll_call().await;
    home_again(stage).await?;
    Ok(measured)
}

/// The fault is the fallback to a node whose service is broken; its users are served again once it is mended.
async fn failed_start(stage: &Stage) -> Result<Measured> {
    stage.locum(Node::A, &["failover", "a"]).await?;
    stage.until(Idle, RunningInBackupMode, 0).await?;
    stage.broken(Node::A, true)?;
    let fault_us = now_us();
    let refused = stage.locum(Node::A, &["fallback", "a"]).await;
    ensure!(refused.is_err(), "`locum fallback a` succeeded though a service of a does not start");
    let detected = stage.entered(Node::A, RunningInFailedMode, fault_us, START_TIMEOUT_MS).await?;
    let decided = stage.entered(Node::B, RunningInFailedMode, fault_us, 0).await?;
    stage.until(RunningInFailedMode, RunningInFailedMode, 0).await?;
    stage.broken(Node::A, false)?;
    stage.locum(Node::A, &["recover"]).await?;
    let served_us = stage.served(Node::A, Node::A, fault_us).await?;
    stage.until(Normal, Normal, START_TIMEOUT_MS + stage.timers().initialization_keep_alive_timeout_ms).await?;
    ensure!(
        detected.reason == "Start of Critical Services Failed",
        "Failed Mode for another reason: {}",
        detected.reason
    );
    Ok(Measured::new(fault_us, detected.at_ms, decided.at_ms, served_us, NoticedBy::Start))
}

/// Waits until b covers a, in its own words and its gate's, and for the reason that was to be.
async fn covered(stage: &Stage, fault_us: u64, wanted: NoticedBy, noticed_within_ms: u64) -> Result<Measured> {
    let detected = stage.entered(Node::B, TakingOver, fault_us, noticed_within_ms).await?;
    let decided = stage.entered(Node::B, RunningInBackupMode, fault_us, 0).await?;
    let served_us = stage.served(Node::B, Node::A, fault_us).await?;
    let noticed_by = noticed_by(&detected, stage.timers().fast_peer_loss, stage.timers().keep_alive_timeout_ms);
    ensure!(noticed_by == wanted, "b took over by the {}, not by the {}", noticed_by.name(), wanted.name());
    Ok(Measured::new(fault_us, detected.at_ms, decided.at_ms, served_us, noticed_by))
}

/// What made b take over, as its journal tells. The kernel's word goes on after the timeout: it is what counts only
/// where it is listened to, or comes before.
fn noticed_by(taking_over: &Transition, listens_to_kernel: bool, keep_alive_timeout_ms: u64) -> NoticedBy {
    let Transition { reason, trigger, peer_silent_ms, .. } = taking_over;
    match reason.as_str() {
        "Peer Down" if *peer_silent_ms < keep_alive_timeout_ms => NoticedBy::Kernel,
        "Peer Down" if listens_to_kernel && trigger == "PeerLoss" => NoticedBy::Kernel,
        "Peer Down" => NoticedBy::Silence,
        "Critical Service Down" | "Database Failure" => NoticedBy::Probe,
        "On Admin Request" => NoticedBy::Command,
        _ => NoticedBy::Other,
    }
}

async fn home_again(stage: &Stage) -> Result<()> {
    stage.locum(Node::A, &["fallback", "a"]).await?;
    stage.until(Normal, Normal, START_TIMEOUT_MS).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_and_the_kernels_word_are_told_apart() {
        let noticed_by = |reason: &str, trigger: &str, peer_silent_ms, listens_to_kernel| {
            let (reason, trigger) = (reason.to_owned(), trigger.to_owned());
            let transition = Transition { at_ms: 1, to: TakingOver, reason, trigger, peer_silent_ms };
            noticed_by(&transition, listens_to_kernel, 350)
        };
        assert_eq!(noticed_by("Peer Down", "PeerLoss", 20, true), NoticedBy::Kernel);
        assert_eq!(noticed_by("Peer Down", "PeerLoss", 400, true), NoticedBy::Kernel);
        assert_eq!(noticed_by("Peer Down", "PeerLoss", 20, false), NoticedBy::Kernel);
        assert_eq!(noticed_by("Peer Down", "PeerLoss", 350, false), NoticedBy::Silence);
        assert_eq!(noticed_by("Peer Down", "Timer", 350, true), NoticedBy::Silence);
        assert_eq!(noticed_by("Critical Service Down", "Heartbeat", 0, true), NoticedBy::Probe);
        assert_eq!(noticed_by("On Admin Request", "Heartbeat", 0, true), NoticedBy::Command);
    }

    #[test]
    fn every_act_has_a_name_of_its_own() {
        let ids: std::collections::BTreeSet<_> = Act::ALL.iter().map(|act| act.id()).collect();
        assert_eq!(ids.len(), Act::ALL.len());
    }
}
