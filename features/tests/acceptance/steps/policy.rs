//! Policies: where users belong.

use cucumber::{given, then, when};
use features::Cluster;
use features::words::{Homes, Mode, Node};

use crate::world::World;

#[given(expr = "a cluster of {homes} users")]
fn cluster_of(world: &mut World, homes: Homes) {
    world.cluster = Some(Cluster::new(&homes));
}

#[when(expr = "{int} users are added in mode {mode}")]
fn are_added(world: &mut World, count: u32, mode: Mode) {
    let (cluster, policies) = world.cluster();
    cluster.admit(count, policies, mode);
}

#[when(expr = "all users are rebalanced in mode {mode}")]
fn are_rebalanced(world: &mut World, mode: Mode) {
    let (cluster, policies) = world.cluster();
    cluster.rebalance(policies, mode);
}

#[when(expr = "{node} is lost in mode {mode}")]
fn is_lost(world: &mut World, node: Node, mode: Mode) {
    let (cluster, policies) = world.cluster();
    cluster.set_available(node, false, policies, mode);
}

#[when(expr = "{node} is back in mode {mode}")]
fn is_back(world: &mut World, node: Node, mode: Mode) {
    let (cluster, policies) = world.cluster();
    cluster.set_available(node, true, policies, mode);
}

#[then(expr = "it is a cluster of {homes} users")]
fn it_is(world: &mut World, homes: Homes) {
    assert_eq!(world.cluster().0.homes(), homes);
}

#[then(expr = "its nodes serve {homes} users")]
fn nodes_serve(world: &mut World, homes: Homes) {
    assert_eq!(world.cluster().0.served(), homes);
}
