//! The configurations of both nodes.

use std::path::Path;

use anyhow::Result;

use super::{network::Ways, plan::Settings};
use crate::pair::{Props, node::Node, quoted};

/// The group's name.
pub(super) const GROUP: &str = "chaos";
/// The service that fails.
pub(super) const WEB: &str = "web";
/// Ten heartbeats make a keep-alive timeout: machines that test are busy.
const KEEP_ALIVE_INTERVAL_MS: u64 = 150;
pub(super) const KEEP_ALIVE_TIMEOUT_MS: u64 = 1_500;
pub(super) const INITIALIZATION_KEEP_ALIVE_TIMEOUT_MS: u64 = 3_000;

/// What a configuration is made from.
pub(super) struct Config<'a> {
    pub(super) settings: Settings,
    pub(super) props: &'a Props,
    /// The section `[witness]`, whole, or nothing.
    pub(super) witness: String,
    /// Stands for the kernel's boot id.
    pub(super) boot: u32,
}

impl Config<'_> {
    /// The file of a node. Paths in it are relative to its folder, except those outside of it.
    pub(super) fn text(&self, node: Node, ways: &Ways, breakage: &Path, socket: &Path) -> Result<String> {
        let Config { settings, props, witness, boot } = self;
        let Ways { listen, links, stream, service, service_port, admin, .. } = ways;
        let stream = stream.as_ref().map_or(String::new(), |stream| format!("stream = {stream:?}\n"));
        let peer = node.peer();
        let (plugins, program) = (quoted(&props.components)?, quoted(&props.services)?);
        let (breakage, socket) = (quoted(breakage)?, quoted(socket)?);
        let Settings { automatic_fallback, fast_peer_loss, .. } = settings;
        Ok(format!(
            r#"profile = "fast"

[group]
name = "{GROUP}"
service_port = {service_port}
keep_alive_interval = "{KEEP_ALIVE_INTERVAL_MS}ms"
keep_alive_timeout = "{KEEP_ALIVE_TIMEOUT_MS}ms"
initialization_keep_alive_timeout = "{INITIALIZATION_KEEP_ALIVE_TIMEOUT_MS}ms"
critical_service_delay = "1s"
automatic_fallback = {automatic_fallback}
automatic_fallback_delay = "2s"
fast_peer_loss = {fast_peer_loss}

[node]
name = "{node}"
state_directory = "state-{node}"
listen = {listen:?}
boot_id = "boot-{boot}-of-{node}" # two hosts on one

[peer]
name = "{peer}"
links = {links:?}
{stream}
[security]
ca = "pki/ca.pem"
certificate = "pki/{node}.pem"
key = "pki/{node}.key"
group_key = "pki/group.key"

[admin]
listen = "{admin}"
socket = {socket}

[plugins]
directory = {plugins}
{witness}
[[service]]
name = "{WEB}"
start = [{program}, "guarded-service", "--listen", "{service}", "--fail-if", {breakage}, "--gate", {socket}]
start_timeout = "2s"
probe.plugin = "probe-http"
probe.grants = ["http:{service}"]
probe.settings.url = "http://{service}/"
"#
        ))
    }
}
