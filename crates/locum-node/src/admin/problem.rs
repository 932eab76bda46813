//! How a [`Problem`] becomes a response.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::api::Problem;

/// What a route answers.
pub(crate) type Answer<T> = Result<Json<T>, Problem>;

/// Something in the request that makes no sense.
pub(crate) fn invalid(text: impl Into<String>) -> Problem {
    Problem::new("invalid", text)
}

fn status(problem: &str) -> StatusCode {
    match problem {
        "invalid" => StatusCode::BAD_REQUEST,
        "unauthenticated" => StatusCode::UNAUTHORIZED,
        "forbidden" => StatusCode::FORBIDDEN,
        "not-found" => StatusCode::NOT_FOUND,
        "wrong-method" => StatusCode::METHOD_NOT_ALLOWED,
        "too-slow" => StatusCode::REQUEST_TIMEOUT,
        "refused" => StatusCode::CONFLICT,
        "too-large" => StatusCode::PAYLOAD_TOO_LARGE,
        "peer" => StatusCode::BAD_GATEWAY,
        "busy" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = status(&self.problem);
        let mut response = (status, Json(self)).into_response();
        match status {
            StatusCode::UNAUTHORIZED => {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}
