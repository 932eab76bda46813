//! Certificates change while the daemons run, and nobody fails over.

use std::{fs, path::Path, time::Duration};

use locum_testbed::{NORMAL, Node, Pair, Setup, locum, setup::GROUP, until};

/// How often the stream to the peer was opened, by a node's own word.
fn openings(node: &Node) -> usize {
    node.events().iter().filter(|event| event.fields["stream"] == "open").count()
}

/// Lets a node read its files again, and waits until the stream has been opened with what is in them.
fn reloads(pair: &Pair, node: &Node) {
    let before = pair.both().map(openings);
    let said = node.locum(&["reload"]).ok();
    assert!(said.out.contains("security: other certificates"), "{said:?}");
    until("the stream is opened anew", Duration::ZERO, || {
        let now = pair.both().map(openings);
        if (0..2).all(|node| now[node] > before[node]) { Ok(()) } else { Err(format!("{before:?}, {now:?}")) }
    });
    assert_eq!(pair.states(), [NORMAL, NORMAL]);
}

/// `locum pki` in this folder.
fn pki(folder: &Path, arguments: &[&str]) {
    let folder = folder.to_str().unwrap();
    locum(&[], &[&["pki"], arguments, &["--group", GROUP, "--dir", folder]].concat()).ok();
}

#[test]
fn certificates_are_renewed_without_a_failover() {
    let pair = Setup::default().start();
    let before = pair.picture();
    for node in pair.both() {
        pki(&pair.world.path("pki"), &["renew", node.name]);
        reloads(&pair, node);
        let said = node.locum(&["reload"]).ok();
        assert!(said.out.contains("Nothing has changed"), "{said:?}");
    }
    assert_eq!(pair.picture(), before);
}

#[test]
fn one_authority_takes_the_place_of_another_without_a_failover() {
    let pair = Setup::default().start();
    let before = pair.picture();
    let (ours, other) = (pair.world.path("pki"), pair.world.path("other"));
    pki(&other, &["init"]);
    let authorities = [&ours, &other].map(|folder| fs::read_to_string(folder.join("ca.pem")).unwrap());

    // Both are trusted before the first certificate is of the new one, and the old one until the last is.
    fs::write(ours.join("ca.pem"), authorities.concat()).unwrap();
    pair.both().into_iter().for_each(|node| reloads(&pair, node));
    for node in pair.both() {
        pki(&other, &["issue", node.name]);
        for file in ["pem", "key"].map(|ending| format!("{}.{ending}", node.name)) {
            fs::copy(other.join(&file), ours.join(&file)).unwrap();
        }
        reloads(&pair, node);
    }
    fs::write(ours.join("ca.pem"), &authorities[1]).unwrap();
    pair.both().into_iter().for_each(|node| reloads(&pair, node));
    assert_eq!(pair.picture(), before);
}

#[test]
fn certificates_that_cannot_be_used_are_refused_with_all_that_came_with_them() {
    let pair = Setup::default().start();
    let before = (pair.picture(), pair.both().map(openings));
    let pki = pair.world.path("pki");
    fs::copy(pki.join("b.pem"), pki.join("a.pem")).unwrap();
    pair.a.edit(|text| text.replace("restart = \"never\"", "restart = \"always\""));
    let said = pair.a.locum(&["reload"]);
    assert_eq!(said.code, 5, "{said:?}");
    assert!(said.err.contains("a.key: this key does not belong to the certificate"), "{said:?}");
    fs::copy(pki.join("b.key"), pki.join("a.key")).unwrap();
    let said = pair.a.locum(&["reload"]);
    assert!(said.code == 5 && said.err.contains("is for b.g1.locum, but the node is a.g1.locum"), "{said:?}");
    assert_eq!((pair.picture(), pair.both().map(openings)), before);
}
