//! Reading the configuration again: live keys are taken over, anything else is refused whole.

use std::time::Duration;

use rustix::process::Signal;

use locum_testbed::{NORMAL, Node, Setup, until_true};

use crate::input::{digest, tokens};

fn accepts(node: &Node, token: &str) -> bool {
    let header = format!("Bearer {token}");
    node.ask_over_network("GET /v1/status", &[("authorization", &header)], "").status == 200
}

fn renew(text: String, token: &str) -> String {
    text.replace(&digest("look"), &digest(token))
}

#[test]
fn a_live_key_is_taken_over_at_sighup() {
    let pair = Setup::default().tables(&tokens()).start();
    let before = pair.picture();
    assert!(accepts(&pair.a, "look") && !accepts(&pair.a, "new"));
    pair.a.edit(|text| renew(text, "new"));
    pair.a.signal(Signal::HUP);
    until_true("the new token is accepted", Duration::ZERO, || accepts(&pair.a, "new"));
    assert!(!accepts(&pair.a, "look"));
    until_true("the journal has it", Duration::ZERO, || {
        pair.a.events().iter().any(|event| event.kind == "daemon" && event.text.contains("read again: 1 change"))
    });

    pair.a.edit(|text| text.replace(&digest("new"), &digest("newer")));
    let said = pair.a.locum(&["reload"]).ok();
    assert!(said.out.contains("sha256") || said.out.contains("tokens"), "{said:?}");
    assert!(accepts(&pair.a, "newer"));
    let said = pair.a.locum(&["reload"]).ok();
    assert!(said.out.contains("Nothing has changed"), "{said:?}");
    assert_eq!(pair.picture(), before);
}

#[test]
fn a_fixed_key_is_refused_with_all_that_came_with_it() {
    let pair = Setup::default().tables(&tokens()).start();
    let before = pair.picture();
    let port = pair.world.service_port;
    pair.a.edit(|text| renew(text, "new").replace(&format!("service_port = {port}"), "service_port = 1"));
    let said = pair.a.locum(&["reload"]);
    assert!(said.code == 3 && said.err.contains("service_port"), "{said:?}");
    assert!(said.err.contains("cannot change while the daemon runs"), "{said:?}");
    pair.a.signal(Signal::HUP);
    until_true("the log says so", Duration::ZERO, || pair.a.log().contains("service_port"));
    assert!(accepts(&pair.a, "look") && !accepts(&pair.a, "new"), "a part of it was taken over");
    assert_eq!(pair.picture(), before);
    assert_eq!(pair.states(), [NORMAL, NORMAL]);
}

#[test]
fn a_file_with_faults_is_refused_with_each_of_them() {
    let pair = Setup::default().tables(&tokens()).start();
    let before = pair.picture();
    pair.a.edit(|text| {
        renew(text, "new")
            .replace("restart = \"never\"", "restart = \"maybe\"")
            .replace("[users]", "[users]\nmood = \"good\"")
    });
    let said = pair.a.locum(&["reload"]);
    assert_eq!(said.code, 5, "{said:?}");
    assert!(said.err.contains("2 fault(s); the old one stays in force"), "{said:?}");
    assert!(said.err.contains("restart") && said.err.contains("mood"), "{said:?}");
    assert!(accepts(&pair.a, "look") && !accepts(&pair.a, "new"), "a part of it was taken over");
    assert_eq!(pair.picture(), before);
}

#[test]
fn group_parameters_that_differ_are_shown_with_both_values() {
    let pair = Setup::default().start();
    let edit = |node: &Node, from: &str, to: &str| {
        node.edit(|text| text.replace(from, to));
        node.locum(&["reload"]).ok();
    };
    let (old, new) = ("critical_service_delay = \"300ms\"", "critical_service_delay = \"400ms\"");
    edit(&pair.a, old, new);
    pair.settle("Unknown (Unknown)", "Unknown (Unknown)");
    let differences = pair.a.status().differences;
    assert_eq!(differences.len(), 1, "{differences:?}");
    assert!(differences[0].contains("400") && differences[0].contains("300"), "{differences:?}");
    edit(&pair.b, old, new);
    pair.settle(NORMAL, NORMAL);
}
