//! With a witness nobody is served twice, whatever breaks; and each rule that keeps it so is missed where it is taken away.

use std::fs;

use locum_core::{LAW, Law, Parameters, Partition, Rank, Weakness};
use locum_prove::counterexample::StepsFile;
use locum_prove::{Config, Native, Scope, prove};

const WITNESS: Partition = Partition::Witness { lease_ms: 350 };
/// Links break, and requests get lost.
const CUTS: Scope = Scope { cuts: true, witness_fails: true, ..Scope::CALM };
/// Besides, daemons die, nodes are paused, user moves fail, and administrators act.
const HARDSHIP: Scope = Scope { crashes: true, stalls: true, moves_fail: true, commands: true, ..CUTS };

/// Nothing that is looked at breaks a rule, and nobody is served twice, link or no link.
fn holds(partition: Partition, scope: Scope, states_max: usize) {
    let parameters = Parameters { partition, ..Parameters::fast() };
    let config = Config { parameters, databases: Vec::new(), scope, fence: true };
    let proof = prove(&config, &mut Native::default(), states_max, &mut |_| {});
    assert!(proof.violations.is_empty(), "{:#?}", proof.violations);
    assert_eq!(proof.counts.served_twice, 0);
    println!("{} joint states looked at, {} steps deep", proof.counts.explored, proof.counts.depth);
}

#[test]
fn a_cut_with_a_witness() {
    holds(WITNESS, CUTS, 300_000);
}

#[test]
fn hardship_with_a_witness() {
    holds(WITNESS, HARDSHIP, 30_000);
}

#[test]
fn a_cut_with_a_preferred_node() {
    holds(Partition::PreferredNode(Rank::First), CUTS, 300_000);
}

#[test]
fn a_cut_where_administrators_decide() {
    holds(Partition::Manual, CUTS, 300_000);
}

/// The way to dual service that `prove` has found where a rule does not hold. Where it holds the way ends before that.
fn caught(file: &str, weakness: Option<Weakness>) {
    let path = format!("{}/tests/weaknesses/{file}.steps.json", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(path).expect("it is kept");
    let file = StepsFile::read(&text).expect("a way").expect("one that can be read");
    let twice = |file: &StepsFile, weakness| {
        let sights = file.walk(&mut Native { law: Law { weakness, ..LAW } });
        sights.is_ok_and(|sights| sights.iter().any(|sight| sight.served_by.iter().any(|by| by.len() > 1)))
    };
    assert!(twice(&file, weakness), "the way leads to dual service no more");
    assert!(!twice(&StepsFile { fence: true, ..file }, None), "dual service with all rules");
}

#[test]
fn a_start_that_does_not_wait_is_caught() {
    caught("no-wait-after-start", Some(Weakness::NoWaitAfterStart));
}

#[test]
fn a_promise_that_is_not_heeded_is_caught() {
    caught("promise-ignored", Some(Weakness::PromiseIgnored));
}

#[test]
fn a_lease_that_counts_from_the_reply_is_caught() {
    caught("lease-from-reply", Some(Weakness::LeaseFromReply));
}

#[test]
fn an_owner_whose_clock_stands_still_is_caught_without_the_fence() {
    caught("no-fence", None);
}
