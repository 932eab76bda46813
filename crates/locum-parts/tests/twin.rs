//! The proof over the component: what it does is what the state machine does, in every joint state that is looked at.

use locum_core::Parameters;
use locum_parts::Twin;
use locum_prove::{Config, Scope, prove};

/// At least as many are looked at, since a state whose edges lead to no new one is looked at too.
const STATES: usize = 500_000;

#[test]
fn the_component_does_what_the_state_machine_does_in_every_joint_state() {
    let config = Config { parameters: Parameters::fast(), databases: vec![false, true], scope: Scope::QUICK };
    let proof = prove(&config, &mut Twin::load().unwrap(), STATES, &mut |_| {});
    assert!(proof.violations.is_empty(), "{:?}", proof.violations);
    assert!(proof.counts.explored >= 100_000, "{:?}", proof.counts);
    println!("{:?}", proof.counts);
}
