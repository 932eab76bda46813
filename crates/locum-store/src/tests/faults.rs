//! Disks that fail at a write or a sync: the call fails and nothing is acknowledged, it is told at once, and the store
//! opens again as it was, or with the whole of what had failed.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use super::{
    disk::{Disk, Fault},
    script::{CALLS, Sight, look, open, prove, sights, step},
};
use crate::{Store, StoreError};

#[test]
fn a_write_or_sync_that_fails_anywhere_leaves_the_store_whole() {
    let sights = sights();
    let mut faults = 0;
    for fault in [Fault::Undone, Fault::Done] {
        for operation in 0.. {
            let disk = Disk::failing_at(operation, fault);
            let calls = play_until_it_fails(&disk);
            if !disk.has_failed() {
                break;
            }
            faults += 1;
            let allowed = &sights[calls.saturating_sub(1)..sights.len().min(calls + 1)];
            let point = format!("{fault:?} at operation {operation}, after {calls} calls");
            // The daemon alone starts again, or the host does too.
            for disk in [disk.reopened(), disk.after_power_cut()] {
                goes_on(&disk, calls > 0, allowed, &point);
            }
        }
    }
    println!("{faults} failing writes and syncs, the daemon or the host started again: all survived");
}

/// Plays the script up to the call that fails. Gives how many were acknowledged, the opening among them.
fn play_until_it_fails(disk: &Disk) -> usize {
    let store = match open(disk.clone(), false) {
        Ok(store) => store,
        Err(error) => {
            assert!(matches!(error, StoreError::Unreachable { .. } | StoreError::Storage(_)), "{error}");
            return 0;
        }
    };
    let told = Arc::new(AtomicU32::new(0));
    let teller = told.clone();
    store.on_failure(move |_| _ = teller.fetch_add(1, Ordering::Relaxed));
    let in_memory = |store: &Store| (store.directory().revision(), store.directory().digest(), store.staged());
    for (number, call) in CALLS.iter().enumerate() {
        let before = in_memory(&store);
        if let Err(error) = call(&store) {
            assert!(matches!(error, StoreError::Storage(_)), "{error}");
            assert_eq!(told.load(Ordering::Relaxed), 1, "told at once");
            assert_eq!(in_memory(&store), before);
            // A disk that has lied once is not asked again.
            assert!(step(&store, 99).is_err());
            assert_eq!(told.load(Ordering::Relaxed), 1, "told once");
            return 1 + number;
        }
    }
    assert_eq!(told.load(Ordering::Relaxed), 0);
    1 + CALLS.len()
}

/// Opens the store, insists on one of these sights, and has the next step survive a power cut.
fn goes_on(disk: &Disk, marked: bool, allowed: &[Sight], point: &str) {
    let store = open(disk.clone(), marked).unwrap_or_else(|error| panic!("{point}: {error}"));
    let sight = look(&store).unwrap();
    assert!(allowed.contains(&sight), "{point}: {sight:#?}\nis none of {allowed:#?}");
    step(&store, 99).unwrap();
    let saved = look(&store).unwrap();
    let after = disk.after_power_cut();
    let store = open(after.clone(), true).unwrap_or_else(|error| panic!("{point}, then a power cut: {error}"));
    assert_eq!(look(&store).unwrap(), saved, "{point}");
    drop(store);
    prove(after, &saved);
}
