//! The gate: what the services of this node ask before they serve a user.

use axum::{Json, body::Body, extract::State, http::StatusCode};

use super::Api;
use crate::{
    admin::{
        body::{self, Named},
        problem::{Answer, invalid},
    },
    api::{Admission, Problem},
};

/// How many users one question may name.
const USERS_MAX: usize = 10_000;

/// Whether this node serves a user now: 200 if it does, 409 if not, with the same document.
#[utoipa::path(get, path = "/v1/gate/{user}", tag = "gate", params(("user" = String, Path, description = "The user.")),
    responses((status = 200, description = "Serve.", body = Admission), (status = 409, description = "Do not.", body = Admission),
        (status = "default", body = Problem)))]
pub(crate) async fn one(
    State(api): State<Api>,
    Named(user): Named<String>,
) -> Result<(StatusCode, Json<Admission>), Problem> {
    let admission = api.handle.admissions(vec![user]).await?.pop();
    let admission = admission.ok_or_else(|| Problem::new("internal", "The node gave no answer."))?;
    let status = if admission.serve { StatusCode::OK } else { StatusCode::CONFLICT };
    Ok((status, Json(admission)))
}

/// Whether this node serves these users now, in the order of the question. A question: viewers may ask it.
#[utoipa::path(post, path = "/v1/gate", tag = "gate", request_body = Vec<String>,
    responses((status = 200, body = Vec<Admission>), (status = "default", body = Problem)))]
pub(crate) async fn many(State(api): State<Api>, request: Body) -> Answer<Vec<Admission>> {
    let users: Vec<String> = body::json(request).await?;
    if users.len() > USERS_MAX {
        return Err(invalid(format!("{} users in one question; ask for at most {USERS_MAX}.", users.len())));
    }
    api.handle.admissions(users).await.map(Json)
}
