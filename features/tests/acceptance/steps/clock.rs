//! Time, and the parameters that count it.

use std::time::Duration;

use cucumber::{given, then, when};
use features::words::{Lasting, Node, Row, Shared};
use locum_core::{Alarm, Parameters};

use crate::backend::{Change, Plan};
use crate::world::World;

#[given("automatic fallback is on, and both nodes are Normal")]
fn automatic_fallback(world: &mut World) {
    falls_back(world, Parameters::classic().automatic_fallback_delay_ms);
}

#[given("automatic fallback is on without delay, and both nodes are Normal")]
fn automatic_fallback_at_once(world: &mut World) {
    falls_back(world, 0);
}

fn falls_back(world: &mut World, automatic_fallback_delay_ms: u64) {
    let parameters = Parameters { automatic_fallback: true, automatic_fallback_delay_ms, ..Parameters::classic() };
    world.raise(&Plan { parameters, ..Plan::default() });
    assert_eq!(world.group().row(), Some(Row(1)));
    world.name_both();
}

#[when(expr = "{duration} pass(es)")]
fn time_passes(world: &mut World, duration: Lasting) {
    world.group().wait(duration.0);
}

#[when("nothing else happens")]
fn nothing_happens(_: &mut World) {}

#[when(expr = "the {parameter} of {node} is changed")]
fn parameter_is_changed(world: &mut World, parameter: Shared, node: Node) {
    world.group().reconfigure(
        node,
        &match parameter {
            Shared::KeepAliveTimeout => Change::KeepAliveTimeout(Duration::from_secs(61)),
            Shared::Cluster => Change::Cluster("another".into()),
            Shared::Software => Change::Software("another".into()),
        },
    );
}

#[when(expr = "the {parameter} of {node} is what it was")]
fn parameter_is_back(world: &mut World, parameter: Shared, node: Node) {
    let was = Parameters::classic();
    world.group().reconfigure(
        node,
        &match parameter {
            Shared::KeepAliveTimeout => Change::KeepAliveTimeout(Duration::from_millis(was.keep_alive_timeout_ms)),
            Shared::Cluster => Change::Cluster(was.cluster),
            Shared::Software => Change::Software(was.software),
        },
    );
}

#[then(expr = "{node} raises the alarm that parameters differ")]
fn alarms_parameters(world: &mut World, node: Node) {
    assert!(world.alarms(node, Alarm::ParameterMismatch));
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
