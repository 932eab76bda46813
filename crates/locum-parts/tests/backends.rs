//! The same seed gives the same trace, natively and with components.

use locum_parts::Components;
use locum_sim::native;
use locum_sim::seeds::{check, draw};

const SEEDS: u64 = 40;

#[test]
fn the_same_seeds_give_the_same_traces_natively_and_with_components() {
    let components = Components::load().unwrap();
    let mut failovers = 0;
    for seed in 0..SEEDS {
        let history = draw(seed);
        let native = check(&history, native()).unwrap();
        let component = check(&history, components.parts()).unwrap();
        assert_eq!((&native.fault, &component.fault), (&None, &None), "seed {seed}");
        assert_eq!(native.trace.digest(), component.trace.digest(), "seed {seed}");
        failovers += native.trace.failovers();
    }
    assert!(failovers > SEEDS, "seeds that bring about nothing show nothing: {failovers}");
}

#[test]
fn what_is_not_there_is_named() {
    let error = locum_parts::load("no-such-part").err().expect("there is no such part").to_string();
    assert!(error.contains("no-such-part") && error.contains("cargo xtask components"), "{error}");
}
