//! Components, where a simulated node expects a state machine, a transport or a policy.

use std::path::Path;

use anyhow::{Context, Result};
use locum_core::{Deadline, Effect, Input, Settings, Start, View};
use locum_host::policy::{Nodes, Occasion, Policy, Users};
use locum_host::transport::{Transport, Verdict};
use locum_host::{Engines, Loaded, Loader, state_machine::StateMachine};
use locum_sim::{Machine, Packet, Parts, Placed};

/// What a node runs, all of it components.
#[derive(Clone)]
pub struct Components {
    core: Loaded,
    transport: Loaded,
    policy: Loaded,
}

impl Components {
    /// The state machine, the transport over all links and the policy of the mode `balanced`, as `cargo xtask components`
    /// has built them.
    ///
    /// # Errors
    /// They have not been built, or the host refuses them.
    pub fn load() -> Result<Self> {
        let [core, transport, policy] = ["locum-core-component", "transport-multipath", "policy-balanced"].map(load);
        Ok(Self { core: core?, transport: transport?, policy: policy? })
    }

    /// The same with another policy.
    pub fn with_policy(self, policy: Loaded) -> Self {
        Self { policy, ..self }
    }

    /// What simulated nodes are made of. A fault of the state machine or of the transport fails the test that meets it.
    pub fn parts(&self) -> Parts {
        let Self { core, transport, policy } = self.clone();
        Parts {
            machines: Box::new(move |settings, start| {
                let (machine, effects) = Component::start(&core, settings, start);
                (Box::new(machine), effects)
            }),
            transports: Box::new(move |links| Box::new(Framing(expect(Transport::new(&transport, links))))),
            policies: Box::new(move |_| Box::new(Placing(expect(Policy::new(&policy))))),
        }
    }
}

/// The state machine of a node, run as a component. A fault of the component fails the test that meets it.
pub struct Component(StateMachine);

impl Component {
    /// As [`locum_core::Core::start`].
    ///
    /// # Panics
    /// If the component does not start.
    pub fn start(loaded: &Loaded, settings: Settings, start: Start) -> (Self, Vec<Effect>) {
        let (machine, effects) = expect(StateMachine::start(loaded, settings, start));
        (Self(machine), effects)
    }

    /// As [`locum_core::Core::snapshot`].
    pub fn snapshot(&self) -> &[u8] {
        self.0.snapshot()
    }
}

impl Machine for Component {
    fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        expect(self.0.handle(now_ms, input))
    }

    fn next_deadline(&self) -> Deadline {
        self.0.next_deadline()
    }

    fn view(&mut self) -> View {
        expect(self.0.view())
    }
}

struct Framing(Transport);

impl locum_sim::Transport for Framing {
    fn send(&mut self, now_ms: u64, frame: &[u8]) -> Vec<Packet> {
        let packets = expect(self.0.send(now_ms, frame));
        packets.into_iter().map(|packet| Packet { link: packet.link, bytes: packet.bytes }).collect()
    }

    fn receive(&mut self, now_ms: u64, link: u32, session: u64, packet: &[u8]) -> Option<Vec<u8>> {
        match expect(self.0.receive(now_ms, link, session, packet)) {
            Verdict::Deliver(frame) => Some(frame),
            Verdict::Duplicate | Verdict::Replayed | Verdict::Malformed => None,
        }
    }
}

struct Placing(Policy);

impl locum_sim::Policy for Placing {
    fn place(&mut self, occasion: Occasion, users: &Users, nodes: &Nodes) -> Placed {
        let placement = self.0.place(occasion, users, nodes);
        Placed { nodes: placement.nodes, fault: placement.fault.map(|fault| fault.to_string()) }
    }
}

fn expect<T, E: std::fmt::Display>(done: Result<T, E>) -> T {
    done.unwrap_or_else(|fault| panic!("the component failed: {fault}"))
}

/// Loads a component that `cargo xtask components` has built, by its name.
///
/// # Errors
/// It has not been built, or the host refuses it.
pub fn load(name: &str) -> Result<Loaded> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    let loaded = load_file(&target.join("components").join(name).with_extension("wasm"));
    loaded.with_context(|| format!("{name} cannot be loaded; `cargo xtask components` builds it"))
}

/// Loads the component in this file.
///
/// # Errors
/// There is none, or the host refuses it.
pub fn load_file(path: &Path) -> Result<Loaded> {
    // Compiled code is trusted only in a folder of our own.
    let cache = tempfile::tempdir()?;
    let loader = Loader::new(Engines::new()?, cache.path())?;
    Ok(loader.load(path)?)
}
