//! The two nodes and their services.

use locum_core::State;
use locum_node::api::{NodeStatus, ServiceStatus, Status};

use super::{
    paint::{Paint, Tone},
    table::{Cell, table},
    words,
};

/// How wide a node's column may be.
const NODE_WIDTH_MAX: usize = 36;
/// How wide a probe's message may be before it goes on below.
const MESSAGE_WIDTH_MAX: usize = 48;
/// How much of a digest tells two directories apart.
const DIGEST_DIGITS: usize = 12;

/// Both nodes in one line: for progress, and for outcomes.
pub(crate) fn pair(status: &Status) -> String {
    let node = |node: &NodeStatus| match node.heard && !node.state.is_empty() {
        true => format!("{}: {} ({})", node.name, node.state, node.reason),
        false => format!("{}: not heard", node.name),
    };
    status.nodes.iter().map(node).collect::<Vec<_>>().join(" · ")
}

/// Both nodes side by side.
pub(crate) fn side_by_side(status: &Status, paint: Paint) -> String {
    let now_unix_ms = status.taken_at_unix_ms;
    let mut rows = vec![line("", status, |node| {
        let asked = if node.name == status.node { " (asked)" } else { "" };
        Cell::new(format!("{}{asked}", node.name), Tone::Title)
    })];
    rows.push(line("State", status, |node| match node.state.is_empty() {
        true => Cell::new("never heard", Tone::Bad),
        false if !node.heard => Cell::new(format!("no heartbeat (was {})", node.state), Tone::Bad),
        false => Cell::new(&node.state, tone(node)),
    }));
    rows.push(line("Reason", status, |node| Cell::from(&node.reason)));
    rows.push(line("Since", status, |node| since(node, now_unix_ms)));
    if status.nodes.iter().any(|node| !node.heard || node.stale) {
        rows.push(line("Heard", status, heard));
    }
    rows.push(line("Serves", status, |node| match node.heard {
        true => Cell::from(words::list(&node.serves, "nobody")),
        false => Cell::new("not known", Tone::Quiet),
    }));
    rows.push(line("Epoch", status, |node| Cell::from(node.epoch.to_string())));
    rows.push(line("Directory", status, |node| {
        let digest = node.directory.digest.chars().take(DIGEST_DIGITS).collect::<String>();
        let tone = if status.users.directories_agree { Tone::Plain } else { Tone::Warn };
        match digest.is_empty() {
            true => Cell::new("not known", Tone::Quiet),
            false => Cell::new(format!("{digest}, revision {}", node.directory.revision), tone),
        }
    }));
    table(&rows, "", NODE_WIDTH_MAX, paint)
}

fn line(label: &str, status: &Status, cell: impl Fn(&NodeStatus) -> Cell) -> Vec<Cell> {
    std::iter::once(Cell::head(&format!("{label:<9}"))).chain(status.nodes.iter().map(cell)).collect()
}

fn since(node: &NodeStatus, now_unix_ms: u64) -> Cell {
    match node.since_unix_ms {
        0 => Cell::new("not known", Tone::Quiet),
        since => {
            let ago = words::duration(now_unix_ms.saturating_sub(since));
            Cell::from(format!("{}, {ago} ago", words::time(since)))
        }
    }
}

fn heard(node: &NodeStatus) -> Cell {
    let ago = words::duration(node.age_ms);
    match (node.heard, node.stale) {
        (true, false) => Cell::new("now", Tone::Good),
        (true, true) => Cell::new(format!("{ago} ago: out of date"), Tone::Warn),
        (false, _) if node.state.is_empty() => Cell::new("never", Tone::Bad),
        (false, _) => Cell::new(format!("{ago} ago: out of date"), Tone::Bad),
    }
}

/// Green where a node does what it should, yellow where a person should look, red where nobody serves.
fn tone(node: &NodeStatus) -> Tone {
    match State::from_name(&node.state) {
        Some(State::Normal) => Tone::Good,
        Some(State::RunningInFailedMode | State::FailedOverWithCriticalServicesNotRunning) | None => Tone::Bad,
        Some(_) => Tone::Warn,
    }
}

/// The services of both nodes.
pub(crate) fn services(nodes: &[NodeStatus], paint: Paint) -> String {
    let head = ["node", "service", "kind", "process", "health", "probed", "restarts", "message"].map(Cell::head);
    let mut rows = vec![Vec::from(head)];
    for node in nodes {
        rows.extend(node.services.iter().map(|one| service(node, one)));
    }
    if rows.len() == 1 { "  none\n".to_owned() } else { table(&rows, "  ", MESSAGE_WIDTH_MAX, paint) }
}

fn service(node: &NodeStatus, service: &ServiceStatus) -> Vec<Cell> {
    let kind = match (service.critical, service.database) {
        (true, true) => "critical database",
        (true, false) => "critical",
        (false, true) => "database",
        (false, false) => "optional",
    };
    let process = match service.pid {
        Some(pid) => format!("{} {pid}", service.process),
        None => service.process.clone(),
    };
    let process_tone = match &*service.process {
        "running" => Tone::Plain,
        "failed" => Tone::Bad,
        _ => Tone::Warn,
    };
    let health = match (&*service.health, service.down_ms) {
        ("", _) => "not probed yet".to_owned(),
        (health, _) if !node.heard => format!("was {health}"),
        ("down", Some(ms)) => format!("down for {}", words::duration(ms)),
        (health, _) => health.to_owned(),
    };
    let health_tone = match &*service.health {
        _ if !node.heard => Tone::Quiet,
        "up" => Tone::Good,
        "down" => Tone::Bad,
        _ => Tone::Warn,
    };
    let probed = service.probed_ms_ago.map(|ms| format!("{} ago", words::duration(ms + node.age_ms)));
    vec![
        Cell::from(&node.name),
        Cell::from(&service.name),
        Cell::from(kind),
        Cell::new(process, process_tone),
        Cell::new(health, health_tone),
        Cell::from(probed.unwrap_or_default()),
        Cell::number(service.restarts),
        Cell::from(service.message.trim().lines().next().unwrap_or_default()),
    ]
}
