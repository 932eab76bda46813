//! `locum status`

use std::{
    io::{IsTerminal, stdout},
    time::{Duration, Instant},
};

use anyhow::Result;
use clap::Args;
use locum_node::api;

use crate::{
    context::{self, Context},
    failure::Failure,
    render::{self, Moment},
};

/// Show both nodes: states, users, services, links, timers, and what to do.
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Show it again and again, until interrupted
    #[arg(long, short)]
    watch: bool,
}

impl Status {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let client = context.client()?;
        let mut status: api::Status = client.get("/v1/status").await?;
        let mut asked = Instant::now();
        if !self.watch {
            return context.show(&status, |paint| render::status(&status, Moment::now(asked), paint));
        }
        let on_screen = stdout().is_terminal() && !context.json();
        loop {
            match context.json() {
                true => context::print(&serde_json::to_string(&status)?)?,
                false => {
                    let text = render::status(&status, Moment::now(asked), context.paint);
                    context::print(&if on_screen { in_place(&text) } else { text + "\n" })?;
                }
            }
            tokio::time::sleep(Duration::from_millis(status.interval_ms.clamp(250, 2000))).await;
            match client.get("/v1/status").await {
                Ok(fresh) => (status, asked) = (fresh, Instant::now()),
                // The last one stays on the screen, and says how old it is.
                Err(Failure::Unreachable(_)) if on_screen => {}
                Err(failure) => return Err(failure.into()),
            }
        }
    }
}

/// From the upper left corner, each line to its end: nothing flickers.
fn in_place(text: &str) -> String {
    format!("\x1b[H{}\x1b[J", text.lines().map(|line| format!("{line}\x1b[K\n")).collect::<String>())
}
