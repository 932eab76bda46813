//! What must hold between keys (`docs/behaviour.md` §6). A rule is silent about keys that have a fault already.

use std::{collections::HashMap, fmt::Display, hash::Hash, time::Duration};

use crate::{Config, Supervise, kinds::show_duration, reader::Reader, witness};

/// The longest path of a Unix socket that Linux takes.
const SOCKET_PATH_BYTES_MAX: usize = 107;

pub(crate) fn check(config: &Config, reader: &mut Reader<'_>) {
    timers(config, reader);
    nodes(config, reader);
    admin(config, reader);
    services(config, reader);
    witness::check(config, reader);
}

fn timers(config: &Config, reader: &mut Reader<'_>) {
    // Without a sound profile nobody knows the defaults.
    if !reader.sound("profile") {
        return;
    }
    let group = &config.group;
    let timeouts = [
        ("keep_alive_timeout", group.keep_alive_timeout),
        ("initialization_keep_alive_timeout", group.initialization_keep_alive_timeout),
    ];
    two_intervals("group", group.keep_alive_interval, &timeouts, reader);
    let (lower, upper) = (config.node.client_relogin_lower_limit, config.node.client_relogin_upper_limit);
    let keys = ["node.client_relogin_lower_limit", "node.client_relogin_upper_limit"];
    if keys.iter().all(|key| reader.sound(key)) && lower > upper {
        let at = if reader.gives(keys[0]) { keys[0] } else { keys[1] };
        reader.fault(
            at,
            format!(
                "the lower re-login limit of {} is above the upper one of {}",
                show_duration(lower),
                show_duration(upper)
            ),
            "lower the one or raise the other",
        );
    }
}

/// Every timeout of a section is at least two intervals long.
pub(crate) fn two_intervals(section: &str, interval: Duration, timeouts: &[(&str, Duration)], reader: &mut Reader<'_>) {
    let interval_key = format!("{section}.keep_alive_interval");
    for (name, timeout) in timeouts {
        let key = format!("{section}.{name}");
        if reader.sound(&key) && reader.sound(&interval_key) && *timeout < 2 * interval {
            let at = if reader.gives(&key) { &key } else { &interval_key };
            reader.fault(
                at,
                format!(
                    "`{name}` of {} is shorter than two intervals of {}",
                    show_duration(*timeout),
                    show_duration(interval)
                ),
                format!("set `{name}` to {} or more, or shorten `keep_alive_interval`", show_duration(2 * interval)),
            );
        }
    }
}

fn nodes(config: &Config, reader: &mut Reader<'_>) {
    let group = &config.group;
    if reader.sound("group.admin_rpc_port")
        && reader.sound("group.service_port")
        && group.admin_rpc_port == group.service_port
    {
        let at = if reader.gives("group.admin_rpc_port") { "group.admin_rpc_port" } else { "group.service_port" };
        reader.fault(
            at,
            format!("port {} is both the service port and the admin RPC port", group.service_port),
            "give them different ports",
        );
    }
    unique(reader, "node.listen", &config.node.listen, |place| format!("node.listen[{place}]"));
    let Some(peer) = &config.peer else {
        if reader.sound("peer") && reader.gives("group.high_availability") && group.high_availability {
            reader.fault(
                "group.high_availability",
                "high availability needs two nodes, and there is no `[peer]`",
                "add the section `[peer]`, or set this to `false`",
            );
        }
        return;
    };
    if config.security.is_none() && reader.sound("security") {
        reader.fault(
            "security",
            "this is missing, and there is a peer to talk to",
            "add the section `[security]`; `locum pki` makes the files",
        );
    }
    if reader.sound("peer.name") && reader.sound("node.name") && peer.name == config.node.name {
        reader.fault("peer.name", format!("{:?} is this node itself", peer.name), "name the other node of the group");
    }
    unique(reader, "peer.links", &peer.links, |place| format!("peer.links[{place}]"));
    let (listen, links) = (config.node.listen.len(), peer.links.len());
    if reader.sound("node.listen") && reader.sound("peer.links") && listen != 1 && listen != links {
        reader.fault(
            "node.listen",
            format!("{listen} addresses to listen on, and {links} links to the peer"),
            "give one address for all links, or one for each",
        );
    }
}

fn admin(config: &Config, reader: &mut Reader<'_>) {
    let names: Vec<&str> = config.admin.tokens.iter().map(|token| token.name.as_str()).collect();
    let digests: Vec<&str> = config.admin.tokens.iter().map(|token| token.sha256.as_str()).collect();
    unique(reader, "admin.tokens", &names, |place| format!("admin.tokens[{place}].name"));
    unique(reader, "admin.tokens", &digests, |place| format!("admin.tokens[{place}].sha256"));
    let socket = config.admin_socket();
    let at = if reader.gives("admin.socket") { "admin.socket" } else { "node.state_directory" };
    let bytes = socket.as_os_str().len();
    if reader.sound("admin.socket") && reader.sound("node.state_directory") && bytes > SOCKET_PATH_BYTES_MAX {
        reader.fault(
            at,
            format!("the path of the admin socket, {}, has {bytes} bytes", socket.display()),
            format!("set `socket` of `[admin]` to a path of at most {SOCKET_PATH_BYTES_MAX}"),
        );
    }
}

fn services(config: &Config, reader: &mut Reader<'_>) {
    let names: Vec<&str> = config.services.iter().map(|service| service.name.as_str()).collect();
    unique(reader, "service", &names, |place| format!("service[{place}].name"));
    for (place, service) in config.services.iter().enumerate() {
        let key = |name: &str| format!("service[{place}].{name}");
        if !reader.sound(&key("supervise")) || service.supervise == Supervise::Child {
            continue;
        }
        if service.stop.is_none() && reader.sound(&key("stop")) {
            reader.fault(
                &key("stop"),
                "this is missing, and the service is kept by commands",
                "add the command that stops it",
            );
        }
        if service.probe.is_none() && reader.sound(&key("probe")) {
            reader.fault(
                &key("probe"),
                "this is missing, and the service is kept by commands, so that nothing else says whether it runs",
                "add the section `[service.probe]`",
            );
        }
    }
}

/// A fault for every value that stands in the list twice, unless one of the list has a fault already.
pub(crate) fn unique<T: Eq + Hash + Display>(
    reader: &mut Reader<'_>,
    list: &str,
    values: &[T],
    place: impl Fn(usize) -> String,
) {
    if !reader.sound(list) {
        return;
    }
    let mut first_of: HashMap<&T, usize> = HashMap::new();
    for (n, value) in values.iter().enumerate() {
        if let Some(first) = first_of.get(value) {
            let line = reader.line_of(&place(*first));
            reader.fault(&place(n), format!("\"{value}\" stands on line {line} already"), "give each only once");
        } else {
            first_of.insert(value, n);
        }
    }
}
