//! The directory of users is on both disks, and a node that has lost its own catches up first.

use std::{fs, time::Duration};

use locum_testbed::{
    KEEP_ALIVE_TIMEOUT, NORMAL, Node, Setup, StreamGate, World,
    pair::{names, users},
    until_true,
};

#[test]
fn an_acknowledged_change_is_on_both_disks() {
    let mut pair = Setup::default().start();
    let file = pair.a.file("users.csv", &users(0..500));
    let mut sizes = Vec::new();
    for (at_a, arguments) in [
        (true, &["users", "import", &file][..]),
        (false, &["users", "add", "ada", "--home", "b", "--weight", "3"]),
        (true, &["users", "remove", "user00007"]),
        (false, &["users", "rebalance"]),
        (true, &["users", "add", "bob"]),
    ] {
        let node = if at_a { &pair.a } else { &pair.b };
        node.locum(arguments).ok();
        // Both, and at once: nothing is waited for.
        pair.a.kill();
        pair.b.kill();
        let [a, b] = pair.both().map(|node| locum_store::check(&node.state_directory()).unwrap());
        assert_eq!((a.users, a.digest, a.revision), (b.users, b.digest, b.revision), "{arguments:?}");
        sizes.push(a.users);
        pair.a.start();
        pair.b.start();
        pair.settle(NORMAL, NORMAL);
        let [a, b] = pair.both().map(Node::export);
        assert_eq!(a, b, "{arguments:?}");
        assert_eq!(names(&a).len(), sizes[sizes.len() - 1]);
    }
    assert_eq!(sizes, [500, 501, 500, 500, 501]);
    let ada = pair.a.locum(&["users", "show", "ada", "--output", "json"]).ok();
    assert_eq!(ada.json::<serde_json::Value>()["weight"], 3);
}

#[test]
fn a_node_that_lost_its_disk_catches_up_before_it_takes_anything_back() {
    let world = World::new();
    let gate = StreamGate::start(&world);
    let setup = Setup { peer: "links = [\"{peer_address}\"]\nstream = \"{stream}\"\n".into(), ..Setup::default() };
    let mut pair = setup.build(world);
    pair.a.edit(|text| text.replace("{stream}", &gate.address.to_string()));
    pair.b.edit(|text| {
        text.replace("{stream}", "{peer_address}").replace("{peer_address}", &pair.world.address(1).to_string())
    });
    pair.a.start();
    pair.b.start();
    pair.settle(NORMAL, NORMAL);
    pair.a.locum(&["users", "import", &pair.a.file("users.csv", &users(0..500))]).ok();
    let export = pair.a.export();

    pair.b.kill();
    until_true("a covers", KEEP_ALIVE_TIMEOUT, || pair.a.state() == "Running in Backup Mode (Peer Down)");
    fs::remove_dir_all(pair.b.state_directory()).unwrap();
    // Heartbeats pass, but nothing else does.
    gate.close();
    pair.b.start();
    pair.settle("Running in Backup Mode (Peer Down)", "Failed Over (Initialization)");
    assert_eq!(pair.b.status().nodes[0].directory.users, 0);
    assert!(!pair.a.status().users.directories_agree);

    let before = pair.picture();
    let said = pair.b.locum(&["fallback", "b"]);
    assert!(said.code == 3 && said.err.contains("the two user directories differ"), "{said:?}");
    assert_eq!(pair.picture(), before);

    pair.b.locum(&["ha", "off"]).ok();
    pair.settle("Unknown (Unknown)", "Unknown (Unknown)");
    for node in pair.both() {
        let said = node.locum(&["ha", "on"]);
        assert!(said.code == 3 && said.err.contains("the two user directories differ"), "{said:?}");
        let said = node.locum(&["users", "add", "late"]);
        assert!(said.code == 3 && said.err.contains("has not caught up"), "{said:?}");
    }

    gate.open();
    pair.agree();
    assert_eq!(pair.b.export(), export);
    until_true("each knows that they agree", Duration::ZERO, || {
        pair.both().iter().all(|node| node.status().users.directories_agree)
    });
    pair.b.locum(&["ha", "on"]).ok();
    pair.settle(NORMAL, NORMAL);
    assert_eq!(pair.both().map(Node::export), [export.clone(), export]);
}

#[test]
fn a_node_that_lost_its_disk_takes_its_users_back_once_it_has_them() {
    let mut pair = Setup::default().start();
    pair.a.locum(&["users", "import", &pair.a.file("users.csv", &users(0..500))]).ok();
    let export = pair.a.export();
    pair.b.kill();
    until_true("a covers", KEEP_ALIVE_TIMEOUT, || pair.a.state() == "Running in Backup Mode (Peer Down)");
    fs::remove_dir_all(pair.b.state_directory()).unwrap();
    pair.b.start();
    pair.settle("Running in Backup Mode (Peer Down)", "Failed Over (Initialization)");
    pair.agree();
    until_true("b may take back", Duration::ZERO, || pair.b.locum(&["fallback", "b"]).code == 0);
    pair.settle(NORMAL, NORMAL);
    assert_eq!(pair.both().map(Node::export), [export.clone(), export]);
    let status = pair.b.status();
    assert_eq!((status.users.by_serving_node["b"], status.users.unserved), (250, 0));
}
