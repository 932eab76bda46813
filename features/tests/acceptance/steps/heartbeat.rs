//! The link between the nodes.

use cucumber::{then, when};
use features::words::{Lasting, Node};
use locum_core::Alarm;

use crate::backend::{LINKS, Weather};
use crate::world::World;

#[when("the link breaks")]
fn link_breaks(world: &mut World) {
    set_weather(world, &Node::BOTH, Weather::Cut);
}

#[when("the link is mended")]
fn link_is_mended(world: &mut World) {
    set_weather(world, &Node::BOTH, Weather::Fair);
}

#[when(expr = "the heartbeats of {node} get lost")]
fn heartbeats_get_lost(world: &mut World, node: Node) {
    set_weather(world, &[node], Weather::Cut);
}

#[when(expr = "{node} has not heard its peer for {duration}")]
fn not_heard(world: &mut World, node: Node, duration: Lasting) {
    world.group().wait_unheard(node, duration.0);
}

#[then(expr = "{node} raises the alarm that nobody serves")]
fn alarms_nobody_serves(world: &mut World, node: Node) {
    assert!(world.alarms(node, Alarm::NobodyServes));
}

/// On all links.
fn set_weather(world: &mut World, from: &[Node], weather: Weather) {
    for node in from {
        (0..LINKS).for_each(|link| world.group().set_weather(*node, link, weather));
    }
}
