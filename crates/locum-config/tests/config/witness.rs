use std::time::Duration;

use locum_config::{Config, Reload, WitnessKind};
use locum_core::{Partition, Rank};

use crate::{FULL, PAIR, edit, parse, sound};

const ETCD: &str = "kind = \"etcd\"\nendpoints = [\"127.0.0.1\"]\n";

fn with(section: &str) -> String {
    format!("{PAIR}[witness]\n{section}")
}

/// The one fault of a pair with this section, without the file's name.
fn fault(section: &str) -> String {
    let faults = parse(&with(section)).unwrap_err();
    assert_eq!(faults.0.len(), 1, "{section}: {faults}");
    faults.to_string().strip_prefix("/etc/locum/locum.toml:").unwrap().to_owned()
}

#[test]
fn without_a_section_both_nodes_stay_available() {
    let config = sound(PAIR);
    assert_eq!((config.witness.kind, config.partition()), (WitnessKind::None, Partition::Available));
    assert!(config.risk().unwrap().starts_with("In a partition both nodes serve all users"));
    let solo = sound("[group]\nname = \"solo\"\n[node]\nname = \"alpha\"\n");
    assert_eq!(solo.risk(), None);
}

#[test]
fn the_preferred_node_is_the_same_whichever_node_reads_it() {
    for (name, rank) in [("alpha", Rank::First), ("beta", Rank::Second)] {
        let text = with(&format!("partition = \"preferred-node\"\npreferred_node = \"{name}\"\n"));
        let of_beta = edit(
            &edit(
                &edit(&text, "[node]\nname = \"alpha\"", "[node]\nname = \"x\""),
                "[peer]\nname = \"beta\"",
                "[peer]\nname = \"alpha\"",
            ),
            "\"x\"",
            "\"beta\"",
        );
        for text in [text, of_beta] {
            let config = sound(&text);
            assert_eq!(config.partition(), Partition::PreferredNode(rank), "{text}");
            assert_eq!(config.parameters().partition, config.partition());
            let risk =
                format!("In a partition only {name} serves; if {name} itself dies, nobody takes over by itself.");
            assert_eq!(config.risk(), Some(risk));
        }
    }
    assert_eq!(sound(&with("partition = \"manual\"\n")).partition(), Partition::Manual);
}

#[test]
fn a_lease_lasts_as_long_as_a_silence_unless_it_is_given() {
    let config = sound(&with(ETCD));
    assert_eq!(config.partition(), Partition::Witness { lease_ms: 60_000 });
    assert_eq!(config.witness.timeout, Some(Duration::from_secs(20)));
    assert_eq!(config.witness.endpoints[0].to_string(), "127.0.0.1:2379");
    assert_eq!(config.risk().unwrap(), "A node that reaches neither its peer nor the witness serves nobody.");
    assert_eq!(sound(FULL).partition(), Partition::Witness { lease_ms: 600 });
}

#[test]
fn what_does_not_go_together_is_told() {
    let etcd = |more: &str| fault(&format!("{ETCD}{more}\n"));
    let preferred = "partition = \"preferred-node\"\n";
    let cases = [
        (fault(preferred), "15: witness.preferred_node: this is missing; add `preferred_node = \"alpha\"`"),
        (
            fault(&format!("{preferred}preferred_node = \"gamma\"\n")),
            "17: witness.preferred_node: \"gamma\" is no node",
        ),
        (fault("preferred_node = \"alpha\"\n"), "16: witness.preferred_node: no node is preferred"),
        (fault("lease = \"60s\"\n"), "16: witness.lease: there is no witness; set `kind` to \"etcd\""),
        (fault("kind = \"etcd\"\n"), "15: witness.endpoints: there is no member of etcd to ask"),
        (etcd("partition = \"manual\""), "18: witness.partition: the witness decides"),
        (
            fault("kind = \"etcd\"\nendpoints = [\"10.0.0.3\"]\n"),
            "15: witness.ca: this is missing, and 10.0.0.3 is not",
        ),
        (fault("kind = \"etcd\"\nendpoints = [\"https://a\"]\n"), "17: witness.endpoints: \"https://a\" is no address"),
        (
            fault("kind = \"etcd\"\nendpoints = [\"::1\", \"::1\"]\n"),
            "17: witness.endpoints: \"::1\" stands on line 17",
        ),
        (etcd("user = \"locum\""), "15: witness.password_file: this is missing, and `user` is given"),
        (etcd("certificate = \"a\"\nkey = \"b\""), "18: witness.certificate: nothing is encrypted without `ca`"),
        (etcd("prefix = \"locum\""), "18: witness.prefix: \"locum\" is no prefix of keys"),
        (
            etcd("lease = \"29s\""),
            "18: witness.lease: a lease of 29s is shorter than two intervals of 15s; set `lease` to 30s",
        ),
        (etcd("timeout = \"31s\""), "18: witness.timeout: 31s is more than half a lease of 1min"),
        (etcd("lease = \"forever\""), "18: witness.lease: this is the text \"forever\", not a duration"),
    ];
    for (told, expected) in cases {
        assert!(told.starts_with(expected), "{expected:?} in {told:?}");
    }
    let alone = parse("[group]\nname = \"solo\"\n[node]\nname = \"alpha\"\n[witness]\npartition = \"manual\"\n");
    assert!(alone.unwrap_err().to_string().contains(":6: witness.partition: there is no `[peer]`"));
}

#[test]
fn only_a_restart_changes_it() {
    let changed = |old: &str, new: &str| match Config::changes(&sound(old), &sound(new)) {
        Reload::Accept(_) => Vec::new(),
        Reload::Refuse(changes) => changes,
    };
    let (short, long) = ("keep_alive_timeout = \"50s\"\n[node]", "keep_alive_timeout = \"80s\"\n[node]");
    let timeout = |text: &str, lines: &str| edit(text, "[node]", lines);
    assert!(changed(&timeout(PAIR, short), &timeout(PAIR, long)).is_empty());
    let leases = changed(&timeout(&with(ETCD), short), &timeout(&with(ETCD), long));
    assert!(leases.iter().any(|change| change.key == "witness.lease"), "a lease that follows from it is fixed");
    assert!(!changed(PAIR, &with("partition = \"manual\"\n")).is_empty());
}
