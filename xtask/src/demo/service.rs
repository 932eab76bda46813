//! `cargo xtask demo-service`: what the demo's daemons guard. It answers on its port, in HTTP to who speaks first.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};

/// How long a client may say nothing.
const PATIENCE: Duration = Duration::from_secs(2);
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nwell\n";

/// A service for the demo's daemons to guard
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where to listen
    #[arg(long)]
    listen: SocketAddr,
    /// Do not start while this file exists
    #[arg(long)]
    fail_if: Option<PathBuf>,
}

impl Args {
    pub(crate) fn run(self) -> Result<()> {
        if let Some(file) = self.fail_if.filter(|file| file.exists()) {
            bail!("{} exists, so this service does not start", file.display());
        }
        let listener = TcpListener::bind(self.listen).with_context(|| format!("cannot listen on {}", self.listen))?;
        for stream in listener.incoming() {
            // Who hangs up early has had an answer.
            thread::spawn(move || stream.and_then(answer));
        }
        Ok(())
    }
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    match stream.read(&mut [0; 4096])? {
        0 => Ok(()),
        _ => stream.write_all(ANSWER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_is_answered() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        answer(listener.accept().unwrap().0).unwrap();
        let mut text = String::new();
        client.read_to_string(&mut text).unwrap();
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.ends_with("\r\n\r\nwell\n"), "{text}");
    }

    #[test]
    fn it_does_not_start_while_it_is_broken() {
        let broken = tempfile::NamedTempFile::new().unwrap();
        let args = Args { listen: "127.0.0.1:0".parse().unwrap(), fail_if: Some(broken.path().to_owned()) };
        assert!(args.run().unwrap_err().to_string().ends_with("does not start"));
    }
}
