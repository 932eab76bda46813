//! A failover with 15 000 users, from the news of the peer's death to the open gate: the state machine's steps, the
//! policy's call, and three durable commits to a store in a temporary folder.

use benches::{COMPONENT, Failover, NATIVE, USUAL};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

/// Every sample needs groups of its own.
const SAMPLES: usize = 20;

fn failover(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("failover-15k");
    group.sample_size(SAMPLES);
    for (name, failover) in [(NATIVE, Failover::native(USUAL)), (COMPONENT, Failover::component(USUAL))] {
        let failover = failover.unwrap();
        group.bench_function(name, |bencher| {
            let one = |mut pair| {
                Failover::run(&mut pair);
                pair
            };
            bencher.iter_batched(|| failover.group(), one, BatchSize::PerIteration);
        });
    }
    group.finish();
}

criterion_group!(benches, failover);
criterion_main!(benches);
