//! The routes, one file for each concern.

pub(crate) mod commands;
pub(crate) mod daemon;
pub(crate) mod events;
pub(crate) mod gate;
pub(crate) mod users;

use std::sync::Arc;

use axum::{
    Router, middleware,
    routing::{get, post},
};
use tokio::sync::mpsc;

use super::{
    Stop,
    access::{self, Access},
    idempotency::Remembered,
    openapi,
};
use crate::{api::Problem, handle::NodeHandle};

/// What a route works with.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) handle: NodeHandle,
    pub(crate) stop: mpsc::Sender<Stop>,
    pub(crate) remembered: Arc<Remembered>,
}

/// Every route, behind the access check. The names of users that are words of the API (`import`, `export`, `remove`,
/// `rebalance`) are reached with a percent-encoded letter, since routes are matched before decoding.
pub(crate) fn router(handle: NodeHandle, stop: mpsc::Sender<Stop>, access: Access) -> Router {
    let v1 = Router::new()
        .route("/health", get(daemon::health))
        .route("/status", get(daemon::status))
        .route("/reload", post(daemon::reload))
        .route("/stop", post(daemon::stop))
        .route("/services/{name}/{action}", post(daemon::service))
        .route("/openapi.json", get(openapi::serve))
        .route("/events", get(events::list))
        .route("/events/follow", get(events::follow))
        .route("/nodes/{node}/{command}", post(commands::at_node))
        .route("/recover", post(commands::recover))
        .route("/high-availability", post(commands::high_availability))
        .route("/users", get(users::list))
        .route("/users/import", post(users::import))
        .route("/users/export", get(users::export))
        .route("/users/remove", post(users::remove_many))
        .route("/users/rebalance", post(users::rebalance))
        .route("/users/{user}", get(users::show).put(users::put).delete(users::remove))
        .route("/gate", post(gate::many))
        .route("/gate/{user}", get(gate::one));
    Router::new()
        .nest("/v1", v1)
        .route("/openapi.json", get(openapi::serve))
        .fallback(async || Problem::new("not-found", "There is nothing at this address; see /openapi.json."))
        .method_not_allowed_fallback(async || {
            Problem::new("wrong-method", "This address takes another HTTP method; see /openapi.json.")
        })
        .layer(middleware::from_fn_with_state(Arc::new(access), access::check))
        .with_state(Api { handle, stop, remembered: Arc::default() })
}
