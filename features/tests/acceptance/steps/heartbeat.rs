//! The link between the nodes.

use cucumber::{then, when};
use features::words::{Lasting, Node};
use locum_core::Alarm;

use crate::world::World;

#[when("the link breaks")]
fn link_breaks(world: &mut World) {
    Node::BOTH.into_iter().for_each(|node| world.group().set_sends(node, false));
}

#[when("the link is mended")]
fn link_is_mended(world: &mut World) {
    Node::BOTH.into_iter().for_each(|node| world.group().set_sends(node, true));
}

#[when(expr = "the heartbeats of {node} get lost")]
fn heartbeats_get_lost(world: &mut World, node: Node) {
    world.group().set_sends(node, false);
}

#[when(expr = "{node} has not heard its peer for {duration}")]
fn not_heard(world: &mut World, node: Node, duration: Lasting) {
    world.group().wait_unheard(node, duration.0);
}

#[then(expr = "{node} raises the alarm that nobody serves")]
fn alarms_nobody_serves(world: &mut World, node: Node) {
    assert!(world.group().alarms(node, Alarm::NobodyServes));
}
