//! The admin API: HTTP and JSON on a Unix socket for the local command, and on TCP for everyone else.
//!
//! Data flows one way: a connection says how the caller came in ([`connections`]), [`access`] decides what the caller
//! may do, a route puts one request into the node's queue and turns the answer into a response. Nothing here holds
//! state of the node, and nothing here can delay it: every request is bounded in size, time and number.

mod access;
mod body;
mod connections;
mod error;
mod idempotency;
mod listen;
mod openapi;
mod problem;
mod routes;
#[cfg(test)]
mod tests;
mod tls;

use std::{net::SocketAddr, path::PathBuf};

use tokio::sync::mpsc;

pub use access::{CertificateRole, Tokens};
pub use error::AdminError;
pub use listen::Bound;
pub use openapi::document as openapi_document;
pub use tls::AdminTls;

use crate::handle::NodeHandle;

/// Where the admin API listens, and who may do what.
#[derive(Clone, Default)]
pub struct AdminConfig {
    /// The Unix socket for the local command. Who may open it (its owner, and root) is an operator.
    pub socket: Option<PathBuf>,
    /// The TCP address. Without `tls` it must be a loopback address.
    pub listen: Option<SocketAddr>,
    /// The bearer tokens that are accepted on TCP.
    pub tokens: Tokens,
    /// The client certificates that are accepted on TCP with TLS.
    pub certificates: Vec<CertificateRole>,
    /// TLS for TCP.
    pub tls: Option<AdminTls>,
}

/// An operator asks the daemon to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Whether the peer is to take over first (`docs/behaviour.md` §9.7). A restart of the daemon says no goodbye.
    pub goodbye: bool,
}

/// Listens as the configuration says, and answers until the future is dropped. Requests to stop go to `stop`.
///
/// # Errors
/// An address that needs TLS and has none, or one that cannot be listened on.
pub async fn serve(handle: NodeHandle, config: AdminConfig, stop: mpsc::Sender<Stop>) -> Result<(), AdminError> {
    Bound::bind(config).await?.serve(handle, stop).await;
    Ok(())
}
