//! `locum events`

use anyhow::{Context as _, Result};
use clap::Args;
use locum_node::api::Event;

use crate::{
    context::{self, Context},
    render,
};

/// Show the journal: every transition, with its cause.
#[derive(Debug, Args)]
pub(crate) struct Events {
    /// Go on with what is written from now on, until interrupted
    #[arg(long, short)]
    follow: bool,
    /// Begin with this entry; else with the last ones
    #[arg(long, value_name = "NUMBER")]
    from: Option<u64>,
    /// How many entries (with --follow, how many old ones)
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 20)]
    limit: usize,
}

impl Events {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let client = context.client()?;
        let part = format!("from={}&limit={}", self.from.unwrap_or(0), self.limit);
        if !self.follow {
            let events: Vec<Event> = client.get(&format!("/v1/events?{part}")).await?;
            return context
                .show(&events, |paint| events.iter().map(|event| render::event(event, paint) + "\n").collect());
        }
        let mut lines = client.stream(&format!("/v1/events/follow?{part}")).await?;
        while let Some(line) = lines.line().await? {
            if context.json() {
                context::print(&line)?;
                continue;
            }
            let event: Event = serde_json::from_str(&line).context("the node sent a line that is no event")?;
            context::print(&render::event(&event, context.paint))?;
        }
        Ok(())
    }
}
