//! The witness, as an operator and a daemon meet it.

use std::time::Duration;

use locum_core::{Rank, Wish, WitnessRequest};
use locum_testbed::{
    ALL_TIMERS, EtcdCluster, KEEP_ALIVE_TIMEOUT, NORMAL, Node, Pair, Relay, Said, Setup, StreamGate, Weather, World,
    locum, until, until_true,
};
use locum_witness::{Access, Etcd, Leases, Witness as _};
use serde_json::Value;

/// What a node says that does not hear its peer, where the witness shows it alive or does not answer.
const APART: &str = "the peer is not heard, and may still serve its users";
/// What it says that does not hear the witness.
const LOST: &str = "the witness does not answer";
/// A node that stands in for one that was killed.
const STANDS_IN: &str = "Running in Backup Mode (Peer Down)";
/// The lease of [`with_etcd`] is as long as the keep-alive timeout: first the peer is silent, then its lease stands still.
const TAKES_OVER: Duration = KEEP_ALIVE_TIMEOUT.saturating_mul(2);

fn with_etcd(cluster: &EtcdCluster, more: &str) -> Setup {
    let endpoints = format!("{:?}", cluster.addresses());
    Setup::default().tables(&format!("[witness]\nkind = \"etcd\"\nendpoints = {endpoints}\n{more}\n"))
}

fn check(node: &Node) -> Said {
    let config = node.config_file().display().to_string();
    locum(&["--config", &config], &["witness", "check", "--output", "json"])
}

#[test]
fn a_check_tells_how_fast_the_witness_is_and_what_lease_it_carries() {
    let Some(mut cluster) = EtcdCluster::start(3) else { return };
    // Long enough for a machine that is busy with other tests.
    let pair = with_etcd(&cluster, "lease = \"20s\"").build(World::new());
    let found: Value = check(&pair.a).ok().json();
    assert_eq!(found["keys"], "/locum/g1/");
    assert_eq!(found["risk"], "A node that reaches neither its peer nor the witness serves nobody.");
    for (place, address) in cluster.addresses().iter().enumerate() {
        let member = &found["members"][place];
        assert_eq!(member["endpoint"], **address);
        let [min, median, max] = [0, 1, 2].map(|at| member["measured"]["swap_ms"][at].as_f64().unwrap());
        assert!(0.0 < min && min <= median && median <= max, "{member}");
        assert_eq!(member["measured"]["sees_more"], true, "nobody asks for a user here");
    }
    assert_eq!(found["lease"]["configured_ms"], 20_000);
    assert_eq!(found["lease"]["fits"], true);
    assert!(found["lease"]["recommended_ms"].as_u64().unwrap() > 200, "two intervals and more");

    cluster.stop();
    let gone = check(&pair.a);
    assert_eq!(gone.code, 4, "{gone:?}");
    assert!(gone.err.contains(&cluster.addresses()[0]) && gone.err.contains("is etcd running there"), "{gone:?}");
}

#[test]
fn a_check_leaves_the_leases_alone() {
    let Some(cluster) = EtcdCluster::start(1) else { return };
    let leases = Leases::new("/locum", "g1", ["a", "b"].map(str::to_owned), Rank::First);
    let etcd = Etcd::new(&cluster.addresses(), &Access::default(), leases, KEEP_ALIVE_TIMEOUT).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ask = |wish| runtime.block_on(etcd.ask(WitnessRequest { token: 1, wishes: [wish; 2] })).unwrap();
    let held = ask(Wish::Hold { revision: 0, epoch: 1 }).map(|reply| reply.record);
    let pair = with_etcd(&cluster, "lease = \"20s\"").build(World::new());
    check(&pair.b).ok();
    assert_eq!(ask(Wish::Read).map(|reply| reply.record), held);
}

#[test]
fn a_witness_too_slow_for_the_lease_is_bad_input() {
    let Some(cluster) = EtcdCluster::start(1) else { return };
    // Two intervals, to the millisecond: no swap is that fast.
    let pair = with_etcd(&cluster, "lease = \"200ms\"").build(World::new());
    let slow = check(&pair.a);
    assert_eq!(slow.code, 5, "{slow:?}");
    assert_eq!(slow.json::<Value>()["lease"]["fits"], false);
}

#[test]
fn where_there_is_no_witness_the_risk_is_told() {
    let pair = Setup::default().build(World::new());
    let none = check(&pair.a);
    assert_eq!(none.code, 2, "{none:?}");
    assert!(none.err.contains("In a partition both nodes serve all users"), "{none:?}");
    let config = pair.a.config_file().display().to_string();
    let checked = locum(&[], &["config", "check", &config]).ok();
    assert!(checked.out.contains("No faults.") && checked.out.contains("both nodes serve all users"), "{checked:?}");
    let checked: Value = locum(&[], &["config", "check", &config, "--output", "json"]).ok().json();
    assert!(checked["risks"][0]["risk"].as_str().unwrap().starts_with("In a partition"), "{checked}");
}

#[test]
fn a_file_of_the_witness_that_is_missing_keeps_a_daemon_from_starting() {
    let Some(cluster) = EtcdCluster::start(1) else { return };
    let pair = with_etcd(&cluster, "ca = \"/nowhere/ca.pem\"").build(World::new());
    let config = pair.a.config_file().display().to_string();
    let refused = locum(&["--config", &config], &["run"]);
    assert!(refused.code != 0 && refused.err.contains("/nowhere/ca.pem cannot be read"), "{refused:?}");
}

#[test]
fn status_tells_who_the_witness_is_and_what_it_risks() {
    let Some(cluster) = EtcdCluster::start(1) else { return };
    let pair = with_etcd(&cluster, "").start();
    let status = pair.a.look().unwrap();
    let witness = status.witness.unwrap();
    assert_eq!((&*witness.kind, &*witness.partition), ("etcd", "witness (leases of 2000 ms)"));
    assert_eq!(witness.risk, "A node that reaches neither its peer nor the witness serves nobody.");
    let shown = pair.a.locum(&["status"]).ok().out;
    assert!(shown.contains("\nWitness\n") && shown.contains(&witness.risk), "{shown}");
}

#[test]
fn a_cut_link_changes_nothing_but_an_alarm_while_the_witness_answers() {
    let Some(cluster) = EtcdCluster::start(1) else { return };
    let world = World::new();
    let relay = Relay::start(&world);
    let pair = start_over(&relay, with_etcd(&cluster, ""), world, |_| {});
    let before = pair.picture();
    set_weather(&relay, Weather::Cut);
    until_alarms(&pair, &[APART]);
    until_true("they are apart for longer than any timer", ALL_TIMERS, || {
        pair.both().iter().all(|node| u128::from(node.status().nodes[1].age_ms) > ALL_TIMERS.as_millis())
    });
    assert_eq!(pair.picture(), before);
    until_alarms(&pair, &[APART]);
    set_weather(&relay, Weather::Fair);
    until_alarms(&pair, &[]);
    assert_eq!(pair.picture(), before);
}

#[test]
fn a_witness_that_is_gone_changes_nothing_but_an_alarm_while_the_nodes_hear_each_other() {
    let Some(mut cluster) = EtcdCluster::start(1) else { return };
    let pair = with_etcd(&cluster, "").start();
    until_each_has_its_lease(&pair);
    let before = pair.picture();
    cluster.stop();
    until_alarms(&pair, &[LOST]);
    until_true("it is gone for longer than any timer", ALL_TIMERS, || {
        let gone_ms = |node: &Node| node.status().witness.and_then(|witness| witness.answered_ms_ago).unwrap_or(0);
        pair.both().iter().all(|node| u128::from(gone_ms(node)) > ALL_TIMERS.as_millis())
    });
    assert_eq!(pair.picture(), before);
    let shown = pair.a.locum(&["status"]).ok().out;
    assert!(shown.contains(LOST) && shown.contains("is etcd running there"), "{shown}");
    cluster.restart(0);
    cluster.until_it_has_a_leader();
    until_alarms(&pair, &[]);
    until_each_has_its_lease(&pair);
    assert_eq!(pair.picture(), before);
}

#[test]
fn a_killed_node_is_stood_in_for_once_its_lease_has_run_out() {
    let Some(cluster) = EtcdCluster::start(3) else { return };
    let mut pair = with_etcd(&cluster, "").start();
    until_each_has_its_lease(&pair);
    let epoch = pair.b.status().nodes[0].epoch;
    pair.a.kill();
    let status = until("b stands in", TAKES_OVER, || {
        let status = pair.b.look()?;
        let served = status.nodes[0].serves.len() == 2 && pair.b.state() == STANDS_IN;
        if served { Ok(status) } else { Err(format!("{status:?}{}", pair.logs())) }
    });
    let witness = status.witness.unwrap();
    let held = witness.leases.iter().filter(|lease| lease.holder.as_deref() == Some("b") && lease.held_for_ms > 0);
    assert_eq!(held.count(), 2, "{witness:?}");
    assert!(status.nodes[0].epoch > epoch, "what the services share can tell the two apart");
}

#[test]
fn a_node_cut_off_from_peer_and_witness_serves_nobody_before_the_other_stands_in() {
    let Some(cluster) = EtcdCluster::start(1) else { return };
    let world = World::new();
    let relay = Relay::start(&world);
    let way = StreamGate::before(cluster.addresses()[0].parse().unwrap(), &world);
    let through = |text: String| text.replace(&cluster.addresses()[0], &way.address.to_string());
    let pair = start_over(&relay, with_etcd(&cluster, ""), world, |a| a.edit(through));
    set_weather(&relay, Weather::Cut);
    way.close();
    until("b stands in", ALL_TIMERS, || {
        let b = pair.b.look()?.nodes.swap_remove(0);
        // Later than b was looked at.
        let a = pair.a.look()?.nodes.swap_remove(0);
        if b.serves.len() == 2 {
            assert!(a.serves.is_empty(), "a's users are served twice: {a:?} / {b:?}{}", pair.logs());
            return Ok(());
        }
        Err(format!("{a:?} / {b:?}{}", pair.logs()))
    });
    set_weather(&relay, Weather::Fair);
    way.open();
    until("a is heard, and does not serve what b serves", ALL_TIMERS, || {
        let [a, b] = pair.both().map(|node| node.look().map(|status| status.nodes));
        let (a, b) = (a?, b?);
        let well = a[1].heard && b[1].heard && [&a, &b].iter().all(|nodes| nodes[0].state != "Running in Failed Mode");
        if well { Ok(()) } else { Err(format!("{a:?} / {b:?}")) }
    });
}

/// A pair whose heartbeats go over this relay, Normal and Normal, each with its lease.
fn start_over(relay: &Relay, setup: Setup, world: World, change: impl FnOnce(&Node)) -> Pair {
    let peer = "links = [\"{relay}\"]\nstream = \"{peer_address}\"\n".into();
    let mut pair = Setup { peer, ..setup }.build(world);
    let [b_for_a, a_for_b] = relay.addresses;
    pair.a.edit(|text| text.replace("{relay}", &b_for_a.to_string()));
    pair.b.edit(|text| text.replace("{relay}", &a_for_b.to_string()));
    change(&pair.a);
    pair.warm();
    pair.a.start();
    pair.b.start();
    pair.settle(NORMAL, NORMAL);
    until_each_has_its_lease(&pair);
    pair
}

fn set_weather(relay: &Relay, weather: Weather) {
    [0, 1].into_iter().for_each(|from| relay.set_weather(from, weather));
}

fn until_each_has_its_lease(pair: &Pair) {
    for node in pair.both() {
        until(&format!("{} has its lease", node.name), KEEP_ALIVE_TIMEOUT, || {
            let witness = node.look()?.witness;
            let own = witness.as_ref().and_then(|witness| witness.leases.first());
            let held = own.is_some_and(|own| own.holder.as_deref() == Some(node.name) && own.held_for_ms > 0);
            if held { Ok(()) } else { Err(format!("{witness:?}")) }
        });
    }
}

fn until_alarms(pair: &Pair, alarms: &[&str]) {
    for node in pair.both() {
        until(&format!("{} says {alarms:?}", node.name), ALL_TIMERS, || {
            let status = node.look()?;
            if status.alarms == alarms { Ok(()) } else { Err(format!("{status:?}{}", node.log())) }
        });
    }
}
