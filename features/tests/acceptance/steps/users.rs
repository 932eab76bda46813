//! Users: who serves them, and their moves.

use std::collections::BTreeMap;

use cucumber::{then, when};
use features::words::{Node, Served};

use locum_sim::UserMoves;

use crate::world::World;

#[then(expr = "the users of {node} are served by {served}")]
fn are_served_by(world: &mut World, node: Node, served: Served) {
    let seen = world.group().served(node);
    assert_eq!(seen, served, "they are served by {seen}");
}

#[then("nobody was ever served twice")]
fn never_twice(world: &mut World) {
    assert!(!world.group().was_served_twice());
}

#[when(expr = "{int} users are added at {node}")]
fn are_added(world: &mut World, count: u32, node: Node) {
    assert!(world.group().add_users(node, count), "{node} refuses them");
}

#[then(expr = "no users can be added at {node}")]
fn cannot_be_added(world: &mut World, node: Node) {
    let before = directories(world);
    assert!(!world.group().add_users(node, 1), "{node} has added one");
    assert_eq!(directories(world), before, "nothing has changed");
}

#[then(expr = "both directories hold the same {int} users")]
fn hold_the_same(world: &mut World, count: usize) {
    let [one, two] = directories(world);
    let [one, two] = [one.expect("node 1 runs"), two.expect("node 2 runs")];
    assert_eq!(one, two);
    assert_eq!(one.len(), count);
    assert!(one.values().all(Option::is_some), "somebody has no home: {one:?}");
}

fn directories(world: &mut World) -> [Option<BTreeMap<String, Option<Node>>>; 2] {
    Node::BOTH.map(|node| world.group().directory(node))
}

#[when(expr = "user moves of {node} fail")]
fn moves_fail(world: &mut World, node: Node) {
    world.group().set_moves(node, UserMoves::Fail);
}

#[when(expr = "user moves of {node} take long")]
fn moves_last(world: &mut World, node: Node) {
    world.group().set_moves(node, UserMoves::Last);
}

#[when(expr = "user moves of {node} succeed again")]
fn moves_succeed(world: &mut World, node: Node) {
    world.group().set_moves(node, UserMoves::Succeed);
}

#[when(expr = "the user directory of {node} falls behind")]
fn directory_differs(world: &mut World, node: Node) {
    world.group().change_directory(node);
}
