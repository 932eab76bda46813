//! Time, and the parameters that count it.

use cucumber::{given, then, when};
use features::words::{Lasting, Node, Row};
use locum_core::Parameters;

use crate::backend::{Change, Plan};
use crate::world::{USERS, World};

#[given("automatic fallback is on, and both nodes are Normal")]
fn automatic_fallback(world: &mut World) {
    let parameters = Parameters { automatic_fallback: true, ..Parameters::classic() };
    world.raise(&Plan { parameters, users: USERS, policy_fails: false });
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
    world.group().reconfigure(node, &Change::KeepAliveTimeout(duration.0));
}

#[then(expr = "{node} counts down to an automatic fallback")]
fn counts_down(world: &mut World, node: Node) {
    assert!(counts(world, node));
}

#[then(expr = "{node} counts down to nothing")]
fn counts_down_to_nothing(world: &mut World, node: Node) {
    assert!(!counts(world, node));
}

fn counts(world: &mut World, node: Node) -> bool {
    world.group().look(node).is_some_and(|sight| sight.counts_down)
}
