//! The glue answers what the core answers. (The host's tests say the same of the compiled component.)

use locum_core::{Core, Heartbeat, Parameters, State, View};

use super::*;
use crate::wit::{Command, Directory, Effect, Health, Observation, PeerLoss, Request, Service};

/// A native node and the same node behind the glue, given the same inputs.
struct Both {
    native: Core,
}

impl Both {
    fn start() -> Both {
        let (native, effects) = Core::start(settings().into(), start_up().into());
        assert_eq!(Machine::start(settings(), start_up()), outcome(&native, effects));
        Both { native }
    }

    fn handle(&mut self, now_ms: u64, input: Input) -> Outcome {
        let effects = self.native.handle(now_ms, convert::input(input.clone()).expect("an input of the core"));
        let answer = Machine::handle(now_ms, input);
        assert_eq!(answer, outcome(&self.native, effects));
        assert_eq!(View::decode(&Machine::view()).as_ref(), Some(&self.native.view()));
        assert_eq!(Machine::snapshot(), self.native.snapshot());
        answer
    }
}

fn settings() -> Settings {
    let fast = Parameters::fast();
    Settings {
        first: true,
        has_peer: true,
        high_availability: true,
        parameters: wit::Parameters {
            cluster: fast.cluster,
            software: fast.software,
            keep_alive_interval_ms: fast.keep_alive_interval_ms,
            keep_alive_timeout_ms: fast.keep_alive_timeout_ms,
            initialization_keep_alive_timeout_ms: fast.initialization_keep_alive_timeout_ms,
            critical_service_delay_ms: fast.critical_service_delay_ms,
            automatic_fallback: fast.automatic_fallback,
            automatic_fallback_delay_ms: fast.automatic_fallback_delay_ms,
            fast_peer_loss: fast.fast_peer_loss,
            monitor_authentication: fast.monitor_authentication,
            service_port: fast.service_port,
            admin_rpc_port: fast.admin_rpc_port,
            user_assignment_mode: fast.user_assignment_mode,
            partition: wit::Partition::Available,
        },
        services: vec![Service { critical: true, database: true, start_timeout_ms: 5_000 }],
    }
}

fn start_up() -> StartUp {
    StartUp { now_ms: 1_000, boot_id: 7, incarnation_min: 3, memory: Vec::new() }
}

fn sent(outcome: &Outcome) -> Heartbeat {
    let sent = outcome.effects.iter().find_map(|effect| match effect {
        Effect::Send(bytes) => Heartbeat::decode(bytes),
        _ => None,
    });
    sent.expect("a heartbeat is sent")
}

#[test]
fn a_node_that_hears_nobody_takes_over_in_the_glue_as_in_the_core() {
    let mut node = Both::start();
    node.handle(1_010, Input::Directory(Directory { revision: 4, digest: 9 }));
    node.handle(1_020, Input::Probe(Observation { service: 0, run: 1, health: Health::Up }));
    node.handle(1_030, Input::PeerLoss(PeerLoss::StreamClosed));
    let mut parameters = settings().parameters;
    parameters.critical_service_delay_ms = 2_000;
    node.handle(1_040, Input::Parameters(parameters));
    let refused = node.handle(1_050, Input::Command(Request { token: 5, command: Command::Recover }));
    assert!(refused.effects.iter().any(|effect| matches!(effect, Effect::Answer(reply) if reply.token == 5)));

    let mut outcome = refused;
    while View::decode(&Machine::view()).expect("a view").state == State::Initializing {
        let wit::Deadline { at_ms, token } = outcome.deadline;
        outcome = node.handle(at_ms, Input::Timer(token));
    }
    let Some(Effect::Transition(transition)) =
        outcome.effects.iter().find(|effect| matches!(effect, Effect::Transition(_)))
    else {
        panic!("a transition is told")
    };
    assert_eq!(transition.row, "init-silent");
    assert_eq!(State::from_number(transition.after.state), Some(State::TakingOver));
    assert!(outcome.effects.iter().any(|effect| matches!(effect, Effect::MoveUsers(_))));
}

#[test]
fn a_heartbeat_is_heard_and_one_that_is_none_changes_nothing() {
    let mut node = Both::start();
    let peer = sent(&node.handle(1_010, Input::Directory(Directory { revision: 1, digest: 2 })));
    let peer = Heartbeat { incarnation: 8, boot_id: 70, ..peer };
    node.handle(1_020, Input::Heartbeat(peer.encode()));
    let heard = View::decode(&Machine::view()).and_then(|view| view.peer).expect("the peer is heard");
    assert_eq!((heard.incarnation, heard.boot_id), (8, 70));

    let before = (Machine::snapshot(), Machine::view());
    let too_long = [peer.encode(), vec![0]].concat();
    for bytes in [Vec::new(), vec![255; 40], too_long] {
        let outcome = Machine::handle(2_000, Input::Heartbeat(bytes));
        assert_eq!((outcome.effects, outcome.deadline), (Vec::new(), node.native.next_deadline().into()));
    }
    assert_eq!((Machine::snapshot(), Machine::view()), before);
}

#[test]
fn a_snapshot_is_gone_on_from_and_what_is_none_changes_nothing() {
    let mut node = Both::start();
    node.handle(1_020, Input::Probe(Observation { service: 0, run: 1, health: Health::Up }));
    let snapshot = Machine::snapshot();
    node.handle(1_030, Input::Probe(Observation { service: 0, run: 1, health: Health::Down }));

    let later = Machine::snapshot();
    assert!(!Machine::restore(vec![1, 2, 3]));
    assert_eq!(Machine::snapshot(), later);
    assert!(Machine::restore(snapshot.clone()));
    assert_eq!(Machine::snapshot(), snapshot);
}
