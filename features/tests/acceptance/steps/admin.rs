//! Administrators: what they ask for, what they are told, what they are advised.

use cucumber::{given, then, when};
use features::words::{Advised, Answered, Asked, Node, Row, Service};
use locum_core::{Answer, Command, State};

use crate::world::{Request, World};

#[given(expr = "the pair has come to {row}")]
fn has_come_to(world: &mut World, row: Row) {
    let group = world.group();
    match row.0 {
        1 => {}
        2 | 3 => _ = group.command(Node::One, Command::Failover),
        11 | 12 | 22 | 23 => group.set_service(Node::One, Service::Critical, false),
        16 => group.kill(Node::One),
        19 => {
            group.set_moves_fail(Node::Two, true);
            group.command(Node::One, Command::Failover);
        }
        24 => _ = group.command(Node::One, Command::HighAvailabilityOff),
        4 => {
            has_come_to(world, Row(3));
            world.group().command(Node::One, Command::Fallback);
        }
        _ => panic!("no scenario has needed {row} as its beginning so far"),
    }
    let group = world.group();
    if matches!(row.0, 11 | 22 | 23) {
        group.rest();
        group.set_service(Node::One, Service::Critical, true);
    }
    if matches!(row.0, 22 | 23) {
        group.rest();
        group.set_service(Node::Two, if row.0 == 22 { Service::Database } else { Service::Critical }, false);
    }
    let there = if matches!(row.0, 2 | 4) { group.pass(row) } else { group.rest() && group.row() == Some(row) };
    assert!(there, "the pair is in {:?}", group.row());
}

#[when(expr = "an administrator asks {node} for {command}")]
fn asks(world: &mut World, node: Node, asked: Asked) {
    ask(world, node, asked.0);
}

fn ask(world: &mut World, node: Node, command: Command) {
    let before = world.shown();
    let answer = world.group().command(node, command).unwrap_or_else(|| panic!("{node} does not run"));
    world.asked = Some(Request { node, command, before, answer });
}

#[when("the administrator asks again")]
fn asks_again(world: &mut World) {
    let Request { node, command, .. } = last(world);
    ask(world, node, command);
}

/// What life asks for, and nobody refuses.
#[when(expr = "{node} is failed over")]
fn is_failed_over(world: &mut World, node: Node) {
    is_accepted(world, node, Command::Failover);
}

#[when(expr = "{node} is fallen back")]
fn is_fallen_back(world: &mut World, node: Node) {
    is_accepted(world, node, Command::Fallback);
}

#[when(expr = "{node} is recovered")]
fn is_recovered(world: &mut World, node: Node) {
    is_accepted(world, node, Command::Recover);
}

#[when(expr = "high availability is switched off on {node}")]
fn is_switched_off(world: &mut World, node: Node) {
    is_accepted(world, node, Command::HighAvailabilityOff);
}

#[when(expr = "high availability is switched on on {node}")]
fn is_switched_on(world: &mut World, node: Node) {
    is_accepted(world, node, Command::HighAvailabilityOn);
}

#[then(expr = "that is {answer}")]
fn is_answered(world: &mut World, expected: Answered) {
    let Request { node, command, before, answer } = last(world);
    let answered = Answered::from(&answer);
    assert_eq!(answered, expected, "that is {answered}");
    let Answer::Refused(refusal) = answer else { return };
    let state = world.group().state(node);
    assert_eq!((refusal.command, Some((refusal.state, refusal.reason))), (command, state), "the refusal says why");
    assert_eq!(world.shown(), before, "nothing has changed");
}

#[then(expr = "{node} has failed over only once")]
fn failed_over_once(world: &mut World, node: Node) {
    let entered = world.group().entered(node);
    let times = entered.iter().filter(|(state, _)| *state == State::FailingOver).count();
    assert_eq!(times, 1, "{node} entered {entered:?}");
}

#[then(expr = "status recommends to {advice}")]
fn recommends(world: &mut World, expected: Advised) {
    let advice = world.group().overlook().map(|sight| sight.advice);
    assert_eq!(advice, Some(expected));
}

fn is_accepted(world: &mut World, node: Node, command: Command) {
    ask(world, node, command);
    is_answered(world, Answered::Accepted);
}

fn last(world: &World) -> Request {
    world.asked.clone().expect("an administrator asked for something")
}
