//! `locum failover`

use std::time::Duration;

use anyhow::Result;
use clap::Args;
use locum_node::api::Status;

use crate::{
    client::{Payload, encode},
    context::Context,
    settle::{self, Goal, TIMEOUT_DEFAULT},
};

/// Move a node's users to its peer, and wait until that is done.
#[derive(Debug, Args)]
pub(crate) struct Failover {
    /// The node whose users move; else the one that is asked
    node: Option<String>,
    /// Where NODE cannot serve and its peer is Idle: let the peer take over all the same
    #[arg(long)]
    force: bool,
    /// How long to wait
    #[arg(long, value_name = "DURATION", default_value = TIMEOUT_DEFAULT, value_parser = humantime::parse_duration)]
    timeout: Duration,
}

impl Failover {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let client = context.client()?;
        let node = match self.node {
            Some(node) => node,
            None => client.get::<Status>("/v1/status").await?.node,
        };
        let force = if self.force { "?force=true" } else { "" };
        let outcome = client.post(&format!("/v1/nodes/{}/failover{force}", encode(&node)), Payload::Empty).await?;
        settle::wait(context, &client, &Goal::Covered(node), outcome, self.timeout).await
    }
}
