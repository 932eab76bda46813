//! `locum reload`

use anyhow::Result;
use clap::Args;

use super::services::Done;
use crate::{client::Payload, context::Context};

/// Read the configuration again, as SIGHUP does.
#[derive(Debug, Args)]
pub(crate) struct Reload {}

impl Reload {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let done: Done = context.client()?.post("/v1/reload", Payload::Empty).await?;
        context.show(&done, |_| match done.text.is_empty() {
            true => "Nothing has changed.".to_owned(),
            false => done.text.join("\n"),
        })
    }
}
