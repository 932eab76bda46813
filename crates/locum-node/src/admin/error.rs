use std::{io, net::SocketAddr, path::PathBuf};

/// Why the admin API does not start.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// Tokens must not cross a network in the clear.
    #[error(
        "the admin address {address} is not a loopback address and has no TLS; give it a certificate, or listen on 127.0.0.1"
    )]
    NeedsTls {
        /// The address.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on the admin address {address}: {source}; is another daemon running?")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the kernel says.
        source: io::Error,
    },
    /// Another process answers on the socket.
    #[error("another daemon answers on the admin socket {}; stop it, or give this one another path", path.display())]
    SocketInUse {
        /// The socket.
        path: PathBuf,
    },
    /// Something that is not a socket has the socket's name.
    #[error("{} exists and is not a socket; remove it, or give the admin socket another path", path.display())]
    NotASocket {
        /// The file.
        path: PathBuf,
    },
    /// The socket cannot be made.
    #[error("cannot make the admin socket {}: {source}; does its folder exist, and may the daemon write there?", path.display())]
    Socket {
        /// The socket.
        path: PathBuf,
        /// What the kernel says.
        source: io::Error,
    },
}
