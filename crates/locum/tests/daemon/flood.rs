//! Whatever comes to the admin API, heartbeats are not late for it.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    thread::{self, sleep},
    time::Duration,
};

use locum_testbed::{NORMAL, Pair, Setup, pair::users};

use crate::input::tokens;

/// A failover takes this long a silence: seven intervals.
const TIMEOUT_MS: u64 = 700;
/// So many users make a status, and a list of them, cost something.
const USERS: u32 = 15_000;
/// How many connections one door has, as the admin API says.
const PLACES: usize = 128;
/// How many requests are made as quickly as they are answered.
const QUICK: usize = 10_000;

/// A pair that can be looked at with a token.
fn pair() -> Pair {
    let timeout = format!("\"{TIMEOUT_MS}ms\"");
    let pair = Setup::default().tables(&tokens()).group("keep_alive_timeout", &timeout).start();
    pair.a.locum(&["users", "import", &pair.a.file("users.csv", &users(0..USERS))]).ok();
    pair.agree();
    pair
}

/// What becomes of the pair while these attackers are at node a: nothing. They end when the last of them is done, or
/// when they are told to.
fn bears(pair: &Pair, attackers: &[Attacker<'_>]) {
    let before = pair.picture();
    let (over, at_work) = (AtomicBool::new(false), AtomicUsize::new(attackers.len()));
    let longest_ms = thread::scope(|scope| {
        for attacker in attackers {
            scope.spawn(|| {
                attacker(pair.a.admin, &over);
                at_work.fetch_sub(1, Relaxed);
            });
        }
        let mut longest_ms = 0;
        while at_work.load(Relaxed) > 0 {
            let status = pair.b.status();
            longest_ms = longest_ms.max(status.links[0].heard_ms_ago.unwrap_or(u64::MAX));
            if longest_ms >= TIMEOUT_MS {
                break;
            }
            sleep(Duration::from_millis(10));
        }
        over.store(true, Relaxed);
        longest_ms
    });
    println!("the longest that b had not heard a: {longest_ms} ms");
    assert!(longest_ms < TIMEOUT_MS, "{longest_ms} ms{}", pair.logs());
    assert_eq!(pair.picture(), before, "{}", pair.logs());
    assert_eq!(pair.states(), [NORMAL, NORMAL]);
}

/// Comes to this address, until it is done or told that it is over.
type Attacker<'a> = &'a (dyn Fn(SocketAddr, &AtomicBool) + Sync);

fn connect(admin: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(admin).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer look\r\n\r\n")
}

/// Many requests, one after the other, on as many connections as there are threads.
fn quick(admin: SocketAddr, path: &str, requests: usize) {
    let one = format!("GET {path} HTTP/1.0\r\nauthorization: Bearer look\r\n\r\n");
    for _ in 0..requests {
        let mut answer = Vec::new();
        let mut stream = connect(admin);
        // Who is turned away may find the door shut before it has spoken.
        if stream.write_all(one.as_bytes()).and_then(|()| stream.read_to_end(&mut answer)).is_ok() {
            let answer = String::from_utf8_lossy(&answer);
            assert!(answer.starts_with("HTTP/1.0 200") || answer.contains("503"), "{answer}");
        }
    }
}

#[test]
fn a_flood_of_requests_delays_no_heartbeat() {
    let pair = pair();
    let looks = |admin, _: &AtomicBool| quick(admin, "/v1/status", QUICK / 4);
    bears(&pair, &[&looks, &looks, &looks, &looks]);
    // What costs the most: each is a page of ten thousand users.
    let lists = |admin, _: &AtomicBool| quick(admin, "/v1/users?limit=10000", 4);
    bears(&pair, &[&lists as Attacker<'_>; 32]);
}

/// Heads that never end, a byte at a time; heads and bodies without measure; answers that nobody reads.
#[test]
fn slow_and_greedy_clients_delay_no_heartbeat() {
    let pair = pair();
    let slow = |admin, over: &AtomicBool| {
        let mut streams: Vec<_> = (0..PLACES / 2).map(|_| connect(admin)).collect();
        streams.iter_mut().for_each(|stream| drop(stream.write_all(b"GET /v1/status HTTP/1.1\r\nx: ")));
        while !over.load(Relaxed) {
            streams.iter_mut().for_each(|stream| drop(stream.write_all(b"x")));
            sleep(Duration::from_millis(20));
        }
    };
    let greedy = |admin, _: &AtomicBool| {
        for _ in 0..200 {
            let mut stream = connect(admin);
            let _ = stream.write_all(b"GET /v1/status HTTP/1.1\r\nx: ").and_then(|()| endless(&mut stream, 1 << 20));
            let mut stream = connect(admin);
            let head = b"POST /v1/gate HTTP/1.1\r\nauthorization: Bearer look\r\ncontent-length: 1000000000\r\n\r\n";
            let _ = stream.write_all(head).and_then(|()| endless(&mut stream, 4 << 20));
        }
    };
    let deaf = |admin, over: &AtomicBool| {
        let mut streams: Vec<_> = (0..PLACES / 4).map(|_| connect(admin)).collect();
        for stream in &mut streams {
            stream.set_nonblocking(true).unwrap();
            // As many as there is room for; the followers are in it for ever.
            let _ = stream.write_all(get("/v1/users?limit=10000").repeat(20).as_bytes());
            let _ = stream.write_all(get("/v1/events/follow").as_bytes());
        }
        while !over.load(Relaxed) {
            sleep(Duration::from_millis(20));
        }
    };
    let ends = |admin, over: &AtomicBool| {
        greedy(admin, over);
        over.store(true, Relaxed);
    };
    bears(&pair, &[&slow, &deaf, &ends]);
    // Nor do they keep the owner of the socket out.
    pair.a.locum(&["status"]).ok();
}

fn endless(stream: &mut TcpStream, bytes: usize) -> io::Result<()> {
    (0..bytes / 4096).try_for_each(|_| stream.write_all(&[b'x'; 4096]))
}

#[test]
fn over_the_limit_there_is_a_503_that_says_when_to_come_again() {
    let pair = Setup::default().tables(&tokens()).start();
    let crowd: Vec<_> = (0..PLACES)
        .map(|_| {
            let mut stream = connect(pair.a.admin);
            stream.write_all(b"GET /v1/status HTTP/1.1\r\n").unwrap();
            stream
        })
        .collect();
    let mut answer = String::new();
    connect(pair.a.admin).read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after: 1"), "{answer}");
    assert_eq!(pair.a.state(), NORMAL, "the socket has places of its own");
    drop(crowd);
}
