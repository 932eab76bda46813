//! `locum:plugin/tcp`: one exchange with a granted address.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::state::{State, TRANSFER_BYTES_MAX};
use crate::Grant;
use crate::bindings::probe::locum::plugin::tcp::{Failure, Host};
use crate::grants;

impl Host for State {
    async fn exchange(
        &mut self,
        address: String,
        send: Vec<u8>,
        receive_bytes_max: u32,
        timeout_ms: u32,
    ) -> Result<Vec<u8>, Failure> {
        if !self.permits(grants::address(&address).map(Grant::Tcp), &format!("tcp:{address}")) {
            return Err(Failure::Denied);
        }
        let bytes_max = TRANSFER_BYTES_MAX.min(receive_bytes_max as usize);
        let mut received = Vec::new();
        let talk = talk(&address, &send, bytes_max, &mut received);
        match tokio::time::timeout(Duration::from_millis(timeout_ms.into()), talk).await {
            Ok(Ok(())) => Ok(received),
            // What came before the time was up is the answer.
            Err(_) if !received.is_empty() => Ok(received),
            Err(_) => Err(Failure::TimedOut),
            Ok(Err(error)) => {
                self.note("connect", &error);
                Err(failure(&error))
            }
        }
    }
}

async fn talk(address: &str, send: &[u8], bytes_max: usize, received: &mut Vec<u8>) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(send).await?;
    let mut piece = [0; 4096];
    while received.len() < bytes_max {
        let room = piece.len().min(bytes_max - received.len());
        match stream.read(&mut piece[..room]).await? {
            0 => break,
            length => received.extend_from_slice(&piece[..length]),
        }
    }
    Ok(())
}

fn failure(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Failure::Refused,
        io::ErrorKind::TimedOut => Failure::TimedOut,
        _ => Failure::Unreachable,
    }
}
