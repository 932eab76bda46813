//! Counterexamples as files: what is saved is walked again, and told as a scenario.

use std::fs;
use std::path::Path;

use locum_core::{Command, Parameters, Reason, State};
use locum_prove::counterexample::StepsFile;
use locum_prove::scenario::scenario;
use locum_prove::{Action, Config, Native, Scope, Side, prove};

/// What `locum prove` saves for an automatic fallback without delay.
fn flap() -> StepsFile {
    let parameters = Parameters { automatic_fallback: true, automatic_fallback_delay_ms: 0, ..Parameters::classic() };
    let config = Config { parameters, databases: vec![false], scope: Scope::CALM, fence: true };
    let proof = prove(&config, &mut Native::default(), 100_000, &mut |_| {});
    let saved = serde_json::to_string(&StepsFile::new(&config, &proof.violations[0])).unwrap();
    StepsFile::read(&saved).expect("it claims to be one").expect("it is one")
}

#[test]
fn what_is_saved_is_walked_again() {
    let flap = flap();
    let sights = flap.walk(&mut Native::default()).unwrap();
    let last = sights.last().unwrap();
    assert_eq!(last.nodes[0], Some((State::TakingBack, Reason::AutomaticFallback)));
    assert_eq!(last.served_by, [[Side::B]; 2].map(Vec::from));
}

/// Two messages may be under way in a file; where one alone could be, the one that it took the place of gets lost.
#[test]
fn what_was_crowded_out_gets_lost() {
    assert!(flap().steps.iter().any(|step| matches!(step, Action::GetsLost(..))), "{:?}", flap().steps);
}

#[test]
fn a_step_that_cannot_happen_is_named() {
    let flap = flap();
    let steps = [&flap.steps[..4], &[Action::Thaw(Side::A)]].concat();
    let error = StepsFile { steps, ..flap }.walk(&mut Native::default()).unwrap_err();
    assert_eq!(error.to_string(), "step 5 cannot happen: a runs again at once");
}

#[test]
fn other_files_are_no_steps_files() {
    assert!(StepsFile::read(r#"{ "format": 1, "happenings": [] }"#).is_none());
    assert!(StepsFile::read("no JSON at all").is_none());
    let error = StepsFile::read(r#"{ "format": "locum-steps-1", "steps": [{ "melts": "a" }] }"#).unwrap().unwrap_err();
    assert!(error.to_string().contains("melts"), "{error}");
}

/// It is played with the other scenarios.
#[test]
fn the_flap_is_the_scenario_that_is_played() {
    let told = scenario(&flap(), &mut Native::default()).unwrap();
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../features/flap.feature");
    let played = fs::read_to_string(kept).unwrap_or_default();
    assert!(told == played, "features/flap.feature is no longer what is found; it would be\n{told}");
}

/// What is told, line by line, of these steps from Normal/Normal on.
fn told(steps: &[Action]) -> Vec<String> {
    let flap = flap();
    let normal = flap.steps.iter().position(|step| matches!(step, Action::ServiceFails(..))).unwrap();
    let steps = [&flap.steps[..normal], steps].concat();
    let told = scenario(&StepsFile { steps, ..flap }, &mut Native::default()).unwrap();
    let when = |line: &&str| !line.starts_with("Given ");
    let lines = told.lines().map(str::trim).skip_while(|line| !line.starts_with("Given ")).filter(when);
    lines.take_while(|line| !line.starts_with("Then ")).map(str::to_owned).collect()
}

#[test]
fn faults_are_told_in_steps() {
    use Action::*;
    use Side::{A, B};
    assert_eq!(
        told(&[Cut(A), Cut(B), Mend(A)]),
        [
            "When the heartbeats of node 1 get lost",
            "And the heartbeats of node 2 get lost",
            "And the link is mended",
            "And the heartbeats of node 2 get lost",
        ]
    );
    assert_eq!(
        told(&[HostDown(A), Silence(B), Start(A)]),
        [
            "When the daemon of node 1 dies",
            "And node 2 has not heard its peer for 1 min",
            "And the host of node 1 reboots",
        ]
    );
    assert_eq!(
        told(&[Freeze(B), ThawVeryLate(B), Crash(A), LoseDisk(A)]),
        [
            "When the daemon of node 2 stands still",
            "And 1 min pass",
            "And the daemon of node 2 goes on",
            "And the daemon of node 1 dies",
            "And node 1 loses its disk",
        ]
    );
}

/// A probe of the scenario sees at once what a probe of the proof may see later.
#[test]
fn a_service_is_told_when_it_is_seen_and_a_failing_move_before_it_begins() {
    use Action::*;
    use Side::{A, B};
    assert_eq!(
        told(&[ServiceFails(A, 0), Asked(B, Command::Failover), Probes(A, 0), ServiceMended(A, 0)]),
        [
            "When an administrator asks node 2 for failover",
            "And the critical service of node 1 fails",
            "And the critical service of node 1 is repaired",
        ]
    );
    assert_eq!(
        told(&[Asked(A, Command::Failover), Arrives(B, 0), MoveFails(B)]),
        ["When user moves of node 2 fail", "And an administrator asks node 1 for failover"]
    );
}
