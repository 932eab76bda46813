//! Documents for tests.

use locum_node::api::{
    DirectoryStatus, LinkStatus, NodeStatus, ServiceStatus, Status, TimerStatus, UsersStatus, WitnessStatus,
};

const NOW_UNIX_MS: u64 = 1_785_585_603_250;

/// Two nodes that are well.
pub(crate) fn status() -> Status {
    let node = |name: &str, pid| NodeStatus {
        name: name.into(),
        state: "Normal".into(),
        reason: "Normal".into(),
        since_unix_ms: NOW_UNIX_MS - 185_000,
        transition: "start".into(),
        epoch: 7,
        serves: vec![name.into()],
        directory: DirectoryStatus { revision: 3, digest: "8f3ab2c19d0e4455aa".into(), users: 15_000 },
        services: vec![service("db", true, pid), service("web", false, pid + 1)],
        heard: true,
        age_ms: 0,
        stale: false,
    };
    let both = |count| [("alpha".to_owned(), count), ("beta".to_owned(), count)].into();
    Status {
        group: "pair".into(),
        node: "alpha".into(),
        software: "0.1.0".into(),
        taken_at_unix_ms: NOW_UNIX_MS,
        interval_ms: 15_000,
        high_availability: true,
        row: Some(1),
        cause: "both nodes serve their own users".into(),
        advice: "Nothing".into(),
        recommended: "Nothing to do.".into(),
        nodes: vec![node("alpha", 4100), node("beta", 4200)],
        users: UsersStatus {
            total: 15_000,
            by_home: both(7500),
            by_serving_node: both(7500),
            unassigned: 0,
            unserved: 0,
            mode: "balanced".into(),
            directories_agree: true,
        },
        links: vec![LinkStatus {
            name: "udp 192.0.2.2:22001".into(),
            received: 12_345,
            lost: 2,
            duplicates: 0,
            reordered: 1,
            refused: 0,
            heard_ms_ago: Some(4200),
        }],
        witness: Some(WitnessStatus {
            kind: "none".into(),
            partition: "available".into(),
            risk: "In a partition both nodes serve all users.".into(),
            answered_ms_ago: None,
            problem: None,
            leases: Vec::new(),
        }),
        timers: vec![TimerStatus { what: "next heartbeat".into(), in_ms: 3100 }],
        alarms: Vec::new(),
        differences: Vec::new(),
    }
}

fn service(name: &str, database: bool, pid: u32) -> ServiceStatus {
    ServiceStatus {
        name: name.into(),
        critical: true,
        database,
        process: "running".into(),
        pid: Some(pid),
        health: "up".into(),
        message: "connected".into(),
        probed_ms_ago: Some(1500),
        down_ms: None,
        restarts: 0,
    }
}

/// The same, after beta has died.
pub(crate) fn peer_gone() -> Status {
    let mut status = status();
    status.row = Some(16);
    status.cause = "the peer is not heard; its users are served here".into();
    status.advice = "BringPeerBack".into();
    status.recommended = "Check the network between the nodes, and the daemon and the host of beta. Once it is back \
        and fit: `locum fallback beta`."
        .into();
    status.users.by_serving_node = [("alpha".to_owned(), 15_000), ("beta".to_owned(), 0)].into();
    status.alarms = vec!["The peer is not heard.".into()];
    status.links[0].heard_ms_ago = Some(65_000);
    status.timers.push(TimerStatus { what: "automatic fallback".into(), in_ms: 1_799_000 });
    let [alpha, beta] = &mut status.nodes[..] else { unreachable!("there are two nodes") };
    alpha.state = "Running in Backup Mode".into();
    alpha.reason = "Peer Down".into();
    alpha.since_unix_ms = NOW_UNIX_MS - 4000;
    alpha.epoch = 8;
    alpha.serves.push("beta".into());
    alpha.services[1].health = "down".into();
    alpha.services[1].down_ms = Some(2500);
    alpha.services[1].process = "failed".into();
    alpha.services[1].pid = None;
    alpha.services[1].message = "connection refused by 127.0.0.1:8080 after three attempts in a row".into();
    beta.serves.clear();
    (beta.heard, beta.stale, beta.age_ms) = (false, true, 65_000);
    beta.state = "Failed Over with Critical Services not Running".into();
    status
}

/// How they are shown.
pub(crate) const PAGE: &str = include_str!("golden/well.txt");

/// The same, after beta has died.
pub(crate) const PAGE_PEER_GONE: &str = include_str!("golden/peer_gone.txt");
