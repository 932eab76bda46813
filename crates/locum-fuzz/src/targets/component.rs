use std::time::Duration;

use locum_host::{
    Engines, Grants, HostError, Limits, Loaded, Loader, World,
    policy::{Nodes, Occasion, Policy, Users},
    probe::Probe,
    transport::Transport,
};
use locum_testbed::policy;
use tokio::runtime::{Builder, Runtime};

/// Time for anything that a plugin may do in one call here.
const PATIENCE: Duration = Duration::from_millis(200);

/// What a policy may do with its one call.
const PLACES: [&str; 5] = [
    "(call $give (local.get $nodes) (local.get $users))",
    "(call $give (i32.const 65536) (i32.const 2147483647))",
    "(loop $l (br $l)) unreachable",
    "(loop $l (drop (memory.grow (i32.const 1))) (br $l)) unreachable",
    "unreachable",
];

pub(super) fn seeds() -> Vec<Vec<u8>> {
    // An empty component, a core module, and policies. A whole plugin is in the corpus.
    let least = [&b"\0asm\x0d\0\x01\0"[..], b"\0asm\x01\0\0\0"].map(<[u8]>::to_vec);
    least.into_iter().chain(PLACES.map(|place| policy(3, place))).collect()
}

/// A host that runs what it is given.
struct Host {
    folder: tempfile::TempDir,
    loader: Loader,
    runtime: Runtime,
}

/// # Panics
/// There is no folder, or no engine on this machine.
pub(super) fn attempt() -> impl FnMut(&[u8]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let loader = Loader::new(Engines::new().expect("an engine"), folder.path().join("cache")).expect("a cache");
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let host = Host { folder, loader, runtime };
    move |bytes| host.tries(bytes).unwrap_or_else(|refusal| refusal.to_string())
}

impl Host {
    /// # Errors
    /// The plugin is refused.
    fn tries(&self, bytes: &[u8]) -> Result<String, HostError> {
        let file = self.folder.path().join("plugin.wasm");
        std::fs::write(&file, bytes).expect("a file in the temporary folder");
        let loaded = self.loader.load(&file)?;
        let world = loaded.inspection().world;
        let limits = Limits { fuel_per_call: 1_000_000, deadline_ms: 100, ..Limits::of(world) };
        match world {
            World::Policy => place(&loaded, limits),
            World::Transport => carry(&loaded, limits),
            World::Probe => self.look(&loaded, limits),
            // It comes along with the program, and is nobody else's.
            World::StateMachine => Ok("a state machine".into()),
        }
    }

    fn look(&self, loaded: &Loaded, limits: Limits) -> Result<String, HostError> {
        let nothing: [&str; 0] = [];
        let grants = Grants::parse(nothing).expect("nothing is granted");
        self.runtime.block_on(async {
            let mut probe = Probe::with_limits(loaded, grants, limits).await?;
            let report = probe.check(&[("key".into(), "value".into())], PATIENCE).await;
            Ok(format!("{:?} {}", report.status, report.message))
        })
    }
}

/// Everybody has a place, whatever the policy says.
fn place(loaded: &Loaded, limits: Limits) -> Result<String, HostError> {
    let mut policy = Policy::with_limits(loaded, limits)?;
    let users = Users {
        ids: vec![1, 2, 3],
        homes: vec![0, 1, 1],
        nodes: vec![0, 1, 1],
        weights: vec![1; 3],
        classes: vec![0; 3],
    };
    let nodes = Nodes { groups: vec![0, 0], available: vec![1, 1] };
    let placement = policy.place(Occasion::Assign, &users, &nodes);
    assert_eq!(placement.nodes.len(), users.len(), "somebody has no place");
    Ok(placement.fault.map_or_else(|| "placed".into(), |fault| fault.to_string()))
}

fn carry(loaded: &Loaded, limits: Limits) -> Result<String, HostError> {
    let mut transport = Transport::with_limits(loaded, 2, limits)?;
    let sent = transport.send(1, b"a frame").map(|packets| packets.len());
    let received = transport.receive(2, 0, 1, b"a packet");
    Ok(format!("{sent:?} {received:?} {:?}", transport.tick(3).is_ok()))
}
