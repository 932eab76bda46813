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

#[when("one of the two links breaks")]
fn one_link_breaks(world: &mut World) {
    Node::BOTH.into_iter().for_each(|node| world.group().set_weather(node, 0, Weather::Cut));
}

#[when("the other link breaks too")]
fn other_link_breaks(world: &mut World) {
    Node::BOTH.into_iter().for_each(|node| world.group().set_weather(node, 1, Weather::Cut));
}

#[when("the link is mended")]
fn link_is_mended(world: &mut World) {
    set_weather(world, &Node::BOTH, Weather::Fair);
}

#[when("every third heartbeat gets lost")]
fn every_third_gets_lost(world: &mut World) {
    set_weather(world, &Node::BOTH, Weather::EveryThirdLost);
}

#[when("every heartbeat arrives twice, the second time after later ones")]
fn twice_and_late(world: &mut World) {
    set_weather(world, &Node::BOTH, Weather::TwiceAndLate);
}

#[when(expr = "the heartbeats of {node} get lost")]
fn heartbeats_get_lost(world: &mut World, node: Node) {
    set_weather(world, &[node], Weather::Cut);
}

#[when(expr = "{node} has not heard its peer for {duration}")]
fn not_heard(world: &mut World, node: Node, duration: Lasting) {
    world.group().wait_unheard(node, duration.0);
}

#[then(expr = "{node} does not hear its peer")]
fn does_not_hear(world: &mut World, node: Node) {
    assert!(world.group().look(node).is_some_and(|sight| sight.peer_silent));
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
