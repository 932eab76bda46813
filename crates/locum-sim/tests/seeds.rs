//! Histories drawn from seeds: what is checked holds, what breaks it is found and made small, and nothing depends on
//! the run.

use locum_core::{Core, Deadline, Effect, Gate, Input, View};
use locum_sim::history::{History, What, play};
use locum_sim::seeds::{Budget, Fault, check, draw, shrink, work};
use locum_sim::{Machine, Parts, native};

/// A fixed budget, which every change has to pass. `cargo xtask sim` plays fresh ones.
const SEEDS: u64 = 600;

#[test]
fn what_must_hold_holds_for_a_fixed_budget_of_seeds() {
    let tally = work(Budget { first: 0, count: SEEDS, jobs: 2 }, &[&native], &|_| true);
    let found: Vec<_> = tally.failures.iter().map(|failure| (failure.seed, failure.fault.to_string())).collect();
    assert_eq!(found, []);
    assert_eq!(tally.seeds, SEEDS);
    assert!(tally.failovers > SEEDS, "seeds that bring about nothing show nothing: {}", tally.failovers);
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in 0..30 {
        let run = || check(&draw(seed), native()).unwrap();
        let (one, other) = (run(), run());
        assert_eq!(one.trace.digest(), other.trace.digest(), "seed {seed}");
        // What was done in the end is part of the history: played alone it gives the same.
        let read = History::read(&one.history.write()).unwrap();
        assert_eq!(read, one.history, "seed {seed}");
        assert_eq!(play(&read, native()).unwrap().digest(), one.trace.digest(), "seed {seed}");
    }
    assert_ne!(draw(1), draw(2));
}

#[test]
fn work_ends_when_it_is_enough_and_tells_parts_apart() {
    let tally = work(Budget { first: 0, count: 1_000, jobs: 1 }, &[&native], &|tally| tally.seeds < 3);
    assert_eq!((tally.seeds, tally.failures.len()), (3, 0));
    let silent = faulty(|_, effects| effects.retain(|effect| !matches!(effect, Effect::Notice(_))));
    let tally = work(Budget { first: 0, count: 1, jobs: 1 }, &[&native, &silent], &|_| true);
    assert!(matches!(tally.failures[0].fault, Fault::PartsDiffer { .. }), "{}", tally.failures[0].fault);
}

#[test]
fn seeds_bring_about_everything_there_is() {
    let drawn: Vec<History> = (0..2_000).map(draw).collect();
    let words = drawn.iter().flat_map(|history| &history.happenings).map(|happening| {
        let words = serde_json::to_value(happening).unwrap();
        words["what"].as_str().unwrap().to_owned()
    });
    let words: std::collections::BTreeSet<String> = words.collect();
    let known = "add-users clock-jump command cut disk freeze goodbye heal kernel-tells kill lose-disk machine-traps moves \
        policy-traps probe-unknown reboot service-fails service-mends service-pace start thaw transport-traps weather";
    assert_eq!(words.into_iter().collect::<Vec<_>>(), known.split_whitespace().collect::<Vec<_>>());
}

/// A state machine with a fault.
struct Faulty {
    core: Core,
    fault: fn(&Core, &mut Vec<Effect>),
}

impl Machine for Faulty {
    fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        let mut effects = self.core.handle(now_ms, input);
        (self.fault)(&self.core, &mut effects);
        effects
    }

    fn next_deadline(&self) -> Deadline {
        self.core.next_deadline()
    }

    fn view(&mut self) -> View {
        self.core.view()
    }
}

fn faulty(fault: fn(&Core, &mut Vec<Effect>)) -> impl Fn() -> Parts {
    move || Parts {
        machines: Box::new(move |settings, start| {
            let (core, effects) = Core::start(settings, start);
            (Box::new(Faulty { core, fault }), effects)
        }),
        ..native()
    }
}

/// The first seed that fails with this fault, made small.
fn found(fault: fn(&Core, &mut Vec<Effect>)) -> (Fault, History) {
    let parts = faulty(fault);
    let failing = (0..200).find_map(|seed| {
        let history = draw(seed);
        let run = check(&history, parts()).unwrap();
        run.fault.map(|fault| (history, fault))
    });
    let (history, fault) = failing.expect("some seed shows it");
    let run = shrink(&history, &fault, &parts).expect("what has failed fails again");
    let mended = run.history.happenings.iter().position(|happening| matches!(happening.what, What::Thaw { .. }));
    let mattering = mended.unwrap_or(run.history.happenings.len());
    assert!(mattering <= 6, "{}", run.history.write());
    (run.fault.unwrap(), run.history)
}

#[test]
fn a_gate_that_does_not_close_is_found() {
    let (fault, history) = found(|core, effects| {
        for effect in effects {
            if let Effect::Gate(gate) = effect {
                *gate = Gate { own: true, peer: gate.peer, epoch: core.clone().view().epoch };
            }
        }
    });
    assert!(matches!(fault, Fault::ServedTwice { .. }), "{fault}: {}", history.write());
}

#[test]
fn an_epoch_that_falls_is_found() {
    let (fault, _) = found(|_, effects| {
        for effect in effects {
            if let Effect::Persist(memory) = effect {
                memory.epoch %= 2;
            }
        }
    });
    assert!(matches!(&fault, Fault::Broken(what) if what.contains("the epoch falls")), "{fault}");
}

#[test]
fn what_is_visible_before_it_is_durable_is_found() {
    let (fault, _) = found(|_, effects| {
        if let Some(place) = effects.iter().position(|effect| matches!(effect, Effect::Persist(_))) {
            let persist = effects.remove(place);
            effects.push(persist);
        }
    });
    assert!(matches!(&fault, Fault::Broken(what) if what.contains("before it is durable")), "{fault}");
}

#[test]
fn a_node_that_does_not_answer_its_administrator_is_found() {
    let (fault, _) = found(|_, effects| effects.retain(|effect| !matches!(effect, Effect::MoveUsers { .. })));
    assert!(matches!(fault, Fault::NotNormal { .. }), "{fault}");
}
