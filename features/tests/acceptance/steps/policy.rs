//! Policies: where users belong.

use cucumber::{given, then, when};
use features::Cluster;
use features::words::{Homes, Mode, Node};

use crate::backend::Plan;
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

#[given("the policy fails whenever users move, and both nodes are Normal")]
fn policy_fails(world: &mut World) {
    world.raise(&Plan { policy_fails: true, ..Plan::default() });
    world.name_both();
}

#[then(expr = "the journal of {node} says that its policy has failed")]
fn has_failed(world: &mut World, node: Node) {
    assert!(world.group().policy_faults(node) > 0);
}

#[then(expr = "the journal of {node} says nothing of its policy")]
fn has_not_failed(world: &mut World, node: Node) {
    assert_eq!(world.group().policy_faults(node), 0);
}

#[then(expr = "it is a cluster of {homes} users")]
fn it_is(world: &mut World, homes: Homes) {
    assert_eq!(world.cluster().0.homes(), homes);
}

#[then(expr = "its nodes serve {homes} users")]
fn nodes_serve(world: &mut World, homes: Homes) {
    assert_eq!(world.cluster().0.served(), homes);
}
