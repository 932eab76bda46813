//! Components where the simulation and the proof expect parts: the state machine, the transport and the policies of nodes,
//! as plugins in the host. Nothing else of either knows WebAssembly.

mod twin;

use std::env;
use std::path::{Path, PathBuf};

use locum_core::{Deadline, Effect, Input, Settings, Start, View};
use locum_host::policy::{Nodes, Occasion, Policy, Promise, Users};
use locum_host::transport::{Transport, Verdict};
use locum_host::{Engines, HostError, Loaded, Loader, state_machine::StateMachine};
use locum_sim::{Machine, Packet, Parts, Placed};

pub use twin::Twin;

/// Why a component is not there to be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// No file of that name.
    #[error(
        "{name}: not found in {}; `cargo xtask components` builds it, or name its folder in $LOCUM_COMPONENTS",
        listed(places)
    )]
    NotFound {
        /// The component.
        name: String,
        /// Where it was looked for.
        places: Vec<PathBuf>,
    },
    /// There is no folder to keep compiled code in.
    #[error("there is no folder for compiled components: {0}")]
    Cache(#[from] std::io::Error),
    /// The host refuses it.
    #[error(transparent)]
    Host(#[from] HostError),
}

fn listed(places: &[PathBuf]) -> String {
    places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// What a node runs, all of it components.
#[derive(Clone)]
pub struct Components {
    core: Loaded,
    transport: Loaded,
    policies: Policies,
}

/// The policy of each mode.
#[derive(Clone)]
struct Policies {
    balanced: Loaded,
    first_node: Loaded,
    unassigned: Loaded,
}

impl Policies {
    fn of(&self, promise: Promise) -> &Loaded {
        match promise {
            Promise::FirstNode => &self.first_node,
            Promise::Unassigned => &self.unassigned,
            Promise::Balanced | Promise::Anywhere => &self.balanced,
        }
    }
}

impl Components {
    /// The state machine, the transport over all links and the policies of all modes, as they come with Locum.
    ///
    /// # Errors
    /// They have not been built, or the host refuses them.
    pub fn load() -> Result<Self, LoadError> {
        let policies = Policies {
            balanced: load("policy-balanced")?,
            first_node: load("policy-active-standby")?,
            unassigned: load("policy-none")?,
        };
        Ok(Self { core: load("locum-core-component")?, transport: load("transport-multipath")?, policies })
    }

    /// The same with one other policy for all modes.
    pub fn with_policy(self, policy: Loaded) -> Self {
        let policies = Policies { balanced: policy.clone(), first_node: policy.clone(), unassigned: policy };
        Self { policies, ..self }
    }

    /// What simulated nodes are made of. A fault of the state machine or of the transport is a panic of who runs them.
    pub fn parts(&self) -> Parts {
        let Self { core, transport, policies } = self.clone();
        Parts {
            machines: Box::new(move |settings, start| {
                let (machine, effects) = Component::start(&core, settings, start);
                (Box::new(machine), effects)
            }),
            transports: Box::new(move |links| Box::new(Framing(expect(Transport::new(&transport, links))))),
            policies: Box::new(move |promise| Box::new(Placing(expect(Policy::new(policies.of(promise)))))),
        }
    }
}

/// The state machine of a node, run as a component. A fault of the component is a panic.
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

/// Loads a component by its name, from where the program keeps them: in `$LOCUM_COMPONENTS`, where a package puts them,
/// or where a build leaves them.
///
/// # Errors
/// It has not been built, or the host refuses it.
pub fn load(name: &str) -> Result<Loaded, LoadError> {
    let named = env::var_os("LOCUM_COMPONENTS").map(PathBuf::from);
    let beside = env::current_exe().ok().and_then(|program| program.parent().map(Path::to_path_buf));
    // The program of a test is built one folder deeper.
    let relative = ["../lib/locum/components", "../components", "../../components"];
    let folders = named.into_iter().chain(beside.iter().flat_map(|beside| relative.map(|folder| beside.join(folder))));
    let places: Vec<PathBuf> = folders.collect();
    let mut files = places.iter().map(|folder| folder.join(name).with_extension("wasm"));
    let Some(file) = files.find(|file| file.is_file()) else {
        return Err(LoadError::NotFound { name: name.into(), places });
    };
    load_file(&file)
}

/// Loads the component in this file.
///
/// # Errors
/// There is none, or the host refuses it.
pub fn load_file(path: &Path) -> Result<Loaded, LoadError> {
    // Compiled code is trusted only in a folder of our own.
    let cache = tempfile::tempdir()?;
    let loader = Loader::new(Engines::new()?, cache.path())?;
    Ok(loader.load(path)?)
}
