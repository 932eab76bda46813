//! Users: who serves them, and their moves.

use cucumber::{then, when};
use features::words::{Node, Served};

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

#[when(expr = "user moves of {node} fail")]
fn moves_fail(world: &mut World, node: Node) {
    world.group().set_moves_fail(node, true);
}

#[when(expr = "user moves of {node} succeed again")]
fn moves_succeed(world: &mut World, node: Node) {
    world.group().set_moves_fail(node, false);
}

#[when(expr = "the user directory of {node} falls behind")]
fn directory_differs(world: &mut World, node: Node) {
    world.group().change_directory(node);
}
