//! Members that die, hang and come back.

use std::time::{Duration, Instant};

use locum_core::{Rank, Wish};
use locum_witness::{Access, Etcd, Lease, WitnessError};

use crate::{HOLD_NEW, TIMEOUT, ask, cluster::EtcdCluster, node, node_with, read_in_the_end};

/// What a machine that is busy with other tests may add to a timeout.
const MARGIN: Duration = Duration::from_secs(5);
/// Too short to wait for anything.
const SHORT: Duration = Duration::from_millis(300);

/// Asks for the lease again and again, as a node does, until it gets it.
async fn renew(node: &Etcd, revision: u64) -> u64 {
    let start = Instant::now();
    loop {
        match ask(node, Wish::Hold { revision, epoch: 1 }, Wish::Read).await {
            // One that was carried out without an answer is this node's own.
            Ok([reply, _]) if reply.swapped || reply.record.holder == Some(Rank::First) => {
                return reply.record.revision;
            }
            other => assert!(start.elapsed() < 3 * TIMEOUT, "{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_cluster_goes_on_without_any_one_of_its_members_its_leader_included() {
    let Some(mut cluster) = EtcdCluster::start(3) else { return };
    let a = node(Rank::First, &cluster);
    let mut revision = ask(&a, HOLD_NEW, Wish::Read).await.unwrap()[0].record.revision;
    let leader = cluster.leader();
    for place in [leader, (leader + 1) % 3, (leader + 2) % 3] {
        cluster.kill(place);
        revision = renew(&a, revision).await;
        cluster.restart(place);
        cluster.until_it_has_a_leader();
        assert_eq!(read_in_the_end(&a).await[0].record.revision, revision, "nothing is lost");
    }
}

#[tokio::test]
async fn without_a_majority_there_is_no_answer_and_no_wait_beyond_the_timeout() {
    let Some(mut cluster) = EtcdCluster::start(3) else { return };
    let timeout = Duration::from_secs(2);
    let a = node_with(Rank::First, &cluster, &Access::default(), timeout);
    let taken = ask(&a, HOLD_NEW, Wish::Read).await.unwrap()[0].record;
    cluster.kill(0);
    cluster.kill(1);
    let start = Instant::now();
    let error = ask(&a, Wish::Hold { revision: taken.revision, epoch: 1 }, Wish::Read).await.unwrap_err();
    assert!(start.elapsed() < timeout + MARGIN, "{error}");
    cluster.restart(0);
    cluster.until_it_has_a_leader();
    renew(&a, taken.revision).await;
}

#[tokio::test]
async fn a_server_that_hangs_costs_the_timeout_and_not_more() {
    let Some(cluster) = EtcdCluster::start(1) else { return };
    let a = node_with(Rank::First, &cluster, &Access::default(), SHORT);
    let revision = renew(&a, 0).await;
    cluster.pause(0);
    for _ in 0..4 {
        let start = Instant::now();
        let error = ask(&a, Wish::Read, Wish::Read).await.unwrap_err();
        assert!(matches!(error, WitnessError::Silent { .. }), "{error}");
        assert!(start.elapsed() < SHORT + MARGIN);
    }
    cluster.go_on(0);
    renew(&a, revision).await;
}

#[tokio::test]
async fn of_three_members_the_one_that_hangs_is_passed_over() {
    let Some(cluster) = EtcdCluster::start(3) else { return };
    let a = node(Rank::First, &cluster);
    let revision = renew(&a, 0).await;
    // Whichever it is, the node has asked one of the others by the second round.
    let paused = (cluster.leader() + 1) % 3;
    cluster.pause(paused);
    let revision = renew(&a, revision).await;
    renew(&a, revision).await;
    cluster.go_on(paused);
}

#[tokio::test]
async fn nobody_at_the_address_is_told_as_that() {
    let Some(mut cluster) = EtcdCluster::start(1) else { return };
    cluster.stop();
    let a = node(Rank::First, &cluster);
    let error = ask(&a, Wish::Read, Wish::Read).await.unwrap_err();
    assert!(matches!(error, WitnessError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains(&cluster.addresses()[0]), "{error}");
    cluster.restart(0);
    cluster.until_it_has_a_leader();
    renew(&a, 0).await;
}

#[tokio::test]
async fn a_look_measures_every_member_and_leaves_the_leases_alone() {
    let Some(mut cluster) = EtcdCluster::start(3) else { return };
    let a = node(Rank::First, &cluster);
    let before = renew(&a, 0).await;
    cluster.kill(2);
    cluster.until_it_has_a_leader();
    cluster.leader();
    let looks = a.look().await;
    assert_eq!(looks.iter().map(|look| look.endpoint.clone()).collect::<Vec<_>>(), cluster.addresses());
    for look in &looks[..2] {
        let found = look.found.as_ref().unwrap();
        assert!(found.version.starts_with("3."), "{found:?}");
        for spread in [found.read, found.swap] {
            assert!(Duration::ZERO < spread.min && spread.min <= spread.median && spread.median <= spread.max);
        }
    }
    assert!(matches!(looks[2].found, Err(WitnessError::Unreachable { .. })), "{:?}", looks[2]);
    assert_eq!(read_in_the_end(&a).await[0].record.revision, before);
    let lease = Lease::judge(&looks, Duration::from_secs(15), Duration::from_secs(60), Duration::from_secs(20));
    assert!(lease.is_some_and(|lease| lease.recommended > Duration::from_secs(30)));
}
