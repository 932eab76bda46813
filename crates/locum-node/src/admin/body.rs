//! Request bodies, bounded in size and in time, and the other parts of a request that a caller can get wrong.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    extract::{FromRequestParts, Path, Query},
    http::{HeaderName, request::Parts},
};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;

use super::problem::invalid;
use crate::api::Problem;

/// How large a JSON document may be.
const JSON_BYTES_MAX: usize = 1 << 20;
/// How large a CSV file may be.
const CSV_BYTES_MAX: usize = 128 << 20;
/// How long a client may send nothing in the middle of a body. Tests wait less.
const PAUSE_MAX: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 10 });
/// How long a client may take for a whole body.
const BODY_TIME_MAX: Duration = Duration::from_secs(300);

async fn read(mut body: Body, bytes_max: usize) -> Result<Vec<u8>, Problem> {
    let too_slow = |_| Problem::new("too-slow", "The request came too slowly, and nothing was done with it.");
    let whole = async {
        let mut bytes = Vec::new();
        while let Some(frame) = tokio::time::timeout(PAUSE_MAX, body.frame()).await.map_err(too_slow)? {
            let frame = frame.map_err(|error| invalid(format!("The request broke off: {error}.")))?;
            let data = frame.into_data().unwrap_or_else(|_| Bytes::new());
            if bytes.len() + data.len() > bytes_max {
                let text = format!("The request is larger than {bytes_max} bytes; nothing was done with it.");
                return Err(Problem::new("too-large", text));
            }
            bytes.extend_from_slice(&data);
        }
        Ok(bytes)
    };
    tokio::time::timeout(BODY_TIME_MAX, whole).await.map_err(too_slow)?
}

/// A JSON document.
pub(crate) async fn json<T: DeserializeOwned>(body: Body) -> Result<T, Problem> {
    let bytes = read(body, JSON_BYTES_MAX).await?;
    serde_json::from_slice(&bytes).map_err(|error| invalid(format!("The request's JSON document is wrong: {error}.")))
}

/// A CSV file.
pub(crate) async fn csv(body: Body) -> Result<String, Problem> {
    String::from_utf8(read(body, CSV_BYTES_MAX).await?).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
        let mut problem = invalid("The file is not UTF-8 text; nothing was imported.");
        problem.details.push(format!("line {line}: a byte that is not UTF-8; save the file as UTF-8"));
        problem
    })
}

/// The parts of the address that name something: a `String`, or a tuple of them.
pub(crate) struct Named<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let names = Path::<T>::from_request_parts(parts, state).await;
        names.map(|Path(names)| Named(names)).map_err(|error| invalid(format!("The address is wrong: {error}.")))
    }
}

/// What follows the `?` of the address.
pub(crate) struct Asked<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let asked = Query::try_from_uri(&parts.uri);
        asked.map(|Query(asked)| Asked(asked)).map_err(|error| invalid(format!("The address is wrong: {error}.")))
    }
}

/// The `Idempotency-Key` of a request, by which the same request sent twice is done once.
pub(crate) struct Key(pub(crate) Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(key) = parts.headers.get(HeaderName::from_static("idempotency-key")) else { return Ok(Key(None)) };
        let key = key.to_str().ok().filter(|key| (1..=128).contains(&key.len()));
        let key = key.ok_or_else(|| invalid("The Idempotency-Key must be 1 to 128 visible ASCII characters."))?;
        Ok(Key(Some(key.to_owned())))
    }
}
