//! `locum fallback`

use std::time::Duration;

use anyhow::Result;
use clap::Args;
use locum_core::{State, States};
use locum_node::api::{CommandOutcome, Status};

use crate::{
    client::{Payload, encode},
    context::Context,
    settle::{self, Goal, TIMEOUT_DEFAULT},
};

/// Give a node its users back, and wait until that is done.
#[derive(Debug, Args)]
pub(crate) struct Fallback {
    /// The node that gets its users back; else the one whose users its peer serves
    node: Option<String>,
    /// Stop the countdown of the automatic fallback instead
    #[arg(long)]
    cancel: bool,
    /// How long to wait
    #[arg(long, value_name = "DURATION", default_value = TIMEOUT_DEFAULT, value_parser = humantime::parse_duration)]
    timeout: Duration,
}

impl Fallback {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let client = context.client()?;
        let node = match self.node {
            Some(node) => node,
            None => covered(&client.get("/v1/status").await?),
        };
        let command = if self.cancel { "cancel-fallback" } else { "fallback" };
        let path = format!("/v1/nodes/{}/{command}", encode(&node));
        let outcome: CommandOutcome = client.post(&path, Payload::Empty).await?;
        if self.cancel {
            return context.show(&outcome, |_| outcome.text.clone());
        }
        settle::wait(context, &client, &Goal::AtHome(node), outcome, self.timeout).await
    }
}

/// The one node whose users its peer serves; else the one that is asked, whose refusal tells why.
fn covered(status: &Status) -> String {
    let is_covered = |state: &str| State::from_name(state).is_some_and(|state| States::COVERED.has(state));
    let node = status.nodes.iter().find(|node| is_covered(&node.state));
    node.map_or_else(|| status.node.clone(), |node| node.name.clone())
}
