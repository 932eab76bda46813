//! Listening: the Unix socket, the TCP port, and who is refused before a word is said.

use std::{
    fs, io,
    net::SocketAddr,
    os::unix::fs::FileTypeExt,
    path::{Path, PathBuf},
};

use rustix::fs::{Mode, fchmod};
use tokio::{
    net::{TcpListener, UnixListener, UnixSocket, UnixStream},
    sync::mpsc,
};

use super::{
    AdminConfig, AdminError, AdminTls, Stop,
    access::Access,
    connections::{self, Door},
    routes,
};
use crate::handle::NodeHandle;

/// How many clients of the Unix socket may wait to be let in.
const BACKLOG: u32 = 64;

/// The admin API, listening but not yet answering. Dropping it removes the socket's file.
pub struct Bound {
    socket: Option<(UnixListener, SocketFile)>,
    tcp: Option<(TcpListener, SocketAddr)>,
    tls: Option<AdminTls>,
    access: Access,
}

impl Bound {
    /// Listens as the configuration says.
    ///
    /// # Errors
    /// An address that needs TLS and has none, or one that cannot be listened on. Nothing is listened on then.
    pub async fn bind(config: AdminConfig) -> Result<Bound, AdminError> {
        let AdminConfig { socket, listen, tokens, certificates, tls } = config;
        let tcp = match listen {
            Some(address) if tls.is_none() && !address.ip().is_loopback() => {
                return Err(AdminError::NeedsTls { address });
            }
            Some(address) => Some(bind_tcp(address).await?),
            None => None,
        };
        let socket = match socket {
            Some(path) => Some(bind_socket(path).await?),
            None => None,
        };
        Ok(Bound { socket, tcp, tls, access: Access { tokens, certificates } })
    }

    /// The TCP address, with its port where the configuration left that to the kernel.
    pub fn address(&self) -> Option<SocketAddr> {
        self.tcp.as_ref().map(|(_, address)| *address)
    }

    /// Answers until the future is dropped; open connections end with it.
    pub async fn serve(self, handle: NodeHandle, stop: mpsc::Sender<Stop>) {
        let router = routes::router(handle, stop, self.access);
        // Each door has its own places, so that a crowd on the network never keeps the local command out.
        let (local, network) = (Door::new(router.clone()), Door::new(router));
        tokio::join!(
            async {
                if let Some((listener, _file)) = &self.socket {
                    connections::local(listener, local).await;
                }
            },
            async {
                if let Some((listener, _)) = &self.tcp {
                    connections::network(listener, self.tls, network).await;
                }
            },
        );
    }
}

async fn bind_tcp(address: SocketAddr) -> Result<(TcpListener, SocketAddr), AdminError> {
    let listen = |source| AdminError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    Ok((listener, address))
}

/// The file of a socket, removed on drop.
struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

async fn bind_socket(path: PathBuf) -> Result<(UnixListener, SocketFile), AdminError> {
    clear_the_way(&path).await?;
    let listener = private_listener(&path).map_err(|source| AdminError::Socket { path: path.clone(), source })?;
    Ok((listener, SocketFile(path)))
}

/// The mode is set before the name exists, so there is no moment at which others can open it.
fn private_listener(path: &Path) -> io::Result<UnixListener> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let socket = UnixSocket::new_stream()?;
    fchmod(&socket, Mode::RUSR | Mode::WUSR)?;
    socket.bind(path)?;
    socket.listen(BACKLOG)
}

/// Removes the socket that a killed daemon left behind, and nothing else.
async fn clear_the_way(path: &Path) -> Result<(), AdminError> {
    let Ok(metadata) = fs::symlink_metadata(path) else { return Ok(()) };
    if !metadata.file_type().is_socket() {
        return Err(AdminError::NotASocket { path: path.to_owned() });
    }
    if UnixStream::connect(path).await.is_ok() {
        return Err(AdminError::SocketInUse { path: path.to_owned() });
    }
    fs::remove_file(path).map_err(|source| AdminError::Socket { path: path.to_owned(), source })
}
