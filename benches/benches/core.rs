//! One step of the state machine: a heartbeat comes in, one goes out. The component's step takes its snapshot along,
//! from which a failed component goes on.

use benches::{COMPONENT, NATIVE, Step, load};
use criterion::{Criterion, criterion_group, criterion_main};

fn step(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("core-step");
    let mut native = Step::native();
    group.bench_function(NATIVE, |bencher| bencher.iter(|| native.run()));
    let mut component = Step::component(&load("locum-core-component").unwrap());
    group.bench_function(COMPONENT, |bencher| bencher.iter(|| component.run()));
    group.finish();
}

criterion_group!(benches, step);
criterion_main!(benches);
