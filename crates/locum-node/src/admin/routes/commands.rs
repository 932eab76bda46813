//! What an administrator may ask of the state machine.

use axum::{Json, body::Body, extract::State};
use locum_core::Command;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use crate::{
    admin::{
        body::{self, Asked, Key, Named},
        openapi::IdempotencyKey,
        problem::{Answer, invalid},
    },
    api::{CommandOutcome, Problem},
};

/// How to carry a command out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct How {
    #[serde(default)]
    force: bool,
}

/// Whether high availability is to be on.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HighAvailability {
    /// On or off, for the group.
    pub(crate) on: bool,
}

/// Fails a node over, falls back to it, recovers it, or cancels its automatic fallback. The answer comes when the
/// command has begun; `status` tells how it goes on.
#[utoipa::path(post, path = "/v1/nodes/{node}/{command}", tag = "commands",
    params(("node" = String, Path, description = "A node of the group."),
        ("command" = String, Path, description = "`failover`, `fallback`, `recover` or `cancel-fallback`."),
        ("force" = Option<bool>, Query, description = "With `failover`: make the peer of this node, which an \
            administrator made Idle, fit to take over while this node cannot serve."),
        IdempotencyKey),
    responses((status = 200, body = CommandOutcome), (status = "default", body = Problem)))]
pub(crate) async fn at_node(
    State(api): State<Api>,
    Named((node, command)): Named<(String, String)>,
    Asked(How { force }): Asked<How>,
    Key(key): Key,
) -> Answer<CommandOutcome> {
    let command = match (&*command, force) {
        ("failover", true) => Command::ForceTakeOver,
        ("failover", false) => Command::Failover,
        ("fallback", false) => Command::Fallback,
        ("recover", false) => Command::Recover,
        ("cancel-fallback", false) => Command::CancelFallback,
        ("fallback" | "recover" | "cancel-fallback", true) => {
            return Err(invalid(format!("Only a failover can be forced, not a {command}.")));
        }
        _ => {
            let text = format!("A node can failover, fallback, recover or cancel-fallback; there is no {command:?}.");
            return Err(Problem::new("not-found", text));
        }
    };
    let names = api.handle.status().await?.nodes.into_iter().map(|node| node.name).collect::<Vec<_>>();
    if !names.contains(&node) {
        let text = format!("There is no node {node} in this group; its nodes are {}.", names.join(" and "));
        return Err(Problem::new("not-found", text));
    }
    let target = match command {
        Command::ForceTakeOver => names.into_iter().find(|name| *name != node).ok_or_else(|| {
            Problem::new("refused", format!("{node} has no peer that could take over. Nothing has changed."))
        })?,
        _ => node,
    };
    carry_out(&api, Some(target), command, key).await
}

/// Leaves Failed Mode, on both nodes.
#[utoipa::path(post, path = "/v1/recover", tag = "commands", params(IdempotencyKey),
    responses((status = 200, body = CommandOutcome), (status = "default", body = Problem)))]
pub(crate) async fn recover(State(api): State<Api>, Key(key): Key) -> Answer<CommandOutcome> {
    carry_out(&api, None, Command::Recover, key).await
}

/// Switches high availability on or off, for the group.
#[utoipa::path(post, path = "/v1/high-availability", tag = "commands", params(IdempotencyKey),
    request_body = HighAvailability,
    responses((status = 200, body = CommandOutcome), (status = "default", body = Problem)))]
pub(crate) async fn high_availability(State(api): State<Api>, Key(key): Key, request: Body) -> Answer<CommandOutcome> {
    let HighAvailability { on } = body::json(request).await?;
    let command = if on { Command::HighAvailabilityOn } else { Command::HighAvailabilityOff };
    carry_out(&api, None, command, key).await
}

async fn carry_out(api: &Api, node: Option<String>, command: Command, key: Option<String>) -> Answer<CommandOutcome> {
    let outcome = api.handle.command(node, command, key).await?;
    match &*outcome.outcome {
        "refused" => Err(Problem::new("refused", outcome.text)),
        _ => Ok(Json(outcome)),
    }
}
