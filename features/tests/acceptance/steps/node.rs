//! Nodes: their daemons, their hosts, their states.

use cucumber::{given, then, when};
use features::words::{Node, Row, Status};
use locum_core::State;

use crate::world::World;

#[given("both nodes are Normal")]
fn both_normal(world: &mut World) {
    let statuses = Node::BOTH.map(|node| world.group().state(node).map(|(state, _)| state));
    assert_eq!(statuses, [Some(State::Normal); 2]);
}

#[when(expr = "the daemon of {node} dies")]
fn daemon_dies(world: &mut World, node: Node) {
    world.group().kill(node);
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

#[when(expr = "the host of {node} reboots")]
fn host_reboots(world: &mut World, node: Node) {
    world.group().reboot(node);
}

#[when(expr = "the host of {node} shuts down")]
fn host_shuts_down(world: &mut World, node: Node) {
    assert!(world.group().shut_down(node), "the daemon of {node} did not leave");
}

#[then(expr = "{node} is {status}")]
fn node_is(world: &mut World, node: Node, status: Status) {
    let seen = Status::from(world.group().state(node));
    assert_eq!(seen, status, "{node} is {seen}");
}

#[then(expr = "the pair is in {row}")]
fn pair_is_in(world: &mut World, row: Row) {
    let (seen, states) = (world.group().row(), pair(world));
    assert_eq!(seen, Some(row), "the pair is {states}");
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
    assert!(world.group().pass(row), "the pair is {}", pair(world));
}

/// The pair, for people.
fn pair(world: &mut World) -> String {
    let group = world.group();
    let [one, two] = Node::BOTH.map(|node| Status::from(group.state(node)));
    let entered = Node::BOTH.map(|node| format!("{node} entered {:?}", group.entered(node)));
    format!("{one} · {two}\n  {}", entered.join("\n  "))
}
