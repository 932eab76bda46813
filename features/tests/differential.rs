//! The native state machine and its component do the same, always (`docs/behaviour.md` §9.5).

use std::cell::Cell;
use std::rc::Rc;

use locum_core::{
    Command, Core, Deadline, Directory, Effect, Health, Input, Parameters, PeerLoss, Settings, Start, View,
};
use locum_host::Loaded;
use locum_parts::{Component, load};
use locum_sim::{Factory, Machine, Node, Pair, Parts, UserMoves, native};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// How many inputs both must have been given before they count as the same.
const INPUTS_MIN: u64 = 5_000;

/// Both at once: what the one does, the other does too, and is left in the same state by it.
struct Twin {
    core: Core,
    component: Component,
    inputs: Rc<Cell<u64>>,
}

impl Twin {
    fn factory(loaded: Loaded, inputs: Rc<Cell<u64>>) -> Factory {
        Box::new(move |settings: Settings, start: Start| {
            let (core, effects) = Core::start(settings.clone(), start.clone());
            let (component, same) = Component::start(&loaded, settings, start);
            assert_eq!(effects, same, "at the start");
            let twin = Twin { core, component, inputs: inputs.clone() };
            twin.compare();
            (Box::new(twin), effects)
        })
    }

    fn compare(&self) {
        assert_eq!(self.core.next_deadline(), self.component.next_deadline());
        assert_eq!(self.core.snapshot(), self.component.snapshot());
        assert_eq!(Core::restore(self.component.snapshot()).as_ref(), Ok(&self.core));
    }
}

impl Machine for Twin {
    fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        let effects = self.core.handle(now_ms, input.clone());
        assert_eq!(effects, self.component.handle(now_ms, input.clone()), "at {now_ms} ms: {input:?}");
        self.compare();
        self.inputs.set(self.inputs.get() + 1);
        effects
    }

    fn next_deadline(&self) -> Deadline {
        self.core.next_deadline()
    }

    fn view(&mut self) -> View {
        let view = self.core.view();
        assert_eq!(view, self.component.view());
        view
    }
}

/// What life brings, and what it does not.
#[derive(Clone, Debug)]
enum Act {
    Wait(u64),
    Kill(Node),
    Start(Node),
    Reboot(Node),
    LoseDisk(Node),
    Service(Node, u16, bool),
    MovesFail(Node, bool),
    Sends(Node, bool),
    Freeze(Node, bool),
    Input(Node, Box<Input>),
}

fn input() -> impl Strategy<Value = Input> {
    let health = prop_oneof![Just(Health::Up), Just(Health::Down), Just(Health::Unknown)];
    prop_oneof![
        8 => (any::<u64>(), 0..Command::ALL.len())
            .prop_map(|(token, command)| Input::Command { token, command: Command::ALL[command] }),
        2 => any::<u64>().prop_map(|token| Input::Timer { token }),
        2 => prop_oneof![Just(PeerLoss::StreamClosed), Just(PeerLoss::PortRefused)].prop_map(Input::PeerLoss),
        3 => (any::<u16>(), any::<u64>(), health.clone())
            .prop_map(|(service, run, health)| Input::Probe { service, run, health }),
        3 => (0u16..3, 0u64..4, health).prop_map(|(service, run, health)| Input::Probe { service, run, health }),
        2 => (0u64..4, any::<bool>()).prop_map(|(token, moved)| Input::UsersMoved { token, moved }),
        1 => (0u64..3, 0u64..3).prop_map(|(revision, digest)| Input::Directory(Directory { revision, digest })),
        1 => any::<bool>().prop_map(|fast_peer_loss| Input::Parameters(Parameters {
            fast_peer_loss,
            ..Parameters::fast()
        })),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let node = || prop_oneof![Just(Node::A), Just(Node::B)];
    prop_oneof![
        6 => (0u64..2_500).prop_map(Act::Wait),
        2 => node().prop_map(Act::Kill),
        3 => node().prop_map(Act::Start),
        1 => node().prop_map(Act::Reboot),
        1 => node().prop_map(Act::LoseDisk),
        3 => (node(), 0u16..2, any::<bool>()).prop_map(|(node, service, sound)| Act::Service(node, service, sound)),
        1 => (node(), any::<bool>()).prop_map(|(node, fail)| Act::MovesFail(node, fail)),
        1 => (node(), any::<bool>()).prop_map(|(node, sends)| Act::Sends(node, sends)),
        1 => (node(), any::<bool>()).prop_map(|(node, frozen)| Act::Freeze(node, frozen)),
        6 => (node(), input()).prop_map(|(node, input)| Act::Input(node, Box::new(input))),
    ]
}

fn perform(pair: &mut Pair, act: Act) {
    match act {
        Act::Wait(for_ms) => pair.advance(for_ms),
        Act::Kill(node) => pair.kill(node),
        Act::Start(node) => pair.start(node),
        Act::Reboot(node) => pair.reboot(node),
        Act::LoseDisk(node) => pair.lose_disk(node),
        Act::Service(node, service, sound) => pair.set_service(node, service, sound),
        Act::MovesFail(node, fail) => pair.set_moves(node, if fail { UserMoves::Fail } else { UserMoves::Succeed }),
        Act::Sends(node, sends) => pair.set_sends(node, sends),
        Act::Freeze(node, frozen) => pair.set_frozen(node, frozen),
        Act::Input(node, input) => pair.input(node, *input),
    }
}

#[test]
fn the_component_does_what_the_native_state_machine_does() {
    let loaded = load("locum-core-component").unwrap();
    let inputs = Rc::new(Cell::new(0));
    let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
    let parameters = Parameters { automatic_fallback: true, automatic_fallback_delay_ms: 700, ..Parameters::fast() };
    let outcome = TestRunner::new(config).run(&prop::collection::vec(act(), 1..40), |acts| {
        let mut pair =
            Pair::normal(Parts { machines: Twin::factory(loaded.clone(), inputs.clone()), ..native() }, &parameters);
        for act in acts {
            perform(&mut pair, act);
            Node::BOTH.into_iter().for_each(|node| _ = pair.view(node));
        }
        Ok(())
    });
    outcome.unwrap();
    assert!(inputs.get() >= INPUTS_MIN, "only {} inputs were compared", inputs.get());
}
