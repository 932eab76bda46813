//! `cargo xtask guarded-service`: what the daemons of the demo and of chaos guard. It answers on its port, in HTTP to
//! who speaks first; who asks for a user is told what the node's gate says, since a service serves nobody else.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};

/// How long a client may say nothing.
const PATIENCE: Duration = Duration::from_secs(2);
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nwell\n";

/// A service for daemons to guard
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where to listen
    #[arg(long)]
    listen: SocketAddr,
    /// Do not start while this file exists
    #[arg(long)]
    fail_if: Option<PathBuf>,
    /// The daemon's socket, to ask before a user is served
    #[arg(long)]
    gate: Option<PathBuf>,
}

impl Args {
    pub(crate) fn run(self) -> Result<()> {
        if let Some(file) = self.fail_if.filter(|file| file.exists()) {
            bail!("{} exists, so this service does not start", file.display());
        }
        let listener = TcpListener::bind(self.listen).with_context(|| format!("cannot listen on {}", self.listen))?;
        for stream in listener.incoming() {
            let gate = self.gate.clone();
            // Who hangs up early has had an answer.
            thread::spawn(move || answer(stream?, gate.as_deref()));
        }
        Ok(())
    }
}

fn answer(mut stream: TcpStream, gate: Option<&Path>) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request = [0; 4096];
    let length = stream.read(&mut request)?;
    let line = String::from_utf8_lossy(&request[..length]);
    match (gate, line.strip_prefix("GET /users/").and_then(|rest| rest.split(' ').next())) {
        _ if length == 0 => Ok(()),
        (Some(gate), Some(user)) => stream.write_all(&asked(gate, user)?),
        _ => stream.write_all(ANSWER),
    }
}

/// The gate's own answer, as it is.
fn asked(gate: &Path, user: &str) -> io::Result<Vec<u8>> {
    let mut gate = UnixStream::connect(gate)?;
    gate.set_read_timeout(Some(PATIENCE))?;
    write!(gate, "GET /v1/gate/{user} HTTP/1.0\r\n\r\n")?;
    let mut answer = Vec::new();
    gate.read_to_end(&mut answer)?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn who_asks_is_answered() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        answer(listener.accept().unwrap().0, None).unwrap();
        let mut text = String::new();
        client.read_to_string(&mut text).unwrap();
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.ends_with("\r\n\r\nwell\n"), "{text}");
    }

    #[test]
    fn who_asks_for_a_user_is_told_what_the_gate_says() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("gate");
        let gate = UnixListener::bind(&socket).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.write_all(b"GET /users/ada HTTP/1.0\r\n\r\n").unwrap();
        let gate = thread::spawn(move || {
            let (mut stream, mut request) = (gate.accept().unwrap().0, [0; 100]);
            let length = stream.read(&mut request).unwrap();
            stream.write_all(b"HTTP/1.0 200 OK\r\n\r\nyes").unwrap();
            String::from_utf8(request[..length].to_vec()).unwrap()
        });
        answer(listener.accept().unwrap().0, Some(&socket)).unwrap();
        assert_eq!(gate.join().unwrap(), "GET /v1/gate/ada HTTP/1.0\r\n\r\n");
        let mut text = String::new();
        client.read_to_string(&mut text).unwrap();
        assert!(text.ends_with("\r\n\r\nyes"), "{text}");
    }

    #[test]
    fn it_does_not_start_while_it_is_broken() {
        let broken = tempfile::NamedTempFile::new().unwrap();
        let args = Args { listen: "127.0.0.1:0".parse().unwrap(), fail_if: Some(broken.path().to_owned()), gate: None };
        assert!(args.run().unwrap_err().to_string().ends_with("does not start"));
    }
}
