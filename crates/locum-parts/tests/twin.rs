//! The proof over the component: what it does is what the state machine does, in every joint state that is looked at.

use std::panic::{AssertUnwindSafe, catch_unwind};

use locum_core::table::ROWS;
use locum_core::{LAW, Law, Parameters};
use locum_parts::Twin;
use locum_prove::{Config, Native, Proof, Scope, prove};

fn proved(native: Native, states_max: usize) -> Proof {
    let config =
        Config { parameters: Parameters::fast(), databases: vec![false, true], scope: Scope::QUICK, fence: true };
    prove(&config, &mut Twin::load(native).unwrap(), states_max, &mut |_| {})
}

#[test]
fn the_component_does_what_the_state_machine_does_in_every_joint_state() {
    let proof = proved(Native::default(), 500_000);
    assert!(proof.violations.is_empty(), "{:?}", proof.violations);
    assert!(proof.counts.explored >= 100_000, "{:?}", proof.counts);
    let counts = proof.counts;
    println!("{} joint states, {} steps of one node, each taken by both", counts.explored, counts.steps);
}

#[test]
fn a_difference_is_noticed() {
    let rows = ROWS.iter().copied().filter(|row| row.id != "failover");
    let law = Law { rows: Vec::leak(rows.collect()), ..LAW };
    let panicked = catch_unwind(AssertUnwindSafe(|| proved(Native { law }, 500_000))).unwrap_err();
    let text = panicked.downcast_ref::<String>().expect("a message");
    assert!(text.contains("the component does something else"), "{text}");
}
