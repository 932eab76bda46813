//! Time, and the parameters that count it.

use cucumber::{given, then, when};
use features::words::{Lasting, Node, Row};
use locum_core::Parameters;

use crate::world::World;

#[given("automatic fallback is on, and both nodes are Normal")]
fn automatic_fallback(world: &mut World) {
    world.raise(Parameters { automatic_fallback: true, ..Parameters::classic() });
    assert_eq!(world.group().row(), Some(Row(1)));
}

#[when(expr = "{duration} pass(es)")]
fn time_passes(world: &mut World, duration: Lasting) {
    world.group().wait(duration.0);
}

#[when("nothing else happens")]
fn nothing_happens(_: &mut World) {}

#[when(expr = "the keep-alive timeout of {node} is set to {duration}")]
fn timeout_is_set(world: &mut World, node: Node, duration: Lasting) {
    let timeout_ms = u64::try_from(duration.0.as_millis()).expect("timeouts last no ages");
    world.group().reconfigure(node, |parameters| parameters.keep_alive_timeout_ms = timeout_ms);
}

#[then(expr = "{node} counts down to an automatic fallback")]
fn counts_down(world: &mut World, node: Node) {
    assert!(world.group().counts_down(node));
}

#[then(expr = "{node} counts down to nothing")]
fn counts_down_to_nothing(world: &mut World, node: Node) {
    assert!(!world.group().counts_down(node));
}
