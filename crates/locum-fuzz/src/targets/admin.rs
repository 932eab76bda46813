use std::time::Duration;

use locum_config::{Role, Token};
use locum_node::{
    admin::{AdminConfig, Bound, Stop, Tokens},
    handle::NodeHandle,
};
use sha2::{Digest as _, Sha256};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    runtime::{Builder, Runtime},
    sync::mpsc,
    time::timeout,
};

/// What an operator shows.
const TOKEN: &str = "doer";
/// More than any limit in time that a client has.
const PATIENCE: Duration = Duration::from_secs(9);
/// So often it is asked whether the API is still there.
const ASKED_EVERY: u64 = 50;

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let requests = [
        ("GET /v1/status", ""),
        ("GET /v1/users?home=a&after=ada&limit=10", ""),
        ("GET /v1/events/follow?from=1", ""),
        ("GET /v1/gate/a%2Fb", ""),
        ("POST /v1/gate", r#"["ada","bob"]"#),
        ("PUT /v1/users/ada", r#"{"home":"a","weight":1,"class":2}"#),
        ("POST /v1/users/import", "user,home\nada,a\n"),
        ("POST /v1/users/remove", r#"["ada"]"#),
        ("POST /v1/nodes/a/failover?force=true", ""),
        ("POST /v1/high-availability", r#"{"on":true}"#),
        ("POST /v1/services/web/restart", ""),
        ("POST /v1/stop", r#"{"goodbye":false}"#),
        ("GET /openapi.json", ""),
    ];
    let whole = |(request, body): (&str, &str)| {
        let length = body.len();
        format!(
            "{request} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {TOKEN}\r\nidempotency-key: k\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    };
    let chunked = "POST /v1/gate HTTP/1.1\r\nhost: a\r\nauthorization: Bearer doer\r\ntransfer-encoding: chunked\r\n\r\n\
                   7\r\n[\"ada\"]\r\n0\r\n\r\n";
    requests.map(whole).into_iter().chain([chunked.to_owned()]).map(String::into_bytes).collect()
}

/// # Panics
/// There is no runtime or no port on this machine.
pub(super) fn attempt() -> impl FnMut(&[u8]) -> String {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let sha256 = Sha256::digest(TOKEN).iter().map(|byte| format!("{byte:02x}")).collect();
    let tokens = Tokens::new(vec![Token { name: "the doer".into(), role: Role::Operator, sha256 }]);
    let listen = "127.0.0.1:0".parse().ok();
    let bound = runtime.block_on(Bound::bind(AdminConfig { listen, tokens, ..AdminConfig::default() }));
    let bound = bound.expect("a port of the loopback interface");
    let address = bound.address().expect("it listens");
    let (stop, mut stops) = mpsc::channel::<Stop>(1);
    runtime.spawn(bound.serve(NodeHandle::of_nobody(), stop));
    let mut count = 0_u64;
    move |bytes| {
        // Who asks for the end of the daemon may do so again.
        while stops.try_recv().is_ok() {}
        let answer = exchange(&runtime, address, bytes);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1."), "no answer in HTTP: {answer:?}");
        count += 1;
        if count.is_multiple_of(ASKED_EVERY) {
            let health = exchange(&runtime, address, b"GET /v1/health HTTP/1.0\r\n\r\n");
            assert!(health.starts_with("HTTP/1.0 503"), "the next client is not answered: {health:?}");
        }
        let status = answer.lines().next().unwrap_or_default();
        format!("{} {}", words(status), answer.rsplit("\r\n").next().unwrap_or_default())
    }
}

/// A status in letters: digits are no part of an answer's shape.
fn words(status: &str) -> String {
    status.chars().map(|digit| digit.to_digit(10).map_or(digit, |digit| char::from(b'a' + digit as u8))).collect()
}

/// What comes back until the connection ends; nothing more is sent.
fn exchange(runtime: &Runtime, address: std::net::SocketAddr, bytes: &[u8]) -> String {
    runtime.block_on(async {
        let mut stream = TcpStream::connect(address).await.expect("the API takes connections");
        let mut answer = Vec::new();
        // It may hang up before it has heard everything.
        let spoken = async {
            let _ = stream.write_all(bytes).await;
            let _ = stream.shutdown().await;
            let _ = stream.read_to_end(&mut answer).await;
        };
        timeout(PATIENCE, spoken).await.expect("the connection ends with what the client had to say");
        String::from_utf8_lossy(&answer).into_owned()
    })
}
