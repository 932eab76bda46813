//! The OpenAPI document, made from the routes and the documents themselves.

use axum::Json;
use utoipa::{
    IntoParams, Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use super::routes::{commands, daemon, events, gate, users};

/// The header by which a request sent twice is done once.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only describes the header; `body::Key` reads it")]
pub(crate) struct IdempotencyKey {
    /// Chosen by the client, 1 to 128 visible ASCII characters: the same request under the same key is done once.
    #[param(rename = "Idempotency-Key")]
    key: Option<String>,
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Locum admin API", description = "What a node of a redundancy group tells and does. Every problem is \
        a document with a stable name, words for people, and where it helps the single faults."),
    paths(daemon::health, daemon::status, daemon::reload, daemon::stop, daemon::service, events::list, events::follow,
        commands::at_node, commands::recover, commands::high_availability, users::list, users::show, users::put,
        users::remove, users::remove_many, users::import, users::export, users::rebalance, gate::one, gate::many),
    security(("token" = [])),
    modifiers(&Bearer),
)]
struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        openapi.components.get_or_insert_default().add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// The OpenAPI document of the admin API.
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

pub(crate) async fn serve() -> Json<utoipa::openapi::OpenApi> {
    Json(document())
}
