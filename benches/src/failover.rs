//! A failover from the kernel's word that the peer's daemon is dead to the open gate, with everything on disk that must
//! be there. Virtual time stands still: what is measured is work, not waiting.

use std::cell::RefCell;
use std::rc::Rc;

use anyhow::Result;
use locum_core::{Core, Deadline, Effect, Input, Parameters, Settings, Start, View};
use locum_host::Loaded;
use locum_host::policy::{Occasion, Policy, Promise, place_builtin};
use locum_sim::{Machine, Node, Pair, Parts, Served, native};
use locum_store::{Cover, Identity, Store};
use tempfile::TempDir;

use crate::component::{Component, load};
use crate::users::{nodes, users_at_home};

/// Longer than a simulated failover takes, and shorter than any timer.
const VIRTUAL_MS: u64 = 20;

/// What a failover needs: a policy, a disk, users.
pub struct Failover {
    core: Option<Loaded>,
    driver: Rc<RefCell<Driver>>,
    _dir: TempDir,
}

impl Failover {
    /// With the native state machine and the built-in policy.
    ///
    /// # Errors
    /// The store cannot be made.
    pub fn native(users: u32) -> Result<Self> {
        Self::new(users, None, None)
    }

    /// With components for both.
    ///
    /// # Errors
    /// The store cannot be made, or a component is missing.
    pub fn component(users: u32) -> Result<Self> {
        Self::new(users, Some(load("locum-core-component")?), Some(Policy::new(&load("policy-balanced")?)?))
    }

    fn new(users: u32, core: Option<Loaded>, policy: Option<Policy>) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let identity = Identity { group: "bench".into(), node: "a".into() };
        let store = Store::open(dir.path(), &identity)?;
        Ok(Self { core, driver: Rc::new(RefCell::new(Driver { store, policy, users })), _dir: dir })
    }

    /// Two nodes that are Normal.
    pub fn group(&self) -> Pair {
        let (core, driver) = (self.core.clone(), self.driver.clone());
        let factory = move |settings: Settings, start: Start| {
            let (machine, effects): (Box<dyn Machine>, _) = match &core {
                None => {
                    let (core, effects) = Core::start(settings, start);
                    (Box::new(core), effects)
                }
                Some(loaded) => {
                    let (component, effects) = Component::start(loaded, settings, start);
                    (Box::new(component), effects)
                }
            };
            (Box::new(Driven { machine, driver: driver.clone() }) as Box<dyn Machine>, effects)
        };
        Pair::normal(Parts { machines: Box::new(factory), ..native() }, &Parameters::fast())
    }

    /// One node dies, and the other covers all users.
    ///
    /// # Panics
    /// If it does not.
    pub fn run(pair: &mut Pair) {
        pair.kill(Node::B);
        pair.kernel_tells(Node::B);
        pair.advance(VIRTUAL_MS);
        assert_eq!(pair.served(Node::B), Served::By(Node::A), "{:?}", pair.transitions().last());
    }
}

/// Carries effects out as a daemon does.
struct Driver {
    store: Store,
    policy: Option<Policy>,
    users: u32,
}

impl Driver {
    /// What must be on disk is on disk, and users who move have a place to go.
    fn carry_out(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Persist(memory) => self.store.save_memory(&memory.encode()).expect("the disk takes it"),
                Effect::MoveUsers { epoch, .. } => self.take_over(*epoch),
                _ => {}
            }
        }
    }

    fn take_over(&mut self, epoch: u64) {
        let (users, nodes) = (users_at_home(self.users), nodes());
        let placed = match &mut self.policy {
            None => place_builtin(Occasion::TakeOver, Promise::Balanced, &users, &nodes),
            Some(policy) => {
                let placement = policy.place(Occasion::TakeOver, &users, &nodes);
                assert_eq!(placement.fault, None);
                placement.nodes
            }
        };
        assert!(placed.iter().all(|node| *node == 1), "everybody is where a node still serves");
        let cover = Cover { epoch, homes: vec!["a".into(), "b".into()], directory_revision: 1 };
        self.store.save(None, &[], Some(&cover)).expect("the disk takes it");
    }
}

/// A state machine whose effects are carried out before anyone hears of them.
struct Driven {
    machine: Box<dyn Machine>,
    driver: Rc<RefCell<Driver>>,
}

impl Machine for Driven {
    fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        let effects = self.machine.handle(now_ms, input);
        self.driver.borrow_mut().carry_out(&effects);
        effects
    }

    fn next_deadline(&self) -> Deadline {
        self.machine.next_deadline()
    }

    fn view(&mut self) -> View {
        self.machine.view()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_users_are_covered_and_that_is_on_disk() {
        let failover = Failover::native(101).unwrap();
        let mut pair = failover.group();
        Failover::run(&mut pair);
        let driver = failover.driver.borrow();
        assert_eq!(driver.store.cover().unwrap().unwrap().homes, ["a", "b"]);
        assert!(driver.store.memory().unwrap().is_some());
    }
}
