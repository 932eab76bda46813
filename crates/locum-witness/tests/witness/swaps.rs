//! What a wish does, and what it does not. Each test runs with etcd and in memory: the two do the same.

use locum_core::{LeaseRecord, Rank, Wish};
use locum_witness::{Memory, Witness, WitnessError};

use crate::{HOLD_NEW, ask, cluster::EtcdCluster, leases, node, read};

const ROUNDS: u64 = 100;

/// Runs a test with either witness, as both nodes see it.
macro_rules! with_both {
    ($test:ident) => {
        #[tokio::test]
        async fn $test() {
            let [a, b] = Memory::pair();
            super::$test(&a, &b).await;
            if let Some(cluster) = EtcdCluster::start(1) {
                super::$test(&node(Rank::First, &cluster), &node(Rank::Second, &cluster)).await;
            }
        }
    };
}

mod with {
    use super::*;

    with_both!(a_lease_is_taken_once_renewed_released_and_taken_again);
    with_both!(of_two_wishes_one_may_come_true_and_the_other_not);
    with_both!(two_nodes_that_want_the_same_lease_never_both_get_it);
}

async fn a_lease_is_taken_once_renewed_released_and_taken_again(a: &impl Witness, b: &impl Witness) {
    assert_eq!(read(a).await.map(|reply| reply.record), [LeaseRecord::default(); 2]);

    let [taken, other] = ask(a, Wish::Hold { revision: 0, epoch: 4 }, Wish::Read).await.unwrap();
    assert!(taken.swapped && !other.swapped);
    let LeaseRecord { revision, holder, epoch } = taken.record;
    assert_eq!((holder, epoch), (Some(Rank::First), 4));
    assert!(revision > 0);

    // The other node believes that there is no record yet.
    let [refused, _] = ask(b, Wish::Hold { revision: 0, epoch: 5 }, Wish::Read).await.unwrap();
    assert_eq!((refused.swapped, refused.record), (false, taken.record));

    let [renewed, _] = ask(a, Wish::Hold { revision, epoch: 4 }, Wish::Read).await.unwrap();
    assert!(renewed.swapped && renewed.record.revision > revision);
    assert_eq!(read(b).await[0].record, renewed.record);

    let [stale, _] = ask(b, Wish::Hold { revision, epoch: 5 }, Wish::Read).await.unwrap();
    assert_eq!((stale.swapped, stale.record), (false, renewed.record));

    let revision = renewed.record.revision;
    let [released, _] = ask(a, Wish::Release { revision, epoch: 4 }, Wish::Read).await.unwrap();
    assert!(released.swapped && released.record.revision > revision);
    assert_eq!((released.record.holder, released.record.epoch), (None, 4));

    let revision = released.record.revision;
    let [taken_over, _] = ask(b, Wish::Hold { revision, epoch: 5 }, Wish::Read).await.unwrap();
    assert!(taken_over.swapped);
    assert_eq!((taken_over.record.holder, taken_over.record.epoch), (Some(Rank::Second), 5));
    assert_eq!(read(a).await[0].record, taken_over.record);
}

async fn of_two_wishes_one_may_come_true_and_the_other_not(a: &impl Witness, b: &impl Witness) {
    let [_, of_b] = ask(b, Wish::Read, HOLD_NEW).await.unwrap();
    let [of_a, refused] = ask(a, HOLD_NEW, HOLD_NEW).await.unwrap();
    assert!(of_a.swapped && !refused.swapped);
    assert_eq!(refused.record, of_b.record);
    let both = [of_a, refused].map(|reply| Wish::Hold { revision: reply.record.revision, epoch: 2 });
    let taken = ask(a, both[0], both[1]).await.unwrap();
    assert!(taken.iter().all(|reply| reply.swapped && reply.record.holder == Some(Rank::First)));
    assert_eq!(read(b).await.map(|reply| reply.record), taken.map(|reply| reply.record));
}

async fn two_nodes_that_want_the_same_lease_never_both_get_it(a: &impl Witness, b: &impl Witness) {
    for epoch in 1..=ROUNDS {
        let revision = read(a).await[0].record.revision;
        let want = Wish::Hold { revision, epoch };
        let (of_a, of_b) = tokio::join!(ask(a, want, Wish::Read), ask(b, want, Wish::Read));
        let (of_a, of_b) = (of_a.unwrap()[0], of_b.unwrap()[0]);
        assert!(of_a.swapped != of_b.swapped, "round {epoch}: {of_a:?} {of_b:?}");
        let winner = if of_a.swapped { (Rank::First, of_a) } else { (Rank::Second, of_b) };
        assert_eq!(winner.1.record.holder, Some(winner.0));
        assert_eq!(read(b).await[0].record, winner.1.record);
    }
}

#[tokio::test]
async fn what_locum_has_not_written_is_told_and_left_alone() {
    let Some(cluster) = EtcdCluster::start(1) else { return };
    let mut etcd = etcd_client::Client::connect(cluster.addresses(), None).await.unwrap();
    let (a, key) = (node(Rank::First, &cluster), leases(Rank::First).key(Rank::First));
    for value in ["hello", r#"{"holder":"c","epoch":1}"#, r#"{"holder":"a","epoch":1,"more":2}"#] {
        let written = etcd.put(key.as_str(), value, None).await.unwrap();
        let error = ask(&a, HOLD_NEW, HOLD_NEW).await.unwrap_err();
        assert!(matches!(&error, WitnessError::Foreign { key: at, value: shown, .. } if *at == key && shown == value));
        assert!(error.to_string().contains("choose another `prefix`"), "{error}");
        let after = etcd.get(key.as_str(), None).await.unwrap();
        assert_eq!(after.kvs()[0].mod_revision(), written.header().unwrap().revision());
    }
}

#[tokio::test]
async fn the_keys_and_values_are_as_documented() {
    let Some(cluster) = EtcdCluster::start(1) else { return };
    let a = node(Rank::First, &cluster);
    let [taken, _] = ask(&a, Wish::Hold { revision: 0, epoch: 3 }, Wish::Read).await.unwrap();
    let mut etcd = etcd_client::Client::connect(cluster.addresses(), None).await.unwrap();
    let found = etcd.get("/locum/g1/leases/a", None).await.unwrap();
    assert_eq!(found.kvs()[0].value_str().unwrap(), r#"{"epoch":3,"holder":"a"}"#);
    assert_eq!(found.kvs()[0].mod_revision() as u64, taken.record.revision);
    assert_eq!(found.kvs()[0].lease(), 0, "nothing expires by itself");
}
