//! The witness, with a real etcd.

mod access;
mod cluster;
mod members;
mod swaps;

use std::time::{Duration, Instant};

use locum_core::{LeaseReply, Rank, Wish, WitnessRequest};
use locum_witness::{Access, Etcd, Leases, Witness, WitnessError};

use self::cluster::EtcdCluster;

/// Long enough for a new leader, on a machine that is busy with other tests.
const TIMEOUT: Duration = Duration::from_secs(10);

const HOLD_NEW: Wish = Wish::Hold { revision: 0, epoch: 1 };

fn leases(us: Rank) -> Leases {
    Leases::new("/locum", "g1", ["a", "b"].map(str::to_owned), us)
}

/// What a node sees of a cluster.
fn node(us: Rank, cluster: &EtcdCluster) -> Etcd {
    node_with(us, cluster, &Access::default(), TIMEOUT)
}

fn node_with(us: Rank, cluster: &EtcdCluster, access: &Access, timeout: Duration) -> Etcd {
    Etcd::new(&cluster.addresses(), access, leases(us), timeout).unwrap()
}

async fn ask(node: &impl Witness, first: Wish, second: Wish) -> Result<[LeaseReply; 2], WitnessError> {
    node.ask(WitnessRequest { token: 7, wishes: [first, second] }).await
}

async fn read(node: &impl Witness) -> [LeaseReply; 2] {
    ask(node, Wish::Read, Wish::Read).await.unwrap()
}

/// What they say once a connection that broke with a restart is there again.
async fn read_in_the_end(node: &impl Witness) -> [LeaseReply; 2] {
    let start = Instant::now();
    loop {
        match ask(node, Wish::Read, Wish::Read).await {
            Ok(replies) => return replies,
            Err(error) => assert!(start.elapsed() < 3 * TIMEOUT, "{error}"),
        }
    }
}
