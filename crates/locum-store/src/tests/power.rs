//! Power cuts: everything acknowledged is there, and what was under way is there as a whole or not at all.

use std::{collections::HashMap, time::Instant};

use super::{
    disk::{Disk, Op},
    pages::Pages,
    script::{CALLS, Sight, look, open, prove, sights},
};

/// A place in the log at which the power goes, and what that leaves on the disk.
struct Point {
    /// How many operations were begun.
    begun: usize,
    left: Pages,
}

/// Every point of a log: before each operation and in the middle of each write, with every choice of what has been
/// asked since the last sync on the disk, and the rest of it lost.
fn points(start: &Pages, log: &[Op], mut visit: impl FnMut(Point)) {
    let mut synced = start.clone();
    let mut from = 0;
    for interval in log.split_inclusive(|op| matches!(op, Op::Sync)).chain([&[] as &[Op]]) {
        for place in 0..=interval.len() {
            let (since, next) = (&interval[..place], interval.get(place));
            if matches!(since.last(), Some(Op::Sync)) {
                continue;
            }
            let halves = next.and_then(Op::halves).into_iter().flatten();
            let torn: Vec<Option<Op>> = std::iter::once(None).chain(halves.map(Some)).collect();
            for choice in 0..1_u32 << place {
                let landed = since.iter().enumerate().filter(|(bit, _)| choice & 1 << bit != 0).map(|(_, op)| op);
                for half in &torn {
                    let mut left = synced.clone();
                    landed.clone().chain(half).for_each(|op| op.apply(&mut left));
                    visit(Point { begun: from + place, left });
                }
            }
        }
        interval.iter().for_each(|op| op.apply(&mut synced));
        from += interval.len();
    }
}

/// What stores show that have been opened: many points leave the same on the disk.
#[derive(Default)]
struct Opened(HashMap<(blake3::Hash, bool), Sight>);

impl Opened {
    /// What the store on this disk shows, and what opening it has asked of the disk, unless that was opened before.
    fn open(&mut self, left: &Pages, marked: bool, point: impl Fn() -> String) -> (Sight, Option<Vec<Op>>) {
        let key = (left.digest(), marked);
        if let Some(sight) = self.0.get(&key) {
            return (sight.clone(), None);
        }
        let disk = Disk::with(left.clone());
        let store = open(disk.clone(), marked).unwrap_or_else(|error| panic!("{}: {error}", point()));
        let log = disk.log();
        let sight = look(&store).unwrap_or_else(|error| panic!("{}: {error}", point()));
        self.0.insert(key, sight.clone());
        (sight, Some(log))
    }
}

#[test]
fn a_power_cut_at_any_write_or_sync_loses_nothing_acknowledged() {
    let started = Instant::now();
    let sights = sights();
    let disk = Disk::default();
    // How many operations there had been when each call was acknowledged; the first one is the opening.
    let acknowledged = play(&disk);

    let (mut cuts, mut recovery_cuts) = (0, 0);
    let mut opened = Opened::default();
    points(&Pages::default(), &disk.log(), |Point { begun, left }| {
        cuts += 1;
        let calls = acknowledged.iter().filter(|operations| **operations <= begun).count();
        let point = || format!("the power goes before operation {begun}, after {calls} calls");
        // The marker is written once the store has its owner.
        let marked = calls > 0;
        let (sight, recovery) = opened.open(&left, marked, point);
        let allowed = &sights[calls.saturating_sub(1)..sights.len().min(calls + 1)];
        assert!(allowed.contains(&sight), "{}: {sight:#?}\nis none of {allowed:#?}", point());
        let Some(recovery) = recovery else { return };
        if marked {
            prove(Disk::with(left.clone()), &sight);
        }
        // What was found once is found again, whenever the power goes while the store is opened.
        points(&left, &recovery, |again| {
            recovery_cuts += 1;
            let point = || format!("{}, then before operation {} of the recovery", point(), again.begun);
            let (found, _) = opened.open(&again.left, marked, point);
            assert!(found == sight, "{}: {found:#?}\nis not {sight:#?}", point());
        });
    });
    println!(
        "{cuts} crash points of {} operations, and {recovery_cuts} of the recovery from them: all survived, in {:.1} s",
        disk.operations(),
        started.elapsed().as_secs_f64()
    );
}

/// Plays the script, with the store closed and opened again in the middle of it.
fn play(disk: &Disk) -> Vec<usize> {
    let mut store = open(disk.clone(), false).unwrap();
    let mut acknowledged = vec![disk.operations()];
    for (number, call) in CALLS.iter().enumerate() {
        if number == CALLS.len() / 2 {
            drop(store);
            store = open(disk.clone(), true).unwrap();
        }
        call(&store).unwrap();
        acknowledged.push(disk.operations());
    }
    acknowledged
}
