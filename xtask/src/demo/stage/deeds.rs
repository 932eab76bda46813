//! What an act may do on the stage. Everything that is done is told.

use std::fs;

use anyhow::{Context, Result, bail};
use locum_core::{State, States};

use super::{FIRST_START_MS, Stage};
use crate::{demo::config::WEB, pair::node::Node};

/// So many commands lead back to Normal from everywhere.
const COMMANDS_MAX: usize = 6;

impl Stage {
    /// Starts a daemon.
    pub(in crate::demo) fn start(&self, node: Node) -> Result<()> {
        let pid = self.daemon(node).start()?;
        self.deed(format!("{node}$ locum run --config {node}.toml  # process {pid}"));
        Ok(())
    }

    /// Kills a daemon and tells when.
    pub(in crate::demo) fn kill(&self, node: Node) -> Result<u64> {
        let pid = self.daemon(node).pid().with_context(|| format!("the daemon of {node} does not run"))?;
        let at_us = self.deed(format!("{node}$ kill -9 {pid}"));
        self.daemon(node).kill()?;
        Ok(at_us)
    }

    /// Runs the command `locum` at a node, and tells when it began. What waits for an end is bounded by its timers.
    pub(in crate::demo) async fn locum(&self, node: Node, arguments: &[&str]) -> Result<u64> {
        let at_us = self.deed(format!("{node}$ locum {}", arguments.join(" ")));
        self.daemon(node).locum(arguments, self.patience(self.timers.initialization_keep_alive_timeout_ms)).await?;
        Ok(at_us)
    }

    /// Starts or stops a service of a node, and tells when that was asked.
    pub(in crate::demo) async fn service(&self, node: Node, action: &str, service: &str) -> Result<u64> {
        self.locum(node, &["services", action, service]).await
    }

    /// Breaks a service of a node, so that it cannot start, or mends it.
    pub(in crate::demo) fn broken(&self, node: Node, broken: bool) -> Result<()> {
        let file = self.daemon(node).breakage();
        match broken {
            true => fs::write(&file, "broken by the demo\n")?,
            false => fs::remove_file(&file)?,
        }
        let what = if broken { "is broken: it will not start again" } else { "is mended" };
        self.deed(format!("the service {} of {node} {what}", WEB));
        Ok(())
    }

    /// Switches the kernel's word on or off while both daemons run.
    pub(in crate::demo) async fn fast_peer_loss(&mut self, on: bool) -> Result<()> {
        self.timers.fast_peer_loss = on;
        self.deed(format!("fast_peer_loss = {on} in both configurations"));
        for node in Node::BOTH {
            self.configure(node)?;
        }
        tokio::try_join!(self.locum(Node::A, &["reload"]), self.locum(Node::B, &["reload"]))?;
        self.until(State::Normal, State::Normal, self.timers.initialization_keep_alive_timeout_ms).await
    }

    /// Brings both nodes back to Normal from wherever they are, as their administrator would.
    pub(in crate::demo) async fn restore(&mut self) -> Result<()> {
        for node in Node::BOTH {
            if self.daemon(node).breakage().exists() {
                self.broken(node, false)?;
            }
            if self.daemon(node).pid().is_none() {
                self.start(node)?;
            }
        }
        let heard = || Node::BOTH.into_iter().all(|node| self.journal.state(node).is_some()).then_some(());
        self.wait("both daemons answer", FIRST_START_MS, heard).await?;
        for node in Node::BOTH {
            // Refused where they are not to run now.
            let _ = self.locum(node, &["services", "start"]).await;
        }
        let at_rest = |pair: [State; 2]| !pair.into_iter().any(State::is_transition);
        for _ in 0..COMMANDS_MAX {
            let pair = self.settled("both nodes are at rest", FIRST_START_MS, at_rest).await?;
            if pair == [State::Normal; 2] {
                return self.fast_peer_loss(true).await;
            }
            if pair.contains(&State::RunningInFailedMode) {
                self.locum(Node::A, &["recover"]).await?;
            }
            for (node, state) in Node::BOTH.into_iter().zip(pair) {
                // What is refused because things have moved on is looked at again.
                let _ = match state {
                    State::Idle | State::FailedOver => self.locum(node, &["fallback", node.name()]).await,
                    state if States::COVERED.has(state) => self.locum(node, &["services", "start"]).await,
                    _ => Ok(0),
                };
            }
        }
        bail!("both nodes are not Normal after {COMMANDS_MAX} commands")
    }
}
