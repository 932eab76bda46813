//! How the stream comes to be: the node with the lower name connects, the other listens.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError, Weak, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use futures_util::future::{BoxFuture, OptionFuture};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use super::{
    LinkEvent,
    stream::{End, Kind, Message, Stream},
    udp::Links,
};
use crate::pki::{TlsMaterial, peer_client_config, peer_server_config};

/// How long connecting may take, TLS and all.
const GREETING_MAX: Duration = Duration::from_secs(3);
/// How many strangers may be at it at once.
const GREETINGS_MAX: usize = 64;
/// How often refusals are reported, at most; all are counted.
const REFUSED_EVERY: Duration = Duration::from_secs(10);
/// The version of what is spoken on the stream.
const PROTOCOL: u64 = 1;

/// Tells when there are other certificates.
type Others = watch::Receiver<TlsMaterial>;

/// What both ends of a stream need.
pub(super) struct Dial {
    pub(super) stream: Arc<Stream>,
    pub(super) links: Arc<Links>,
    pub(super) events: mpsc::Sender<LinkEvent>,
    /// This node's certificate and its CA, as they change, and whose certificate the other end must have.
    pub(super) tls: watch::Receiver<TlsMaterial>,
    pub(super) peer: String,
    pub(super) times: Times,
    pub(super) reported: Mutex<Option<Instant>>,
}

/// What follows from the keep-alive interval.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// Between two attempts to connect.
    retry: Duration,
    /// When a stream at rest is pinged.
    ping: Duration,
    /// When a silent stream is given up.
    silence: Duration,
}

impl Times {
    pub(super) fn of(interval: Duration) -> Times {
        let ping = interval.clamp(Duration::from_millis(250), Duration::from_secs(15));
        let retry = interval.clamp(Duration::from_millis(50), Duration::from_secs(1));
        Times { retry, ping, silence: 4 * ping }
    }

    pub(super) fn retry(&self) -> Duration {
        self.retry
    }
}

impl Dial {
    /// Connects, again and again.
    pub(super) async fn connect(self: Arc<Self>, address: SocketAddr) {
        loop {
            let greeted = async {
                let (material, other) = self.material();
                let tls = TlsConnector::from(Arc::new(peer_client_config(&material, &self.peer).map_err(unusable)?));
                let tcp = TcpStream::connect(address).await.map_err(|_| End::Closed)?;
                tcp.set_nodelay(true)?;
                let mut tls: TlsStream<_> = tls.connect(address.ip().into(), tcp).await?.into();
                // The listener speaks first, so that nothing is on its way to it while it refuses us.
                self.hear_hello(&mut tls).await?;
                self.say_hello(&mut tls).await?;
                Ok((tls, other))
            };
            let wanted = match timeout(GREETING_MAX, greeted).await {
                Ok(Ok((tls, other))) => {
                    let end = self.serve(tls, other).await;
                    self.ended(end).await
                }
                Ok(Err(end)) => self.not_begun(end).await,
                Err(_) => true,
            };
            if !wanted {
                return;
            }
            sleep(self.times.retry).await;
        }
    }

    /// Listens. A connection of the peer takes the place of the one before it.
    pub(super) async fn listen(self: Arc<Self>, listener: TcpListener) {
        let mut greetings = JoinSet::new();
        let mut current: OptionFuture<BoxFuture<'static, End>> = None.into();
        loop {
            let wanted = tokio::select! {
                tcp = self.accept(&listener), if greetings.len() < GREETINGS_MAX => {
                    greetings.spawn(timeout(GREETING_MAX, self.clone().greet(tcp)));
                    true
                }
                Some(greeted) = greetings.join_next() => match greeted {
                    Ok(Ok(Ok((tls, other)))) => {
                        let dial = self.clone();
                        current = Some(Box::pin(async move { dial.serve(tls, other).await }) as BoxFuture<'static, End>).into();
                        true
                    }
                    Ok(Ok(Err(end))) => self.not_begun(end).await,
                    Ok(Err(_)) => self.not_begun(End::Refused("it has not said who it is in time".into())).await,
                    Err(_) => true,
                },
                Some(end) = &mut current => {
                    current = None.into();
                    self.ended(end).await
                }
            };
            if !wanted {
                return;
            }
        }
    }

    async fn accept(&self, listener: &TcpListener) -> TcpStream {
        loop {
            match listener.accept().await {
                Ok((tcp, _)) => return tcp,
                Err(error) => {
                    tracing::warn!("the peer cannot connect: {error}");
                    sleep(self.times.retry).await;
                }
            }
        }
    }

    async fn greet(self: Arc<Self>, tcp: TcpStream) -> Result<(TlsStream<TcpStream>, Others), End> {
        let (material, other) = self.material();
        let tls = TlsAcceptor::from(Arc::new(peer_server_config(&material, &self.peer).map_err(unusable)?));
        tcp.set_nodelay(true)?;
        let mut tls: TlsStream<_> = tls.accept(tcp).await?.into();
        self.say_hello(&mut tls).await?;
        self.hear_hello(&mut tls).await?;
        Ok((tls, other))
    }

    /// The certificates of now, and what tells when there are others.
    fn material(&self) -> (TlsMaterial, Others) {
        let mut tls = self.tls.clone();
        let material = tls.borrow_and_update().clone();
        (material, tls)
    }

    async fn say_hello(&self, tls: &mut TlsStream<TcpStream>) -> Result<(), End> {
        let body = [self.links.incarnation.to_be_bytes(), self.links.boot_id.to_be_bytes()].concat();
        Message { kind: Kind::Hello, id: PROTOCOL, body }.write(tls).await?;
        Ok(tls.flush().await?)
    }

    /// The peer says which incarnation it is: heartbeats of an earlier one are replays from now on.
    async fn hear_hello(&self, tls: &mut TlsStream<TcpStream>) -> Result<(), End> {
        let Message { kind, id, body } = Message::read(tls, GREETING_MAX, || self.stream.heard()).await?;
        let ([incarnation, boot_id], []) = body.as_chunks::<8>() else {
            return Err(End::Refused("it does not speak this protocol".into()));
        };
        if (kind, id) != (Kind::Hello, PROTOCOL) {
            return Err(End::Refused(format!("it speaks version {id} of the protocol, not {PROTOCOL}")));
        }
        self.links.declare(u64::from_be_bytes(*incarnation), u64::from_be_bytes(*boot_id));
        Ok(())
    }

    /// Until it ends, or this node has other certificates than it was opened with.
    async fn serve(&self, tls: TlsStream<TcpStream>, mut other: Others) -> End {
        tokio::select! {
            end = self.stream.serve(tls, self.times.ping, self.times.silence, &self.events) => end,
            Ok(()) = other.changed() => End::Lost("this node has other certificates now".into()),
        }
    }

    /// Tells that the open stream has ended. Whether anybody wants another.
    async fn ended(&self, end: End) -> bool {
        self.stream.detach();
        if end == End::Closed {
            tokio::spawn(knock(Arc::downgrade(&self.links)));
        }
        let event = match end {
            End::Closed => LinkEvent::StreamClosed,
            End::Lost(why) | End::Refused(why) => LinkEvent::StreamLost { why },
            End::Unwanted => return false,
        };
        self.events.send(event).await.is_ok()
    }

    /// Tells that a connection was refused, if it was. Whether anybody wants another.
    async fn not_begun(&self, end: End) -> bool {
        let End::Refused(why) = end else { return end != End::Unwanted };
        self.stream.refused.fetch_add(1, Relaxed);
        tracing::debug!("a stream was refused: {why}");
        !self.report_is_due() || self.events.send(LinkEvent::Refused { why }).await.is_ok()
    }

    fn report_is_due(&self) -> bool {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        let due = reported.is_none_or(|at| at.elapsed() >= REFUSED_EVERY);
        if due {
            *reported = Some(Instant::now());
        }
        due
    }
}

/// Asks the peer's ports whether they refuse, now that its stream has closed. More than once: a kernel that ends a
/// process closes its sockets one after the other.
async fn knock(links: Weak<Links>) {
    for wait_ms in [0, 1, 5, 25] {
        sleep(Duration::from_millis(wait_ms)).await;
        let Some(links) = links.upgrade() else { return };
        links.knock();
    }
}

fn unusable(error: rustls::Error) -> End {
    End::Lost(format!("this node's certificates cannot be used: {error}"))
}

/// A listener, whose address a restarted daemon can take at once.
pub(super) fn listener(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}
