//! Administrators: what they ask for, what they are told, what they are advised.

use cucumber::gherkin::Step;
use cucumber::{given, then, when};
use features::words::{Advised, Answered, Asked, Called, Node, Possible, Row, Service};
use locum_core::{Answer, Command, State};

use locum_sim::UserMoves;

use crate::backend::{Backend, Passing};
use crate::world::{Request, World};

/// A pair in any trouble takes fewer commands than this.
const RECOMMENDED_MAX: u32 = 4;

#[given(expr = "the pair has come to {row}")]
fn has_come_to(world: &mut World, row: Row) {
    world.came_to = Some(row);
    lead(world.group(), row);
    world.name_both();
}

/// Leads a group from Normal/Normal to a row, by what happens in life.
fn lead(group: &mut dyn Backend, row: Row) {
    match row.0 {
        1 => {}
        2 | 3 => _ = group.command(Node::One, Command::Failover),
        11 | 12 | 22 | 23 => group.set_service(Node::One, Service::Critical, false),
        13 => group.set_service(Node::One, Service::Database, false),
        16 => group.kill(Node::One),
        19 => {
            group.set_moves(Node::Two, UserMoves::Fail);
            group.command(Node::One, Command::Failover);
        }
        24 => _ = group.command(Node::One, Command::HighAvailabilityOff),
        4 => {
            lead(group, Row(3));
            group.command(Node::One, Command::Fallback);
        }
        _ => panic!("no scenario has needed {row} as its beginning so far"),
    }
    if matches!(row.0, 11 | 22 | 23) {
        group.rest();
        group.set_service(Node::One, Service::Critical, true);
    }
    if matches!(row.0, 22 | 23) {
        group.rest();
        group.set_service(Node::Two, if row.0 == 22 { Service::Database } else { Service::Critical }, false);
    }
    let there =
        if matches!(row.0, 2 | 4) { group.pass(Passing::Row(row)) } else { group.rest() && group.row() == Some(row) };
    assert!(there, "the pair is in {:?}", group.row());
}

/// Asks for one thing after the other. What is not accepted changes nothing; what is accepted is asked of another
/// group, which has come to the same row.
#[then(expr = "{node} in state {state} answers")]
fn answers(world: &mut World, node: Node, state: Called, step: &Step) {
    assert_eq!(world.group().state(node).map(|(seen, _)| seen), Some(state.0));
    let table = step.table.as_ref().expect("commands and answers");
    for line in &table.rows {
        let [command, answer] = line.as_slice() else { panic!("a command and its answer, not {line:?}") };
        let command: Asked = command.parse().unwrap_or_else(|error| panic!("{error}"));
        let expected: Answered = answer.parse().unwrap_or_else(|error| panic!("{error}"));
        if expected == Answered::Accepted {
            let row = world.came_to.expect("what is accepted is asked in a documented row");
            let mut other = world.another();
            lead(&mut *other, row);
            assert_eq!(other.command(node, command.0), Some(Answer::Accepted), "{command}");
            world.applied.append(&mut other.rows_applied());
        } else {
            ask(world, node, command.0);
            is_answered(world, expected);
            let Request { before, .. } = last(world);
            assert_eq!(world.shown(), before, "{command}: nothing has changed");
        }
    }
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

/// Whatever else is asked of a node that runs is refused, or was done before; either way nothing changes.
#[then(expr = "an administrator can only {possible}")]
fn can_only(world: &mut World, possible: Possible) {
    for node in Node::BOTH {
        if world.group().state(node).is_none() {
            continue;
        }
        for command in [Command::Failover, Command::Fallback, Command::Recover, Command::ForceTakeOver] {
            if !possible.allows(node, command) {
                ask(world, node, command);
                let Request { before, answer, .. } = last(world);
                assert_ne!(answer, Answer::Accepted, "{node}: {}", command.name());
                assert_eq!(world.shown(), before, "{node}: {}: something has changed", command.name());
            }
        }
    }
}

#[then(expr = "that is {answer}")]
fn is_answered(world: &mut World, expected: Answered) {
    let Request { node, command, before, answer } = last(world);
    let answered = Answered::from(&answer);
    assert_eq!(answered, expected, "{}: that is {answered}", command.name());
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

/// One command after the other, until there is nothing to do.
#[when("an administrator does what status recommends")]
fn follows_advice(world: &mut World) {
    for _ in 0..RECOMMENDED_MAX {
        assert!(world.group().rest(), "the pair finds no rest");
        let advice = world.group().overlook().expect("a daemon runs").advice;
        let (node, command) = match advice {
            Advised::Nothing => return,
            Advised::FallBack(node) => (node, Command::Fallback),
            Advised::Force(node) => (node, Command::ForceTakeOver),
            Advised::Recover => (Node::One, Command::Recover),
            Advised::SwitchOn => (Node::One, Command::HighAvailabilityOn),
            Advised::Wait
            | Advised::Repair(_)
            | Advised::RepairEither
            | Advised::BringBack(_)
            | Advised::RecoverMove => panic!("status recommends to {advice}, which is no command"),
        };
        is_accepted(world, node, command);
    }
    panic!("there is no end of what status recommends");
}

fn is_accepted(world: &mut World, node: Node, command: Command) {
    ask(world, node, command);
    is_answered(world, Answered::Accepted);
}

fn last(world: &World) -> Request {
    world.asked.clone().expect("an administrator asked for something")
}
