//! The daemon itself: its status, its services, its configuration, its end.

use axum::{Json, body::Body, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use crate::{
    admin::{
        Stop,
        body::{self, Key, Named},
        openapi::IdempotencyKey,
        problem::Answer,
    },
    api::{Problem, Status},
    handle::ServiceAction,
};

/// Whether the daemon answers.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Health {
    /// Always `true`; a daemon that cannot answer gives a problem.
    pub(crate) alive: bool,
}

/// What was done, a line each.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Done {
    /// In words.
    pub(crate) text: Vec<String>,
}

/// How to stop.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StopRequest {
    /// Whether the peer is to take over first.
    pub(crate) goodbye: bool,
}

/// Whether the node's loop answers. Open to everybody, and tells nothing else.
#[utoipa::path(get, path = "/v1/health", tag = "daemon", security(()),
    responses((status = 200, body = Health), (status = "default", body = Problem)))]
pub(crate) async fn health(State(api): State<Api>) -> Answer<Health> {
    api.handle.status().await.map(|_| Json(Health { alive: true }))
}

/// What this node knows of its group.
#[utoipa::path(get, path = "/v1/status", tag = "daemon",
    responses((status = 200, body = Status), (status = "default", body = Problem)))]
pub(crate) async fn status(State(api): State<Api>) -> Answer<Status> {
    api.handle.status().await.map(Json)
}

/// Reads the configuration again; refused whole if something changed that cannot change while the daemon runs.
#[utoipa::path(post, path = "/v1/reload", tag = "daemon", params(IdempotencyKey),
    responses((status = 200, body = Done), (status = "default", body = Problem)))]
pub(crate) async fn reload(State(api): State<Api>, Key(key): Key) -> Answer<Done> {
    let handle = api.handle;
    let text = api.remembered.once(key, "reload".into(), async move { handle.reload().await }).await?;
    Ok(Json(Done { text }))
}

/// Stops the daemon: with a goodbye, after the peer has taken over. The answer comes before the end.
#[utoipa::path(post, path = "/v1/stop", tag = "daemon", params(IdempotencyKey), request_body = StopRequest,
    responses((status = 202, body = Done), (status = "default", body = Problem)))]
pub(crate) async fn stop(
    State(api): State<Api>,
    Key(_): Key,
    request: Body,
) -> Result<(StatusCode, Json<Done>), Problem> {
    // Asked twice, a daemon stops once: there is nothing for a key to add.
    let StopRequest { goodbye } = body::json(request).await?;
    api.stop.try_send(Stop { goodbye }).map_err(|_| Problem::new("busy", "The node is stopping already."))?;
    let text = match goodbye {
        true => "The node says goodbye: its peer takes over, then it stops.",
        false => "The node stops without a goodbye.",
    };
    Ok((StatusCode::ACCEPTED, Json(Done { text: vec![text.into()] })))
}

/// Starts, stops or restarts a service of this node.
#[utoipa::path(post, path = "/v1/services/{name}/{action}", tag = "daemon",
    params(("name" = String, Path, description = "The service."),
        ("action" = String, Path, description = "`start`, `stop` or `restart`."), IdempotencyKey),
    responses((status = 200, body = Done), (status = "default", body = Problem)))]
pub(crate) async fn service(
    State(api): State<Api>,
    Named((name, action)): Named<(String, String)>,
    Key(key): Key,
) -> Answer<Done> {
    let wanted = match &*action {
        "start" => ServiceAction::Start,
        "stop" => ServiceAction::Stop,
        "restart" => ServiceAction::Restart,
        _ => {
            let text = format!("A service can start, stop or restart; there is no {action:?}.");
            return Err(Problem::new("not-found", text));
        }
    };
    let (handle, what) = (api.handle, format!("{action} the service {name}"));
    let act = async move { handle.service(name, wanted).await.map(|text| vec![text]) };
    Ok(Json(Done { text: api.remembered.once(key, what, act).await? }))
}
