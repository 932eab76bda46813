//! A small HTTP client of the admin API.

use std::{convert::Infallible, fmt::Display, time::Duration};

use futures_util::stream;
use http_body_util::{BodyExt, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Method, Request, Response,
    body::{Bytes, Frame, Incoming},
    client::conn::http1::{self, SendRequest},
    header,
};
use hyper_util::rt::TokioIo;
use indicatif::ProgressBar;
use locum_node::api::Problem;
use serde::de::DeserializeOwned;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
    time::{sleep, timeout},
};
use tokio_rustls::TlsConnector;

use crate::{failure::Failure, target::Target};

/// How long connecting may take.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// How long the node may take for an answer; a large import ends within it.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(300);
/// How often a busy node is asked again.
const BUSY_RETRIES: u32 = 5;
/// How long to wait before that.
const BUSY_PAUSE: Duration = Duration::from_secs(1);
/// How much of an upload goes out at once.
const CHUNK_BYTES: usize = 64 << 10;

/// A way to a node. Each request has its own connection.
#[derive(Clone)]
pub(crate) struct Client {
    target: Target,
}

/// What goes with a request.
#[derive(Clone)]
pub(crate) enum Payload {
    /// Nothing.
    Empty,
    /// A JSON document.
    Json(serde_json::Value),
    /// A CSV file, and who is told how many bytes of it have gone out.
    Csv(Bytes, ProgressBar),
}

type Body = UnsyncBoxBody<Bytes, Infallible>;

impl Client {
    /// A client of this node.
    pub(crate) fn new(target: Target) -> Client {
        Client { target }
    }

    /// Asks for a document.
    ///
    /// # Errors
    /// The node's problem, or that it cannot be reached.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.ask(Method::GET, path, Payload::Empty).await
    }

    /// Asks for a change, once, however often the request has to be sent.
    ///
    /// # Errors
    /// The node's problem, or that it cannot be reached.
    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str, payload: Payload) -> Result<T, Failure> {
        self.ask(Method::POST, path, payload).await
    }

    /// As [`Client::get`] and [`Client::post`], with any method.
    ///
    /// # Errors
    /// The node's problem, or that it cannot be reached.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        payload: Payload,
    ) -> Result<T, Failure> {
        let response = self.open(method, path, payload).await?;
        let bytes = response.into_body().collect().await.map_err(|error| self.broken(&error))?.to_bytes();
        serde_json::from_slice(&bytes).map_err(|error| self.strange(&error))
    }

    /// Asks for something that comes bit by bit.
    ///
    /// # Errors
    /// The node's problem, or that it cannot be reached.
    pub(crate) async fn stream(&self, path: &str) -> Result<Pieces, Failure> {
        let response = self.open(Method::GET, path, Payload::Empty).await?;
        Ok(Pieces { body: response.into_body(), rest: Vec::new(), from: self.target.describe() })
    }

    async fn open(&self, method: Method, path: &str, payload: Payload) -> Result<Response<Incoming>, Failure> {
        let key = idempotency_key();
        let mut retries = 0;
        loop {
            let request = self.request(&method, path, payload.clone(), &key)?;
            let mut sender = timeout(CONNECT_TIME_MAX, self.connect())
                .await
                .map_err(|_| self.unreachable(&"it does not answer"))??;
            let response = timeout(ANSWER_TIME_MAX, sender.send_request(request))
                .await
                .map_err(|_| self.unreachable(&"it does not answer"))?
                .map_err(|error| self.broken(&error))?;
            if response.status().is_success() {
                return Ok(response);
            }
            let problem = self.problem(response).await?;
            if problem.problem != "busy" || retries == BUSY_RETRIES {
                return Err(problem.into());
            }
            retries += 1;
            sleep(BUSY_PAUSE).await;
        }
    }

    async fn problem(&self, response: Response<Incoming>) -> Result<Problem, Failure> {
        let status = response.status();
        let bytes = response.into_body().collect().await.map_err(|error| self.broken(&error))?.to_bytes();
        Ok(serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Problem::new("internal", format!("{} answers {status}.", self.target.describe()))))
    }

    fn request(&self, method: &Method, path: &str, payload: Payload, key: &str) -> Result<Request<Body>, Failure> {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "locum");
        if method != Method::GET {
            request = request.header("idempotency-key", key);
        }
        if let Target::Tcp { token: Some(token), .. } = &self.target {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let (kind, bytes, bar) = match payload {
            Payload::Empty => (None, Bytes::new(), ProgressBar::hidden()),
            Payload::Json(document) => (Some("application/json"), document.to_string().into(), ProgressBar::hidden()),
            Payload::Csv(bytes, bar) => (Some("text/csv"), bytes, bar),
        };
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        request
            .header(header::CONTENT_LENGTH, bytes.len())
            .body(in_chunks(bytes, bar))
            .map_err(|error| Failure::Usage(format!("the token or a name cannot be sent: {error}")))
    }

    async fn connect(&self) -> Result<SendRequest<Body>, Failure> {
        match &self.target {
            Target::Socket(path) => {
                let stream = UnixStream::connect(path).await.map_err(|error| self.unreachable(&error))?;
                self.shake_hands(stream).await
            }
            Target::Tcp { address, tls, .. } => {
                let stream = TcpStream::connect(address).await.map_err(|error| self.unreachable(&error))?;
                match tls {
                    Some((config, name)) => {
                        let connector = TlsConnector::from(config.clone());
                        let stream = connector.connect(name.clone(), stream).await;
                        self.shake_hands(stream.map_err(|error| self.unreachable(&error))?).await
                    }
                    None => self.shake_hands(stream).await,
                }
            }
        }
    }

    async fn shake_hands<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
        &self,
        stream: S,
    ) -> Result<SendRequest<Body>, Failure> {
        let shaken = http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = shaken.map_err(|error| self.broken(&error))?;
        // It ends with the response; what goes wrong shows there.
        tokio::spawn(connection);
        Ok(sender)
    }

    fn unreachable(&self, error: &dyn Display) -> Failure {
        let hint = match &self.target {
            Target::Socket(_) => {
                "is `locum run` running, and is this its socket (--socket, --config)? May this user open it?"
            }
            Target::Tcp { tls: None, .. } => "does the node listen there?",
            Target::Tcp { tls: Some(_), .. } => {
                "does the node listen there, and is --server-name the name in its certificate?"
            }
        };
        Failure::Unreachable(format!("cannot reach the node at {}: {error}; {hint}", self.target.describe()))
    }

    fn broken(&self, error: &dyn Display) -> Failure {
        Failure::Unreachable(format!("the connection to {} broke: {error}", self.target.describe()))
    }

    fn strange(&self, error: &dyn Display) -> Failure {
        let place = self.target.describe();
        Failure::Failed(format!("{place} answers something else than this version of locum understands: {error}"))
    }
}

/// A response that comes bit by bit.
pub(crate) struct Pieces {
    body: Incoming,
    rest: Vec<u8>,
    from: String,
}

impl Pieces {
    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// The response broke off.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame
                .map_err(|error| Failure::Unreachable(format!("what {} sent is not complete: {error}", self.from)))?;
            if let Ok(bytes) = frame.into_data() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    /// The next line that is not empty; `None` at the end.
    ///
    /// # Errors
    /// The response broke off.
    pub(crate) async fn line(&mut self) -> Result<Option<String>, Failure> {
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line = self.rest.drain(..=end).collect::<Vec<_>>();
                let line = String::from_utf8_lossy(&line).trim().to_owned();
                if !line.is_empty() {
                    return Ok(Some(line));
                }
                continue;
            }
            match self.next().await? {
                Some(bytes) => self.rest.extend_from_slice(&bytes),
                None => return Ok(None),
            }
        }
    }
}

fn in_chunks(bytes: Bytes, bar: ProgressBar) -> Body {
    let starts = (0..bytes.len()).step_by(CHUNK_BYTES);
    let chunks = starts.map(move |start| {
        let chunk = bytes.slice(start..(start + CHUNK_BYTES).min(bytes.len()));
        bar.inc(chunk.len() as u64);
        Ok(Frame::data(chunk))
    });
    StreamBody::new(stream::iter(chunks)).boxed_unsync()
}

/// One key for one command of a person: however often it is sent, it is done once.
fn idempotency_key() -> String {
    let mut bytes = [0; 16];
    // Without randomness, the clock and the process make a key that is at least this command's own.
    if getrandom::fill(&mut bytes).is_err() {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        bytes = (since.as_nanos() << 32 | u128::from(std::process::id())).to_be_bytes();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A name as a part of an address. The words of the API (`import`, `export`, `remove`, `rebalance`) get an encoded letter, so
/// that a user may have such a name.
pub(crate) fn encode(name: &str) -> String {
    let word = matches!(name, "import" | "export" | "remove" | "rebalance");
    let plain =
        |place: usize, byte: u8| (byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)) && !(word && place == 0);
    name.bytes()
        .enumerate()
        .map(|(place, byte)| if plain(place, byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_addresses() {
        assert_eq!(encode("ada@example.org"), "ada%40example.org");
        assert_eq!(encode("a/b?c"), "a%2Fb%3Fc");
        assert_eq!(encode("export"), "%65xport");
        assert_eq!(encode("exporter"), "exporter");
    }

    #[test]
    fn every_command_has_its_own_key() {
        assert_eq!(idempotency_key().len(), 32);
        assert_ne!(idempotency_key(), idempotency_key());
    }
}
