//! The services that a node guards, and their probes.

use cucumber::{then, when};
use features::words::{Node, Service};
use locum_core::Alarm;

use crate::world::World;

#[when(expr = "the {service} of {node} fails")]
fn fails(world: &mut World, service: Service, node: Node) {
    world.group().set_service(node, service, false);
}

#[when(expr = "the {service} of {node} is repaired")]
fn is_repaired(world: &mut World, service: Service, node: Node) {
    world.group().set_service(node, service, true);
}

#[when("both nodes are repaired")]
fn both_are_repaired(world: &mut World) {
    for node in Node::BOTH {
        world.group().set_service(node, Service::Critical, true);
        world.group().set_service(node, Service::Database, true);
    }
}

#[when(expr = "the probe of the {service} of {node} cannot tell")]
fn cannot_tell(world: &mut World, service: Service, node: Node) {
    world.group().blind_probe(node, service);
}

#[then(expr = "{node} raises the alarm that a probe cannot tell")]
fn alarms_unknown(world: &mut World, node: Node) {
    assert!(world.alarms(node, Alarm::ProbeUnknown));
}
