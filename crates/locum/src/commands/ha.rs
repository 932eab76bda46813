//! `locum ha`

use anyhow::Result;
use clap::{Args, ValueEnum};
use locum_node::api::CommandOutcome;
use serde_json::json;

use crate::{client::Payload, context::Context};

/// Switch high availability on or off, for the group.
#[derive(Debug, Args)]
pub(crate) struct Ha {
    /// On or off
    switch: Switch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    /// The nodes stand in for each other.
    On,
    /// They do not.
    Off,
}

impl Ha {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let on = self.switch == Switch::On;
        let payload = Payload::Json(json!({ "on": on }));
        let outcome: CommandOutcome = context.client()?.post("/v1/high-availability", payload).await?;
        context.show(&outcome, |_| outcome.text.clone())
    }
}
