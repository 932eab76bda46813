//! `locum stop`

use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;
use locum_node::api::Status;
use serde_json::{Value, json};

use crate::{
    client::Payload,
    context::{self, Context},
    failure::Failure,
    progress::Progress,
    render,
    settle::TIMEOUT_DEFAULT,
};

/// How often to look whether the node is still there.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Say goodbye (the peer takes over first) and stop the node.
#[derive(Debug, Args)]
pub(crate) struct Stop {
    /// Stop without a goodbye, since the daemon is started again at once
    #[arg(long)]
    restart: bool,
    /// How long to wait
    #[arg(long, value_name = "DURATION", default_value = TIMEOUT_DEFAULT, value_parser = humantime::parse_duration)]
    timeout: Duration,
}

impl Stop {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let client = context.client()?;
        let before: Status = client.get("/v1/status").await?;
        let _: Value = client.post("/v1/stop", Payload::Json(json!({ "goodbye": !self.restart }))).await?;
        let mut progress = Progress::start();
        let start = Instant::now();
        loop {
            match client.get::<Status>("/v1/status").await {
                Err(Failure::Unreachable(_)) => break,
                Ok(status) => progress.say(render::pair(&status)),
                Err(failure) => progress.say(failure.to_string()),
            }
            if start.elapsed() >= self.timeout {
                let text =
                    format!("{} has not stopped within {}.", before.node, humantime::format_duration(self.timeout));
                return Err(Failure::Failed(text).into());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        drop(progress);
        match context.json() {
            true => context::print(&json!({ "stopped": before.node }).to_string()),
            false => context::print(&format!("{} has stopped.", before.node)),
        }
    }
}
