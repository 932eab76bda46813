//! The users of the group.

use axum::{
    Json,
    body::{Body, Bytes},
    extract::State,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use locum_store::{UserRef, csv};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use crate::{
    admin::{
        body::{self, Asked, Key, Named},
        openapi::IdempotencyKey,
        problem::{Answer, invalid},
    },
    api::{Problem, UserDocument, UsersOutcome},
    handle::{NodeHandle, UsersChange},
};

/// How many users one answer holds.
const USERS_MAX: usize = 10_000;
/// How many come where no number is asked for.
const USERS_DEFAULT: usize = 1000;

/// Which users.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    home: Option<String>,
    after: Option<String>,
    limit: Option<usize>,
}

/// A user to add or to change.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    /// As in the address; may be left out.
    pub(crate) user: Option<String>,
    /// The node that is to be the user's home; if unsaid, the policy chooses.
    pub(crate) home: Option<String>,
    /// The load the user brings; 1 if unsaid.
    pub(crate) weight: Option<u32>,
    /// The user's class; 0 if unsaid.
    pub(crate) class: Option<u32>,
}

/// Users in order of their names, a page at a time.
#[utoipa::path(get, path = "/v1/users", tag = "users",
    params(("home" = Option<String>, Query, description = "Only those with this home."),
        ("after" = Option<String>, Query, description = "Only those after this name: the last of the page before."),
        ("limit" = Option<usize>, Query, description = "How many, up to 10000; 1000 if unsaid.")),
    responses((status = 200, body = Vec<UserDocument>), (status = "default", body = Problem)))]
pub(crate) async fn list(State(api): State<Api>, Asked(which): Asked<Which>) -> Answer<Vec<UserDocument>> {
    let limit = which.limit.unwrap_or(USERS_DEFAULT).clamp(1, USERS_MAX);
    api.handle.users(which.home, which.after, limit).await.map(Json)
}

/// One user.
#[utoipa::path(get, path = "/v1/users/{user}", tag = "users", params(("user" = String, Path, description = "The user.")),
    responses((status = 200, body = UserDocument), (status = "default", body = Problem)))]
pub(crate) async fn show(State(api): State<Api>, Named(user): Named<String>) -> Answer<UserDocument> {
    api.handle.user(user).await.map(Json)
}

/// Adds a user, or changes one. Acknowledged when both nodes have it.
#[utoipa::path(put, path = "/v1/users/{user}", tag = "users", request_body = NewUser,
    params(("user" = String, Path, description = "The user."), IdempotencyKey),
    responses((status = 200, body = UsersOutcome), (status = "default", body = Problem)))]
pub(crate) async fn put(
    State(api): State<Api>,
    Named(user): Named<String>,
    Key(key): Key,
    request: Body,
) -> Answer<UsersOutcome> {
    let NewUser { user: named, home, weight, class } = body::json(request).await?;
    if let Some(named) = named.filter(|named| *named != user) {
        return Err(invalid(format!("The address says {user}, the document says {named}.")));
    }
    let (weight, class) = (weight.unwrap_or(1), class.unwrap_or(0));
    let user = UserDocument { user, home, weight, class, served_by: None };
    api.handle.change_users(UsersChange::Add(user), key).await.map(Json)
}

/// Removes a user. Acknowledged when both nodes have done it.
#[utoipa::path(delete, path = "/v1/users/{user}", tag = "users",
    params(("user" = String, Path, description = "The user."), IdempotencyKey),
    responses((status = 200, body = UsersOutcome), (status = "default", body = Problem)))]
pub(crate) async fn remove(State(api): State<Api>, Named(user): Named<String>, Key(key): Key) -> Answer<UsersOutcome> {
    api.handle.change_users(UsersChange::Remove(vec![user]), key).await.map(Json)
}

/// Removes users: all of these, or none. Acknowledged when both nodes have done it.
#[utoipa::path(post, path = "/v1/users/remove", tag = "users", params(IdempotencyKey), request_body = Vec<String>,
    responses((status = 200, body = UsersOutcome), (status = "default", body = Problem)))]
pub(crate) async fn remove_many(State(api): State<Api>, Key(key): Key, request: Body) -> Answer<UsersOutcome> {
    let users = body::json(request).await?;
    api.handle.change_users(UsersChange::Remove(users), key).await.map(Json)
}

/// Adds users from a CSV file with the header `user[,home][,weight][,class]`: all, or none with every fault.
#[utoipa::path(post, path = "/v1/users/import", tag = "users", params(IdempotencyKey),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = UsersOutcome), (status = "default", body = Problem)))]
pub(crate) async fn import(State(api): State<Api>, Key(key): Key, request: Body) -> Answer<UsersOutcome> {
    let text = body::csv(request).await?;
    api.handle.change_users(UsersChange::Import(text), key).await.map(Json)
}

/// Lets the policy give every user a new home.
#[utoipa::path(post, path = "/v1/users/rebalance", tag = "users", params(IdempotencyKey),
    responses((status = 200, body = UsersOutcome), (status = "default", body = Problem)))]
pub(crate) async fn rebalance(State(api): State<Api>, Key(key): Key) -> Answer<UsersOutcome> {
    api.handle.change_users(UsersChange::Rebalance, key).await.map(Json)
}

/// All users as a CSV file that `import` reads.
#[utoipa::path(get, path = "/v1/users/export", tag = "users",
    responses((status = 200, content_type = "text/csv", body = String), (status = "default", body = Problem)))]
pub(crate) async fn export(State(api): State<Api>) -> Result<Response, Problem> {
    // The first page is asked for before the answer begins, so that a node that cannot answer says so.
    let first = page(&api.handle, None).await?;
    let pages = stream::unfold(Some((first, true)), move |at| {
        let handle = api.handle.clone();
        async move {
            let (users, first) = at?;
            let next = match users.last().filter(|_| users.len() == USERS_MAX) {
                Some(last) => page(&handle, Some(last.user.clone())).await.map(|users| Some((users, false))),
                None => Ok(None),
            };
            // A page that fails breaks the transfer off, so that half a file does not look like a whole one.
            Some(next.map_or_else(|problem| (Err(problem), None), |next| (text(&users, first), next)))
        }
    });
    let headers = [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, "attachment; filename=users.csv")];
    Ok((headers, Body::from_stream(pages)).into_response())
}

async fn page(handle: &NodeHandle, after: Option<String>) -> Result<Vec<UserDocument>, Problem> {
    handle.users(None, after, USERS_MAX).await
}

/// A page as CSV, with the header where it is the first.
fn text(users: &[UserDocument], first: bool) -> Result<Bytes, Problem> {
    let rows = users.iter().map(|UserDocument { user, home, weight, class, .. }| UserRef {
        id: 0,
        name: user,
        home: home.as_deref(),
        weight: *weight,
        class: *class,
    });
    let mut text = Vec::new();
    csv::write(&mut text, rows).map_err(|error| Problem::new("internal", error.to_string()))?;
    let header_bytes = text.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    Ok(Bytes::from(text).slice(if first { 0 } else { header_bytes }..))
}
