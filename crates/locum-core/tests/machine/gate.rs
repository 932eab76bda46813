//! Who serves whom (`docs/behaviour.md` §2, §5.6).

use locum_core::{Command, Effect, Health, Reason, State};

use crate::node::{Node, SERVICE_DELAY_MS, TIMEOUT_MS, WEB};

const DOCUMENT: &str = include_str!("../../../../docs/behaviour.md");

/// The column *Serves* of the table of §2: number, state, kind, serves, meaning.
fn documented() -> impl Iterator<Item = (State, &'static str)> {
    let lines = DOCUMENT.lines().skip_while(|line| !line.starts_with("| No. | State | Kind | Serves |"));
    lines.skip(2).take_while(|line| line.starts_with('|')).map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let state = State::from_name(cells[1]).unwrap_or_else(|| panic!("no state is called {:?}", cells[1]));
        assert_eq!(cells[0], state.number().to_string());
        assert_eq!(cells[2], if state.is_transition() { "transition" } else { "steady" }, "{state}");
        (state, cells[3])
    })
}

#[test]
fn a_node_serves_whom_the_document_says_in_each_state() {
    let mut states = Vec::new();
    for (state, serves) in documented() {
        let expected = match serves {
            "nobody" => (false, false),
            "its own users" | "its own users, if healthy" | "as before" => (true, false),
            "all users" => (true, true),
            other => panic!("{state} serves {other}?"),
        };
        assert_eq!(Node::in_state(state).serves(), expected, "{state}");
        states.push(state);
    }
    assert_eq!(states, State::ALL);
}

#[test]
fn taking_over_keeps_whom_it_served_and_opens_for_the_peers_users_at_its_end() {
    let mut node = Node::in_state(State::FailedOver);
    node.hear_state(State::Idle, Reason::OnAdminRequest);
    node.expect(State::TakingOver, Reason::OnAdminRequest);
    assert_eq!(node.serves(), (false, false));
    node.users_moved(true);
    assert_eq!(node.serves(), (true, true));
}

#[test]
fn in_failed_mode_a_node_serves_its_own_users_once_the_peer_covers_nobody() {
    use State::{
        FailedOver, Idle, Initializing, Normal, RunningInBackupMode, RunningInFailedMode, TakingOver, Unknown,
    };
    for (peer, serves) in [
        (RunningInFailedMode, true),
        (Unknown, true),
        (Initializing, true),
        (Normal, false),
        (RunningInBackupMode, false),
        (TakingOver, false),
        (Idle, false),
        (FailedOver, false),
    ] {
        let mut node = Node::in_state(RunningInFailedMode);
        node.hear_state(peer, Reason::CriticalServiceDown);
        assert_eq!(node.state(), RunningInFailedMode);
        assert_eq!(node.serves(), (serves, false), "{peer}");
    }
    let mut node = Node::normal();
    node.hear_state(RunningInFailedMode, Reason::Unknown);
    node.expect(RunningInFailedMode, Reason::Unknown);
    assert_eq!(node.serves(), (false, false), "the peer may not know that this node has let go");
    node.hear();
    assert_eq!(node.serves(), (true, false));
    node.probe(WEB, Health::Down);
    node.live(SERVICE_DELAY_MS);
    assert_eq!(node.serves(), (false, false), "an unhealthy node serves nobody");
    node.probe(WEB, Health::Up);
    node.pass(TIMEOUT_MS);
    assert_eq!(node.serves(), (true, false), "a silent peer covers nobody");
}

#[test]
fn in_unknown_a_node_goes_on_serving_and_begins_only_when_the_peer_covers_nobody() {
    let mut node = Node::normal();
    node.accepts(Command::HighAvailabilityOff);
    node.expect(State::Unknown, Reason::Unknown);
    assert_eq!(node.serves(), (true, false));
    node.hear_state(State::RunningInBackupMode, Reason::Unknown);
    assert_eq!(node.serves(), (true, false));

    for (peer, serves) in [
        (State::RunningInBackupMode, false),
        (State::FallingBack, false),
        (State::Idle, false),
        (State::Unknown, true),
        (State::Initializing, true),
    ] {
        let mut node = Node::in_state(State::FailedOver);
        node.accepts(Command::HighAvailabilityOff);
        node.peer.announced.high_availability = locum_core::Switch { decision: 1, on: false };
        node.hear_state(peer, Reason::Unknown);
        node.expect(State::Unknown, Reason::Unknown);
        assert_eq!(node.serves(), (serves, false), "{peer}");
        node.pass(TIMEOUT_MS);
        assert_eq!(node.serves(), (true, false), "a silent peer covers nobody");
    }
}

/// What must be durable comes before what is visible, and a gate that closes before both.
#[test]
fn a_gate_closes_before_the_change_is_stored_and_opens_after_it() {
    let order = |effects: &[Effect]| {
        let kinds = effects.iter().filter_map(|effect| match effect {
            Effect::Gate(gate) => Some(if gate.own || gate.peer { "open" } else { "close" }),
            Effect::Persist(_) => Some("store"),
            Effect::Transition(_) => Some("tell"),
            Effect::MoveUsers { .. } | Effect::StopServices => Some("work"),
            Effect::Answer { .. } => Some("answer"),
            Effect::Send(_) => Some("send"),
            _ => None,
        });
        kinds.collect::<Vec<_>>()
    };
    let mut node = Node::normal();
    assert_eq!(order(&node.accepts(Command::Failover)), ["close", "store", "tell", "answer", "send"]);
    let effects = node.hear_state(State::RunningInBackupMode, Reason::OnAdminRequest);
    assert_eq!(order(&effects), ["store", "tell", "work", "send"]);

    let mut node = Node::normal();
    let effects = node.hear_state(State::Idle, Reason::OnAdminRequest);
    assert_eq!(order(&effects), ["store", "tell", "open", "work", "send"], "the epoch of the gate has risen");
    assert_eq!(order(&node.users_moved(true)), ["store", "tell", "open", "send"]);
    assert_eq!(order(&node.hear()), [""; 0], "what has not changed is not told again");
}

/// From all users to its own: the gate narrows before the change is stored, and the peer's users alone are let go.
#[test]
fn a_gate_that_narrows_keeps_whom_it_goes_on_serving() {
    let mut node = Node::in_state(State::FallingBack);
    node.hear();
    let effects = node.users_moved(true);
    node.expect(State::Normal, Reason::Normal);
    let Effect::Gate(first) = effects[0] else { panic!("{effects:#?}") };
    assert_eq!((first.own, first.peer), (true, false));
    assert!(matches!(effects[1], Effect::Persist(_)));
    let gates = effects.iter().filter(|effect| matches!(effect, Effect::Gate(_))).count();
    assert_eq!(gates, 1, "it is narrowed once, under the epoch that it has");
}
