//! Connections: how many, how long, and how each caller came in.

use std::{sync::Arc, time::Duration};

use axum::Router;
use hyper::{
    Request,
    body::Incoming,
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixListener},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::timeout,
};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;

use super::{AdminTls, access::Entrance};
use crate::pki;

/// How many connections one door has at a time.
const CONNECTIONS_MAX: usize = 128;
/// How long a client may take for the head of a request, and may keep a connection without one. Tests wait less.
const HEAD_TIME_MAX: Duration = Duration::from_secs(if cfg!(test) { 3 } else { 10 });
/// How long a client may take nothing of an answer: longer than anybody pages through what comes. Tests wait less.
const DEAF_TIME_MAX: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 60 });
/// How long a TLS handshake may take.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(5);
/// How much of a request's head is read.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// How long to wait where the kernel cannot give another connection (it is out of files, as a rule).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A way in, with its places.
pub(crate) struct Door {
    router: Router,
    places: Arc<Semaphore>,
    /// Dropped with the door, which ends them.
    open: JoinSet<()>,
}

impl Door {
    pub(crate) fn new(router: Router) -> Door {
        Door { router, places: Arc::new(Semaphore::new(CONNECTIONS_MAX)), open: JoinSet::new() }
    }

    /// A place for one more connection, if there is one.
    fn place(&mut self) -> Option<OwnedSemaphorePermit> {
        while self.open.try_join_next().is_some() {}
        Arc::clone(&self.places).try_acquire_owned().ok()
    }
}

/// Answers on the Unix socket, for ever.
pub(crate) async fn local(listener: &UnixListener, mut door: Door) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => match door.place() {
                Some(place) => {
                    let router = door.router.clone();
                    door.open.spawn(async move {
                        converse(stream, Entrance::Local, router).await;
                        drop(place);
                    });
                }
                None => turn_away(&mut door, stream),
            },
            Err(error) => pause(&error).await,
        }
    }
}

/// Answers on TCP, for ever.
pub(crate) async fn network(listener: &TcpListener, tls: Option<AdminTls>, mut door: Door) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => match (door.place(), &tls) {
                (Some(place), tls) => {
                    let (router, tls) = (door.router.clone(), tls.as_ref().map(AdminTls::acceptor));
                    door.open.spawn(async move {
                        match tls {
                            Some(tls) => converse_secretly(stream, tls, router).await,
                            None => converse(stream, Entrance::Network { certificate: Vec::new() }, router).await,
                        }
                        drop(place);
                    });
                }
                (None, None) => turn_away(&mut door, stream),
                (None, Some(_)) => {}
            },
            Err(error) => pause(&error).await,
        }
    }
}

async fn pause(error: &std::io::Error) {
    tracing::warn!(%error, "the admin API cannot take another connection");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

async fn converse_secretly(stream: TcpStream, tls: TlsAcceptor, router: Router) {
    let Ok(Ok(stream)) = timeout(HANDSHAKE_TIME_MAX, tls.accept(stream)).await else { return };
    let presented = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    let certificate = presented.and_then(pki::inspect_der).map(|certificate| certificate.names).unwrap_or_default();
    converse(stream, Entrance::Network { certificate }, router).await;
}

async fn converse(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, entrance: Entrance, router: Router) {
    // Not as a layer of the router: that would be built into every route of it, for every connection.
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(entrance.clone());
        TowerToHyperService::new(router.clone()).call(request)
    });
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(DEAF_TIME_MAX));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "an admin connection broke");
    }
}

/// Says at once that all places are taken: better than a client that waits without knowing for what.
fn turn_away(door: &mut Door, mut stream: impl AsyncWrite + Send + Unpin + 'static) {
    const BODY: &str = r#"{"problem":"busy","text":"The admin API has too many connections; try again in a moment."}"#;
    let length = BODY.len();
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{BODY}"
    );
    door.open.spawn(async move {
        let _ = timeout(Duration::from_secs(1), stream.write_all(answer.as_bytes())).await;
    });
}
