//! One call of the balanced policy. The component's answer is checked by the host; the built-in policy needs no check.

use benches::{COMPONENT, MANY, NATIVE, USUAL, load, nodes, users_at_home, users_without_home};
use criterion::{Criterion, criterion_group, criterion_main};
use locum_host::policy::{Occasion, Policy, Promise, place_builtin};

/// A call for a million users takes tens of milliseconds.
const SAMPLES: usize = 20;

fn place(criterion: &mut Criterion) {
    let mut policy = Policy::new(&load("policy-balanced").unwrap()).unwrap();
    let nodes = nodes();
    for (count, many) in [(USUAL, "15k"), (MANY, "1M")] {
        for (occasion, name) in [(Occasion::TakeOver, "take-over"), (Occasion::Assign, "assign")] {
            let users = if occasion == Occasion::Assign { users_without_home(count) } else { users_at_home(count) };
            let mut group = criterion.benchmark_group(format!("policy-{name}-{many}"));
            group.sample_size(SAMPLES);
            group.bench_function(NATIVE, |bencher| {
                bencher.iter(|| place_builtin(occasion, Promise::Balanced, &users, &nodes));
            });
            group.bench_function(COMPONENT, |bencher| {
                bencher.iter(|| {
                    let placement = policy.place(occasion, &users, &nodes);
                    assert_eq!(placement.fault, None);
                    placement.nodes
                });
            });
            group.finish();
        }
    }
}

criterion_group!(benches, place);
criterion_main!(benches);
