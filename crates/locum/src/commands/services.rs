//! `locum services`

use anyhow::Result;
use clap::Subcommand;
use locum_node::api::Status;
use serde::{Deserialize, Serialize};

use crate::{
    client::{Client, Payload, encode},
    context::Context,
    render,
};

/// Show, start, stop or restart the services of a node.
#[derive(Debug, Subcommand)]
pub(crate) enum Services {
    /// Show the services of both nodes
    List,
    /// Start services of the node that is asked
    Start {
        /// Which ones; else all
        names: Vec<String>,
    },
    /// Stop services of the node that is asked; they stay stopped until they are started
    Stop {
        /// Which ones
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Stop services of the node that is asked, then start them
    Restart {
        /// Which ones
        #[arg(required = true)]
        names: Vec<String>,
    },
}

/// What was done, a line each.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Done {
    /// In words.
    pub(crate) text: Vec<String>,
}

impl Services {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let client = context.client()?;
        let (action, names) = match self {
            Services::List => {
                let status: Status = client.get("/v1/status").await?;
                return context.show(&by_node(&status), |paint| render::services(&status.nodes, paint));
            }
            Services::Start { names } if names.is_empty() => ("start", own(&client).await?),
            Services::Start { names } => ("start", names),
            Services::Stop { names } => ("stop", names),
            Services::Restart { names } => ("restart", names),
        };
        let mut all = Done::default();
        for name in names {
            let path = format!("/v1/services/{}/{action}", encode(&name));
            all.text.extend(client.post::<Done>(&path, Payload::Empty).await?.text);
        }
        context.show(&all, |_| all.text.join("\n"))
    }
}

/// The names of the services of the node that is asked.
async fn own(client: &Client) -> Result<Vec<String>> {
    let status: Status = client.get("/v1/status").await?;
    let services = status.nodes.into_iter().take(1).flat_map(|node| node.services);
    Ok(services.map(|service| service.name).collect())
}

fn by_node(status: &Status) -> serde_json::Value {
    status.nodes.iter().map(|node| (node.name.clone(), serde_json::json!(node.services))).collect()
}
