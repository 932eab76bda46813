//! `locum:plugin/http`: one GET of a granted origin, without TLS.

use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::header::{CONNECTION, HOST, USER_AGENT};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::state::{State, TRANSFER_BYTES_MAX};
use crate::Grant;
use crate::bindings::probe::locum::plugin::http::{Failure, Host, Response};
use crate::grants;

impl Host for State {
    async fn get(&mut self, url: String, body_bytes_max: u32, timeout_ms: u32) -> Result<Response, Failure> {
        let (uri, origin) = parse(&url).ok_or(Failure::BadUrl)?;
        if !self.permits(Some(Grant::Http(origin.clone())), &format!("http:{origin}")) {
            return Err(Failure::Denied);
        }
        let fetch = async {
            let stream = TcpStream::connect(&origin).await.map_err(|error| {
                self.note("connect", &error);
                match error.kind() {
                    std::io::ErrorKind::ConnectionRefused => Failure::Refused,
                    std::io::ErrorKind::TimedOut => Failure::TimedOut,
                    _ => Failure::Unreachable,
                }
            })?;
            let bytes_max = TRANSFER_BYTES_MAX.min(body_bytes_max as usize);
            get(stream, &uri, &origin, bytes_max).await.map_err(|_| Failure::Unreachable)
        };
        let timeout = Duration::from_millis(timeout_ms.into());
        tokio::time::timeout(timeout, fetch).await.unwrap_or(Err(Failure::TimedOut))
    }
}

/// A URL and its `host:port`.
fn parse(url: &str) -> Option<(Uri, String)> {
    let uri: Uri = url.parse().ok()?;
    let authority = uri.authority()?;
    if uri.scheme_str() != Some("http") || authority.as_str().contains('@') {
        return None;
    }
    let origin = grants::address(&format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80)))?;
    Some((uri, origin))
}

async fn get(stream: TcpStream, uri: &Uri, origin: &str, bytes_max: usize) -> hyper::Result<Response> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // The set ends the connection when this function does, however it does.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::get(path)
        .header(HOST, origin)
        .header(USER_AGENT, "locum")
        .header(CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .expect("the parts come from a parsed URL");
    let response = sender.send_request(request).await?;
    let status = response.status().as_u16();
    let mut stream = response.into_body();
    let mut body = Vec::new();
    while body.len() < bytes_max {
        let Some(frame) = stream.frame().await else { break };
        if let Some(data) = frame?.data_ref() {
            body.extend_from_slice(&data[..data.len().min(bytes_max - body.len())]);
        }
    }
    Ok(Response { status, body })
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::super::state::state_with;
    use super::*;

    /// A server that gives this answer to the first request, and what it was asked.
    async fn serve(answer: &'static str) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = listener.local_addr().unwrap().to_string();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(request).unwrap()
        });
        (origin, server)
    }

    #[tokio::test]
    async fn a_page_is_fetched_and_cut_off() {
        let (origin, server) = serve("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nhello there").await;
        let mut state = state_with(&[format!("http:{origin}")]);
        let response = state.get(format!("http://{origin}/health?full=1"), 5, 20_000).await.unwrap();
        assert_eq!((response.status, response.body.as_slice()), (200, b"hello".as_slice()));
        let request = server.await.unwrap();
        assert!(request.starts_with("GET /health?full=1 HTTP/1.1\r\n"), "{request}");
        assert!(request.contains(&format!("host: {origin}\r\n")), "{request}");
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer() {
        let (origin, _) = serve("HTTP/1.1 302 Found\r\nlocation: http://localhost/\r\ncontent-length: 0\r\n\r\n").await;
        let response = state_with(&[format!("http:{origin}")]).get(format!("http://{origin}"), 100, 20_000).await;
        assert_eq!(response.unwrap().status, 302);
    }

    #[tokio::test]
    async fn what_is_not_http_is_unreachable() {
        let (origin, _) = serve("SSH-2.0-OpenSSH_9.9\r\n\r\n").await;
        let response = state_with(&[format!("http:{origin}")]).get(format!("http://{origin}/"), 100, 20_000).await;
        assert!(matches!(response, Err(Failure::Unreachable)));
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = listener.local_addr().unwrap().to_string();
        let response = state_with(&[format!("http:{origin}")]).get(format!("http://{origin}/"), 100, 20).await;
        assert!(matches!(response, Err(Failure::TimedOut)));
    }

    #[tokio::test]
    async fn only_granted_origins_are_asked() {
        let mut state = state_with(&["http:localhost:8080".into(), "tcp:localhost:80".into()]);
        for url in ["https://localhost:8080/", "localhost:8080", "http://me@localhost:8080/", "/health"] {
            assert!(matches!(state.get(url.into(), 1, 1000).await, Err(Failure::BadUrl)), "{url}");
        }
        assert_eq!(state.take_trouble(), None);
        assert!(matches!(state.get("http://LOCALHOST/".into(), 1, 1000).await, Err(Failure::Denied)));
        assert_eq!(state.take_trouble().unwrap(), "the probe asked for http:localhost:80, which is not granted");
    }
}
