//! Nodes: their daemons, their hosts, their states.

use cucumber::{given, then, when};
use features::words::{Called, Node, Rank, Row, Status};
use locum_core::State;

use crate::backend::{Passing, Plan};
use crate::world::World;

#[given("both nodes are Normal")]
fn both_normal(world: &mut World) {
    let statuses = Node::BOTH.map(|node| world.group().state(node).map(|(state, _)| state));
    assert_eq!(statuses, [Some(State::Normal); 2]);
    world.name_both();
}

#[given("node 1 is the only node of its group")]
fn only_node(world: &mut World) {
    world.raise(&Plan { alone: true, ..Plan::default() });
    world.name(Node::Two, Status::NotRunning);
}

#[when(expr = "the daemon of {node} dies")]
fn daemon_dies(world: &mut World, node: Node) {
    world.group().kill(node);
    world.name(node, Status::NotRunning);
}

#[when(expr = "the daemon of {node} starts")]
fn daemon_starts(world: &mut World, node: Node) {
    world.group().start(node);
}

#[when(expr = "the daemon of {node} restarts")]
fn daemon_restarts(world: &mut World, node: Node) {
    world.group().kill(node);
    world.group().start(node);
}

#[when("both daemons restart")]
fn both_restart(world: &mut World) {
    Node::BOTH.into_iter().for_each(|node| world.group().kill(node));
    Node::BOTH.into_iter().for_each(|node| world.group().start(node));
}

#[when(expr = "the daemon of {node} stands still")]
fn stands_still(world: &mut World, node: Node) {
    world.group().set_paused(node, true);
}

#[when(expr = "the daemon of {node} goes on")]
fn goes_on(world: &mut World, node: Node) {
    world.group().set_paused(node, false);
}

#[then("neither node has failed over or covered the other")]
fn nothing_happened(world: &mut World) {
    let amiss = |state: &State| *state != State::Normal;
    for node in Node::BOTH {
        let entered = world.group().entered(node);
        assert!(!entered.iter().any(|(state, _)| amiss(state)), "{node} entered {entered:?}");
    }
}

#[when(expr = "the host of {node} reboots")]
fn host_reboots(world: &mut World, node: Node) {
    world.group().reboot(node);
}

#[when(expr = "the host of {node} shuts down")]
fn host_shuts_down(world: &mut World, node: Node) {
    assert!(world.group().shut_down(node), "the daemon of {node} did not leave");
    world.name(node, Status::NotRunning);
}

#[then(expr = "{node} is {status}")]
fn node_is(world: &mut World, node: Node, status: Status) {
    let seen = Status::from(world.group().state(node));
    assert_eq!(seen, status, "{node} is {seen}");
    world.name(node, status);
}

#[then(expr = "the {rank} node by name is {status}")]
fn ranked_node_is(world: &mut World, rank: Rank, status: Status) {
    let order = world.stage.as_ref().expect("the run sets the stage").order();
    node_is(world, order.node(rank), status);
}

#[then(expr = "the {rank} node by name is in state {state}")]
fn ranked_node_is_in(world: &mut World, rank: Rank, state: Called) {
    let node = world.stage.as_ref().expect("the run sets the stage").order().node(rank);
    let seen = world.group().state(node);
    assert_eq!(seen.map(|(seen, _)| seen), Some(state.0), "{node} is {}", Status::from(seen));
    world.name(node, Status::from(seen));
}

#[when("the epochs are noted")]
fn epochs_are_noted(world: &mut World) {
    world.epochs = epochs(world);
}

#[then(expr = "{node} serves under a higher epoch")]
fn higher_epoch(world: &mut World, node: Node) {
    let (before, now) = (world.epochs, epochs(world));
    assert!(now[node as usize] > *before.iter().max().unwrap_or(&0), "{before:?} before, {now:?} now");
}

#[then(expr = "the pair is in {row}")]
fn pair_is_in(world: &mut World, row: Row) {
    let (seen, states) = (world.group().row(), pair(world));
    assert_eq!(seen, Some(row), "the pair is {states}");
    world.name_both();
}

#[when("the pair comes to rest")]
fn pair_rests(world: &mut World) {
    assert!(world.group().rest(), "the pair finds no rest: it is {}", pair(world));
}

#[then(expr = "the pair comes to rest in {row}")]
fn pair_rests_in(world: &mut World, row: Row) {
    pair_rests(world);
    pair_is_in(world, row);
}

#[then(expr = "the pair passes through {row}")]
fn pair_passes(world: &mut World, row: Row) {
    assert!(world.group().pass(Passing::Row(row)), "the pair is {}", pair(world));
    world.name_both();
}

#[then(expr = "{node} passes through {status}")]
fn node_passes(world: &mut World, node: Node, status: Status) {
    assert!(world.group().pass(Passing::Status(node, status)), "the pair is {}", pair(world));
    world.name(node, status);
}

#[when(expr = "{node} loses its disk")]
fn loses_disk(world: &mut World, node: Node) {
    world.group().lose_disk(node);
}

fn epochs(world: &mut World) -> [u64; 2] {
    Node::BOTH.map(|node| world.group().look(node).map_or(0, |sight| sight.epoch))
}

/// The pair, for people.
fn pair(world: &mut World) -> String {
    let group = world.group();
    let [one, two] = Node::BOTH.map(|node| Status::from(group.state(node)));
    let entered = Node::BOTH.map(|node| format!("{node} entered {:?}", group.entered(node)));
    format!("{one} · {two}\n  {}", entered.join("\n  "))
}
