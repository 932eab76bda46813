//! Who is calling, and what the caller may do.

use std::sync::{Arc, PoisonError, RwLock};

use axum::{
    extract::{Extension, Request, State},
    http::{Method, header::AUTHORIZATION},
    middleware::Next,
    response::Response,
};
use locum_config::{Role, Token};
use sha2::{Digest, Sha256};

use crate::api::Problem;

const SCHEME: &[u8] = b"Bearer ";

/// The bearer tokens that are accepted. A clone is the same set, so that a reload can change it while the API runs.
#[derive(Clone, Default)]
pub struct Tokens(Arc<RwLock<Vec<Token>>>);

impl Tokens {
    /// These tokens.
    pub fn new(tokens: Vec<Token>) -> Tokens {
        Tokens(Arc::new(RwLock::new(tokens)))
    }

    /// These, and no others, from the next request on.
    pub fn replace(&self, tokens: Vec<Token>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = tokens;
    }

    /// Whose token this is. Every one is compared, whole, so that the time tells nothing about any.
    fn holder(&self, authorization: Option<&[u8]>) -> Option<Caller> {
        let (scheme, token) = authorization?.split_at_checked(SCHEME.len())?;
        if !scheme.eq_ignore_ascii_case(SCHEME) {
            return None;
        }
        let digest = Sha256::digest(token.trim_ascii()).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let tokens = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let found =
            tokens.iter().fold(None, |found, token| if same(&token.sha256, &digest) { Some(token) } else { found });
        found.map(|token| Caller { name: token.name.clone(), role: token.role })
    }
}

/// Whether two digests are the same, in a time that does not depend on where they differ.
fn same(known: &str, digest: &str) -> bool {
    let differing = known.bytes().zip(digest.bytes()).fold(0, |all, (a, b)| all | (a.to_ascii_lowercase() ^ b));
    known.len() == digest.len() && differing == 0
}

/// What the bearer of a client certificate may do.
#[derive(Clone, Debug)]
pub struct CertificateRole {
    /// A DNS name of the certificate, such as `NAME.GROUP.locum`.
    pub name: String,
    /// What it allows.
    pub role: Role,
}

/// How a caller came in.
#[derive(Clone, Debug)]
pub(crate) enum Entrance {
    /// Through the Unix socket, which only its owner can open.
    Local,
    /// Over the network, with the names of a certificate that the TLS library has verified.
    Network { certificate: Vec<String> },
}

/// Who may do what on the network.
pub(crate) struct Access {
    pub(crate) tokens: Tokens,
    pub(crate) certificates: Vec<CertificateRole>,
}

/// Who is calling.
struct Caller {
    name: String,
    role: Role,
}

/// Lets a request through, or answers it: 401 where the caller is unknown, 403 where the role is too small.
pub(crate) async fn check(
    State(access): State<Arc<Access>>,
    Extension(entrance): Extension<Entrance>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let Some(needed) = role_needed(request.method(), request.uri().path()) else { return Ok(next.run(request).await) };
    let authorization = request.headers().get(AUTHORIZATION).map(|value| value.as_bytes());
    let Some(Caller { name, role }) = access.caller(&entrance, authorization) else {
        return Err(Problem::new(
            "unauthenticated",
            "Who are you? Send `Authorization: Bearer TOKEN` with a token of this node's configuration, or connect with a client certificate that it names.",
        ));
    };
    let (method, path) = (request.method(), request.uri().path());
    if needed == Role::Operator && role != Role::Operator {
        let (has, needs) = (role.name(), needed.name());
        tracing::warn!(caller = name, %method, path, "refused: needs the role {needs}");
        let text = format!("This needs the role {needs}; {name} has the role {has}. Nothing has changed.");
        return Err(Problem::new("forbidden", text));
    }
    if needed == Role::Operator {
        tracing::info!(caller = name, %method, path, "admin request");
    }
    Ok(next.run(request).await)
}

/// The role that a request needs; `None` where anybody may ask.
fn role_needed(method: &Method, path: &str) -> Option<Role> {
    match (method, path) {
        // A load balancer has no token, and learns from this only that something answers.
        (&Method::GET | &Method::HEAD, "/v1/health") => None,
        // A question about many users, which do not fit into an address.
        (&Method::POST, "/v1/gate") => Some(Role::Viewer),
        (&Method::GET | &Method::HEAD, _) => Some(Role::Viewer),
        _ => Some(Role::Operator),
    }
}

impl Access {
    fn caller(&self, entrance: &Entrance, authorization: Option<&[u8]>) -> Option<Caller> {
        match entrance {
            Entrance::Local => Some(Caller { name: "the owner of the socket".into(), role: Role::Operator }),
            Entrance::Network { certificate } => {
                self.tokens.holder(authorization).or_else(|| self.certified(certificate))
            }
        }
    }

    fn certified(&self, names: &[String]) -> Option<Caller> {
        let known = self.certificates.iter().find(|known| names.contains(&known.name))?;
        Some(Caller { name: known.name.clone(), role: known.role })
    }
}
