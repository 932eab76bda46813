//! Slow and crowding clients.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UnixStream},
};

use std::time::Duration;

use super::fake::{Fake, send};

#[tokio::test]
async fn a_crowd_on_the_network_keeps_nobody_out_of_the_socket() {
    let fake = Fake::start().await;
    let mut crowd = Vec::new();
    for _ in 0..128 {
        let mut stream = TcpStream::connect(fake.address).await.unwrap();
        stream.write_all(b"GET /v1/health HTTP/1.1\r\n").await.unwrap();
        crowd.push(stream);
    }
    let mut late = TcpStream::connect(fake.address).await.unwrap();
    let mut answer = String::new();
    late.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("retry-after: 1") && answer.contains(r#""problem":"busy""#), "{answer}");
    assert_eq!(fake.local("GET", "/v1/status", "").await.0, 200);
}

#[tokio::test]
async fn a_client_that_never_ends_its_head_is_dropped() {
    let fake = Fake::start().await;
    let mut stream = UnixStream::connect(&fake.socket).await.unwrap();
    stream.write_all(b"GET /v1/status HTTP/1.1\r\nx: ").await.unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
}

#[tokio::test]
async fn a_client_that_never_ends_its_body_is_told() {
    let fake = Fake::start().await;
    let mut stream = UnixStream::connect(&fake.socket).await.unwrap();
    let head = b"POST /v1/users/import HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nuser\nada";
    stream.write_all(head).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
    assert_eq!(fake.seen(), [""; 0]);
}

/// They ask for more than fits into their sockets, take every place, and read nothing.
#[tokio::test]
async fn clients_that_never_read_are_dropped() {
    let fake = Fake::start().await;
    let mut crowd = Vec::new();
    for _ in 0..128 {
        let mut stream = UnixStream::connect(&fake.socket).await.unwrap();
        stream.write_all(b"GET /v1/users?limit=10000 HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        crowd.push(stream);
    }
    let served = async {
        while fake.local("GET", "/v1/health", "").await.0 != 200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), served).await.expect("their places are free again");
}

#[tokio::test]
async fn a_document_that_is_too_large_is_refused() {
    let fake = Fake::start().await;
    let stream = UnixStream::connect(&fake.socket).await.unwrap();
    let large = format!("[\"{}\"]", "x".repeat(2 << 20));
    let response = send(stream, "POST", "/v1/gate", &large, &[]).await;
    assert_eq!(response.status(), 413);
}
