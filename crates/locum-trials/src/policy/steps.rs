//! The steps of `features/plugins/policy.feature`.

use cucumber::{given, then, when};
use locum_host::policy::UNASSIGNED;

use super::PolicyWorld;
use super::cluster::Cluster;
use super::words::{AskedTo, Place, Spread};

#[given(expr = "a cluster of {spread} users")]
fn cluster_of(world: &mut PolicyWorld, spread: Spread) {
    world.cluster = Cluster::new(&spread);
}

#[given(expr = "{int} users without a home")]
fn users_without_a_home(world: &mut PolicyWorld, count: u32) {
    (0..count).for_each(|_| world.cluster.add(UNASSIGNED));
}

#[given(expr = "every user is of weight {int} and class {int}")]
fn of_weight_and_class(world: &mut PolicyWorld, weight: u32, class: u32) {
    world.cluster.users.weights.fill(weight);
    world.cluster.users.classes.fill(class);
}

#[given(expr = "{place} is not available")]
fn is_not_available(world: &mut PolicyWorld, place: Place) -> Result<(), String> {
    world.cluster.set_available(place, false)
}

#[given("no node is available")]
fn none_is_available(world: &mut PolicyWorld) {
    world.cluster.nodes.available.fill(0);
}

#[when(expr = "{place} is available again")]
fn is_available_again(world: &mut PolicyWorld, place: Place) -> Result<(), String> {
    world.cluster.set_available(place, true)
}

#[when("the policy is asked for its promise")]
fn is_asked_for_its_promise(world: &mut PolicyWorld) -> Result<(), String> {
    world.policy().map(|_| ())
}

#[when(expr = "the policy is asked to {occasion}")]
fn is_asked_to(world: &mut PolicyWorld, occasion: AskedTo) -> Result<(), String> {
    world.ask(occasion.0)
}

#[when("it is asked the same again")]
fn is_asked_again(world: &mut PolicyWorld) -> Result<(), String> {
    world.ask_again()
}

#[then("it gives one")]
fn gives_a_promise(world: &mut PolicyWorld) -> Result<(), String> {
    world.policy().map(|_| ())
}

#[then("its answer is used")]
fn is_used(world: &mut PolicyWorld) -> Result<(), String> {
    world.used()
}

#[then("both answers are the same")]
fn are_the_same(world: &mut PolicyWorld) -> Result<(), String> {
    world.used()?;
    let [first, second] = &world.answers[..] else { return Err("there are not two answers".to_owned()) };
    let other = first.iter().zip(second).position(|(first, second)| first != second);
    other.map_or(Ok(()), |at| {
        let (user, first, second) = (world.before.users.ids[at], first[at], second[at]);
        let name = |row| world.before.name(row);
        Err(format!("user {user} belongs at {}, and then, asked the same, at {}", name(first), name(second)))
    })
}

/// That a rule holds for every user, who is named by the place in the columns; else who breaks it, and how.
fn every_user(world: &PolicyWorld, broken: impl Fn(usize) -> Option<String>) -> Result<(), String> {
    world.used()?;
    let ids = &world.cluster.users.ids;
    let fault = (0..ids.len()).find_map(|user| Some(format!("user {} {}", ids[user], broken(user)?)));
    fault.map_or(Ok(()), Err)
}

#[then("nobody who had a home has another one")]
fn keep_their_homes(world: &mut PolicyWorld) -> Result<(), String> {
    let (before, after) = (&world.before, &world.cluster);
    every_user(world, |user| {
        let (home, now) = (before.users.homes[user], after.users.homes[user]);
        (home != UNASSIGNED && home != now)
            .then(|| format!("was at home at {} and is now at {}", before.name(home), after.name(now)))
    })
}

#[then("every user has a home")]
fn have_homes(world: &mut PolicyWorld) -> Result<(), String> {
    let homes = &world.cluster.users.homes;
    every_user(world, |user| (homes[user] == UNASSIGNED).then(|| "has no home".to_owned()))
}

#[then(expr = "{int} users have no home")]
fn have_no_home(world: &mut PolicyWorld, count: usize) -> Result<(), String> {
    world.used()?;
    let homeless = world.cluster.users.homes.iter().filter(|home| **home == UNASSIGNED).count();
    if homeless == count { Ok(()) } else { Err(format!("{homeless} users have no home")) }
}

/// That a home is right, for every user or for those who have just been given one.
fn every_home(world: &PolicyWorld, new_only: bool, is_right: impl Fn(u32) -> bool, wrong: &str) -> Result<(), String> {
    let (old, homes) = (&world.before.users.homes, &world.cluster.users.homes);
    every_user(world, |user| {
        let home = homes[user];
        let meant = home != UNASSIGNED && !(new_only && old[user] == home);
        (meant && !is_right(home)).then(|| format!("is at home at {}, which is {wrong}", world.cluster.name(home)))
    })
}

#[then("every home is available")]
fn homes_are_available(world: &mut PolicyWorld) -> Result<(), String> {
    every_home(world, false, |home| world.cluster.nodes.is_available(home), "not available")
}

#[then("every new home is available")]
fn new_homes_are_available(world: &mut PolicyWorld) -> Result<(), String> {
    every_home(world, true, |home| world.cluster.nodes.is_available(home), "not available")
}

#[then("every home is the first node of a group")]
fn homes_are_first(world: &mut PolicyWorld) -> Result<(), String> {
    every_home(world, false, |home| world.cluster.is_first(home), "not the first of its group")
}

#[then("every new home is the first node of a group")]
fn new_homes_are_first(world: &mut PolicyWorld) -> Result<(), String> {
    every_home(world, true, |home| world.cluster.is_first(home), "not the first of its group")
}

/// That no node among these has more than one user above the emptiest available one.
fn is_even(world: &PolicyWorld, counts: impl Fn(usize) -> bool) -> Result<(), String> {
    world.used()?;
    let (cluster, loads) = (&world.cluster, world.cluster.loads(&world.cluster.users.homes));
    let available = || (0..loads.len()).filter(|row| cluster.nodes.is_available(*row as u32));
    let emptiest = available().min_by_key(|row| loads[*row]);
    let fullest = available().filter(|row| counts(*row)).max_by_key(|row| loads[*row]);
    match fullest.zip(emptiest) {
        Some((most, least)) if loads[most] > loads[least] + 1 => {
            let [most_name, least_name] = [most, least].map(|row| cluster.name(row as u32));
            Err(format!("{most_name} has {} users, but {least_name} has {}", loads[most], loads[least]))
        }
        _ => Ok(()),
    }
}

#[then("no two nodes differ by more than one user")]
#[then("no two nodes that are available differ by more than one user")]
fn nodes_are_even(world: &mut PolicyWorld) -> Result<(), String> {
    is_even(world, |_| true)
}

#[then("no node that was given a user has more than one above the emptiest")]
fn given_evenly(world: &mut PolicyWorld) -> Result<(), String> {
    let loads = |cluster: &Cluster| cluster.loads(&cluster.users.homes);
    let (before, after) = (loads(&world.before), loads(&world.cluster));
    is_even(world, |row| after[row] > before[row])
}

#[then("every user is served at home")]
fn served_at_home(world: &mut PolicyWorld) -> Result<(), String> {
    let users = &world.cluster.users;
    every_user(world, |user| {
        let (home, node) = (users.homes[user], users.nodes[user]);
        let [home_name, node_name] = [home, node].map(|row| world.cluster.name(row));
        (home != node).then(|| format!("is at home at {home_name}, and served by {node_name}"))
    })
}

#[then("everyone whose home is available is served there")]
fn served_at_available_home(world: &mut PolicyWorld) -> Result<(), String> {
    let Cluster { users, nodes } = &world.cluster;
    every_user(world, |user| {
        let (home, node) = (users.homes[user], users.nodes[user]);
        let [home_name, node_name] = [home, node].map(|row| world.cluster.name(row));
        (nodes.is_available(home) && home != node)
            .then(|| format!("is at home at {home_name}, which is available, and served by {node_name}"))
    })
}

#[then("every user is served within the group of their home")]
fn served_within_group(world: &mut PolicyWorld) -> Result<(), String> {
    let Cluster { users, nodes } = &world.cluster;
    every_user(world, |user| {
        let (home, node) = (users.homes[user], users.nodes[user]);
        let group = |row: u32| nodes.groups.get(row as usize);
        let [home_name, node_name] = [home, node].map(|row| world.cluster.name(row));
        (group(home) != group(node)).then(|| format!("is at home at {home_name}, and served by {node_name}"))
    })
}

#[then("nobody is served by a node that is not available")]
fn served_by_available(world: &mut PolicyWorld) -> Result<(), String> {
    let Cluster { users, nodes } = &world.cluster;
    every_user(world, |user| {
        let node = users.nodes[user];
        (node != UNASSIGNED && !nodes.is_available(node))
            .then(|| format!("is served by {}, which is not available", world.cluster.name(node)))
    })
}

#[then("who was served by an available node is served there still")]
fn served_there_still(world: &mut PolicyWorld) -> Result<(), String> {
    let (before, after) = (&world.before, &world.cluster);
    every_user(world, |user| {
        let (node, now) = (before.users.nodes[user], after.users.nodes[user]);
        (before.nodes.is_available(node) && node != now)
            .then(|| format!("was served by {} and is now served by {}", before.name(node), after.name(now)))
    })
}

#[then(expr = "{int} users are served by nobody")]
fn served_by_nobody(world: &mut PolicyWorld, count: usize) -> Result<(), String> {
    world.used()?;
    let unserved = world.cluster.users.nodes.iter().filter(|node| **node == UNASSIGNED).count();
    if unserved == count { Ok(()) } else { Err(format!("{unserved} users are served by nobody")) }
}
