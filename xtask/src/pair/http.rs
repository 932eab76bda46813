//! Questions to a daemon's admin API over its Unix socket, on one connection that is kept.

use std::path::Path;

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response,
    body::{Bytes, Incoming},
    client::conn::http1::{SendRequest, handshake},
    header::CONTENT_TYPE,
};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::net::UnixStream;

/// A connection to one daemon.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
}

/// What a daemon says where it does not do as it is asked.
#[derive(Deserialize)]
struct Problem {
    text: String,
}

impl Connection {
    pub(crate) async fn open(socket: &Path) -> Result<Connection> {
        let stream =
            UnixStream::connect(socket).await.with_context(|| format!("{} does not answer", socket.display()))?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Connection { sender })
    }

    pub(crate) async fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T> {
        self.document(Method::GET, path, Vec::new(), None).await
    }

    pub(crate) async fn post<T: DeserializeOwned>(&mut self, path: &str, body: &impl Serialize) -> Result<T> {
        self.document(Method::POST, path, serde_json::to_vec(body)?, None).await
    }

    /// As [`Connection::document`], of something that is done once under this key.
    pub(crate) async fn once<T: DeserializeOwned>(
        &mut self,
        method: Method,
        path: &str,
        body: &impl Serialize,
        key: &str,
    ) -> Result<T> {
        self.document(method, path, serde_json::to_vec(body)?, Some(key)).await
    }

    /// Users as a CSV file, taken in once under this key.
    pub(crate) async fn import<T: DeserializeOwned>(&mut self, path: &str, csv: String, key: &str) -> Result<T> {
        self.document(Method::POST, path, csv.into_bytes(), Some(key)).await
    }

    async fn document<T: DeserializeOwned>(
        &mut self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        key: Option<&str>,
    ) -> Result<T> {
        let body = self.send(method, path, body, key).await?.collect().await?.to_bytes();
        serde_json::from_slice(&body).with_context(|| format!("{path}: the answer cannot be read"))
    }

    /// The lines of an answer that does not end.
    pub(crate) async fn lines(mut self, path: &str) -> Result<Lines> {
        let body = self.send(Method::GET, path, Vec::new(), None).await?;
        Ok(Lines { _open: self, body, read: Vec::new() })
    }

    async fn send(&mut self, method: Method, path: &str, body: Vec<u8>, key: Option<&str>) -> Result<Incoming> {
        self.sender.ready().await?;
        let request = Request::builder().method(method).uri(path).header("host", "locum");
        let request = key.into_iter().fold(request, |request, key| request.header("idempotency-key", key));
        let request = request.header(CONTENT_TYPE, "application/json").body(Full::from(body))?;
        let response: Response<Incoming> = self.sender.send_request(request).await?;
        if response.status().is_success() {
            return Ok(response.into_body());
        }
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => bail!("{path}: {}", problem.text),
            Err(_) => bail!("{path}: {status}"),
        }
    }
}

/// JSON documents, one a line, as they come.
pub(crate) struct Lines {
    _open: Connection,
    body: Incoming,
    read: Vec<u8>,
}

impl Lines {
    /// The next document, or `None` where the daemon is gone.
    pub(crate) async fn next<T: DeserializeOwned>(&mut self) -> Option<T> {
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                match line.trim_ascii() {
                    b"" => continue,
                    line => return serde_json::from_slice(line).ok(),
                }
            }
            let frame = self.body.frame().await?.ok()?;
            self.read.extend_from_slice(&frame.into_data().unwrap_or_default());
        }
    }
}
