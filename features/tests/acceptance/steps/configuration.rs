//! Configuration files.

use cucumber::{given, then, when};
use features::words::{Key, Value};
use toml_edit::DocumentMut;

use crate::world::World;

/// A sound one.
const SOUND: &str = include_str!("../../../../docs/examples/classic/ada.toml");

#[given("the configuration of a node of a group of two")]
fn configuration(world: &mut World) {
    world.configuration = SOUND.parse().expect("the example is TOML");
}

#[when(expr = "{key} is {value}")]
fn key_is(world: &mut World, key: Key, value: Value) {
    *item(&mut world.configuration, &key) = toml_edit::Item::Value(value.0);
}

#[when("the peer is left out")]
fn no_peer(world: &mut World) {
    world.configuration.remove("peer");
    no_security(world);
    world.configuration["node"]["listen"] = toml_edit::value(toml_edit::Array::from_iter(["10.0.0.1"]));
}

#[when("the security is left out")]
fn no_security(world: &mut World) {
    world.configuration.remove("security");
}

#[then("it has no fault")]
fn no_fault(world: &mut World) {
    let faults = faults(world);
    assert!(faults.is_empty(), "it is refused at {}", faults.join(", "));
}

#[then(expr = "it is refused at {key}")]
fn refused_at(world: &mut World, key: Key) {
    let faults = faults(world);
    assert!(faults.contains(&key.to_string()), "it is refused at {faults:?}");
}

/// The keys that have a fault.
fn faults(world: &World) -> Vec<String> {
    world.stage.as_ref().expect("the run sets the stage").faults(&world.configuration.to_string())
}

/// The place of a key such as `group.name`.
fn item<'a>(document: &'a mut DocumentMut, key: &Key) -> &'a mut toml_edit::Item {
    key.sections().fold(document.as_item_mut(), |item, name| &mut item[name])
}
