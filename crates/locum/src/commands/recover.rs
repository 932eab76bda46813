//! `locum recover`

use std::time::Duration;

use anyhow::Result;
use clap::Args;
use locum_node::api::Status;

use crate::{
    client::Payload,
    context::Context,
    settle::{self, Goal, TIMEOUT_DEFAULT},
};

/// Leave Failed Mode on both nodes, and wait until that is done.
#[derive(Debug, Args)]
pub(crate) struct Recover {
    /// How long to wait
    #[arg(long, value_name = "DURATION", default_value = TIMEOUT_DEFAULT, value_parser = humantime::parse_duration)]
    timeout: Duration,
}

impl Recover {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let client = context.client()?;
        let before: Status = client.get("/v1/status").await?;
        let since_unix_ms = before.nodes.first().map_or(0, |node| node.since_unix_ms);
        let outcome = client.post("/v1/recover", Payload::Empty).await?;
        settle::wait(context, &client, &Goal::Recovered(since_unix_ms), outcome, self.timeout).await
    }
}
