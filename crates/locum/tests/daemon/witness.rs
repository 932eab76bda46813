//! The witness, as an operator and a daemon meet it.

use locum_testbed::{EtcdCluster, KEEP_ALIVE_TIMEOUT, Node, Said, Setup, World, locum};
use serde_json::Value;

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
    let pair = with_etcd(&cluster, "").build(World::new());
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
    assert_eq!(found["lease"]["configured_ms"].as_u64().map(u128::from), Some(KEEP_ALIVE_TIMEOUT.as_millis()));
    assert!(found["lease"]["recommended_ms"].as_u64().unwrap() > 200, "two intervals and more");

    cluster.stop();
    let gone = check(&pair.a);
    assert_eq!(gone.code, 4, "{gone:?}");
    assert!(gone.err.contains(&cluster.addresses()[0]) && gone.err.contains("is etcd running there"), "{gone:?}");
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
