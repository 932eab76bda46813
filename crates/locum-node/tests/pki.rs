//! Making and loading keys and certificates.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use locum_node::pki::{self, TlsMaterial, load_group_key};
use rcgen::{CertificateParams, Issuer, KeyPair, date_time_ymd};
use tempfile::TempDir;

fn authority(group: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    pki::init(dir.path(), group).unwrap();
    dir
}

fn load(dir: &Path, [ca, certificate, key]: [&str; 3]) -> Result<TlsMaterial, String> {
    TlsMaterial::load(&dir.join(ca), &dir.join(certificate), &dir.join(key)).map_err(|error| error.to_string())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_is_issued_can_be_loaded_and_keeps_its_secrets() {
    let dir = authority("g1");
    let issued = pki::issue(dir.path(), "g1", "node-1", 90).unwrap();
    assert_eq!((issued.certificate, issued.key), (dir.path().join("node-1.pem"), dir.path().join("node-1.key")));
    let material = load(dir.path(), ["ca.pem", "node-1.pem", "node-1.key"]).unwrap();
    assert_eq!(material.names(), ["node-1.g1.locum"]);
    for secret in ["ca.key", "group.key", "node-1.key"] {
        assert_eq!(mode(&dir.path().join(secret)), 0o600, "{secret}");
    }
    let keys = [&dir, &authority("g1")].map(|dir| load_group_key(&dir.path().join("group.key")).unwrap());
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn names_longer_than_a_host_name_allows_are_no_obstacle() {
    let (group, node) = ("G".repeat(128), format!("-{}_", "n".repeat(126)));
    let dir = authority(&group);
    pki::issue(dir.path(), &group, &node, 1).unwrap();
    let material = load(dir.path(), ["ca.pem", &format!("{node}.pem"), &format!("{node}.key")]).unwrap();
    assert_eq!(material.names(), [format!("{node}.{group}.locum")]);
}

#[test]
fn an_inspection_says_who_and_until_when() {
    let dir = authority("g");
    pki::issue(dir.path(), "g", "a", 10).unwrap();
    let (ca, a) = (pki::inspect(&dir.path().join("ca.pem")).unwrap(), pki::inspect(&dir.path().join("a.pem")).unwrap());
    assert_eq!((ca.names, ca.authority), (vec!["g.locum".into()], true));
    assert_eq!((&a.names, a.authority, &*a.issuer), (&vec!["a.g.locum".into()], false, "g CA"));
    let days = (ca.until_unix_s - a.until_unix_s) / 86_400;
    assert_eq!(days, 20 * 365 - 10);
    assert!(a.to_string().contains(&format!("valid from {} until {}", a.from, a.until)));
    assert!(pki::inspect(&dir.path().join("group.key")).unwrap_err().to_string().contains("not a certificate"));
}

#[test]
fn nothing_is_written_over() {
    let dir = authority("g");
    pki::issue(dir.path(), "g", "a", 10).unwrap();
    let read =
        || ["ca.pem", "ca.key", "group.key", "a.pem", "a.key"].map(|file| fs::read(dir.path().join(file)).unwrap());
    let before = read();
    assert!(pki::init(dir.path(), "g").unwrap_err().to_string().contains("this file exists"));
    assert!(pki::issue(dir.path(), "g", "a", 10).unwrap_err().to_string().contains("this file exists"));
    assert!(read() == before);

    fs::remove_file(dir.path().join("a.key")).unwrap();
    assert!(pki::issue(dir.path(), "g", "a", 10).unwrap_err().to_string().contains("a.pem: this file exists"));
    assert!(!dir.path().join("a.key").exists(), "no key without its certificate");
}

#[test]
fn what_cannot_be_issued_is_refused_with_the_reason() {
    let dir = authority("g");
    let refused = |group, node, days| pki::issue(dir.path(), group, node, days).unwrap_err().to_string();
    assert!(refused("other", "a", 10).contains("this CA is for g.locum, not for the group other"));
    assert!(refused("g", "../a", 10).contains("no name for a node"));
    assert!(refused("g", "ca", 10).contains("not `ca` or `group`"));
    assert!(refused("g", "a", 0).contains("1 to 7300 days"));
    assert!(refused("g", "a", 7301).contains("1 to 7300 days"));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3);
    let elsewhere = tempfile::tempdir().unwrap();
    let missing = pki::issue(elsewhere.path(), "g", "a", 10).unwrap_err().to_string();
    assert!(missing.contains("ca.pem: there is no such file") && missing.contains("`locum pki init`"), "{missing}");
    assert!(pki::init(elsewhere.path(), "a b").unwrap_err().to_string().contains("no name for a group"));
}

#[test]
fn loading_names_the_file_and_what_to_do() {
    let (dir, other) = (authority("g"), authority("g"));
    for node in ["a", "b"] {
        pki::issue(dir.path(), "g", node, 10).unwrap();
    }
    let refused = |files| load(dir.path(), files).unwrap_err();
    let message = refused(["ca.pem", "c.pem", "a.key"]);
    assert!(message.contains("c.pem: there is no such file; make it with `locum pki issue`"), "{message}");
    let message = refused(["ca.pem", "a.pem", "group.key"]);
    assert!(message.contains("group.key: this is not a private key"), "{message}");
    let message = refused(["ca.key", "a.pem", "a.key"]);
    assert!(message.contains("ca.key: this is not a certificate"), "{message}");
    let message = refused(["ca.pem", "a.pem", "b.key"]);
    assert!(message.contains("b.key: this key does not belong to the certificate"), "{message}");
    fs::copy(other.path().join("ca.pem"), dir.path().join("other.pem")).unwrap();
    let message = refused(["other.pem", "a.pem", "a.key"]);
    assert!(message.contains("a.pem: this certificate is not signed by the CA") && message.contains("other.pem"));
    let message = load_group_key(&dir.path().join("a.key")).unwrap_err().to_string();
    assert!(message.contains("not a group key of 64 hexadecimal digits"), "{message}");
}

#[test]
fn an_expired_certificate_is_refused_with_its_last_day() {
    let dir = authority("g");
    let read = |file| fs::read_to_string(dir.path().join(file)).unwrap();
    let issuer = Issuer::from_ca_cert_pem(&read("ca.pem"), KeyPair::from_pem(&read("ca.key")).unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["a.g.locum".to_owned()]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    fs::write(dir.path().join("a.pem"), params.signed_by(&key, &issuer).unwrap().pem()).unwrap();
    fs::write(dir.path().join("a.key"), key.serialize_pem()).unwrap();
    let message = load(dir.path(), ["ca.pem", "a.pem", "a.key"]).unwrap_err();
    assert!(message.contains("a.pem: this certificate is valid from 2020") && message.contains("until 2021-01-01"));
}

#[test]
fn what_is_renewed_is_another_and_the_old_one_is_kept() {
    let dir = authority("g");
    let names = ["a.pem", "a.key", "a.pem.old", "a.key.old"].map(|file| dir.path().join(file));
    let missing = pki::renew(dir.path(), "g", "a", 10).unwrap_err().to_string();
    assert!(missing.contains("a.pem: there is no such file; make it with `locum pki issue`"), "{missing}");
    pki::issue(dir.path(), "g", "a", 10).unwrap();
    let first = names[..2].iter().map(|file| fs::read(file).unwrap()).collect::<Vec<_>>();
    for _ in 0..2 {
        let before = names[..2].iter().map(|file| fs::read(file).unwrap()).collect::<Vec<_>>();
        let issued = pki::renew(dir.path(), "g", "a", 20).unwrap();
        assert_eq!([&issued.certificate, &issued.key], [&names[0], &names[1]]);
        load(dir.path(), ["ca.pem", "a.pem", "a.key"]).unwrap();
        assert!(fs::read(&names[1]).unwrap() != first[1], "the key is new too");
        assert_eq!(names[2..].iter().map(|file| fs::read(file).unwrap()).collect::<Vec<_>>(), before);
        assert_eq!(names[1..].iter().map(|file| mode(file)).collect::<Vec<_>>(), [0o600, 0o644, 0o600]);
    }
    load(dir.path(), ["ca.pem", "a.pem.old", "a.key.old"]).unwrap();
}

#[test]
fn a_file_may_hold_the_certificates_of_two_authorities() {
    let (dir, other) = (authority("g"), authority("g"));
    for (dir, node) in [(&dir, "a"), (&other, "b")] {
        pki::issue(dir.path(), "g", node, 10).unwrap();
    }
    for file in ["b.pem", "b.key"] {
        fs::copy(other.path().join(file), dir.path().join(file)).unwrap();
    }
    let both = [&dir, &other].map(|dir| fs::read_to_string(dir.path().join("ca.pem")).unwrap()).concat();
    fs::write(dir.path().join("both.pem"), both).unwrap();
    for node in ["a", "b"] {
        load(dir.path(), ["both.pem", &format!("{node}.pem"), &format!("{node}.key")]).unwrap();
    }
    assert!(load(dir.path(), ["ca.pem", "b.pem", "b.key"]).is_err());
}
