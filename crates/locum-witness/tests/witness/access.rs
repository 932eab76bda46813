//! TLS, users, and a role that reaches as far as the group's own keys.

use std::{fs, path::PathBuf};

use etcd_client::{Certificate, Client, ConnectOptions, Identity, Permission, TlsOptions};
use locum_core::{Rank, Wish};
use locum_witness::{Access, Etcd, Leases, WitnessError};

use crate::{HOLD_NEW, TIMEOUT, ask, cluster::EtcdCluster, leases, node, node_with, read_in_the_end};

const USER: &str = "locum-g1";
const PASSWORD: &str = "correct horse";

/// A cluster with TLS, where only the user of the group may use the group's keys.
async fn guarded() -> Option<EtcdCluster> {
    let cluster = EtcdCluster::start_with_tls(1)?;
    let pem = |name: &str| fs::read_to_string(cluster.file(name)).unwrap();
    let tls = TlsOptions::new()
        .ca_certificate(Certificate::from_pem(pem("ca.pem")))
        .identity(Identity::from_pem(pem("client.pem"), pem("client.key")));
    let address = format!("https://{}", cluster.addresses()[0]);
    let mut etcd = Client::connect([address], Some(ConnectOptions::new().with_tls(tls))).await.unwrap();
    let root = leases(Rank::First).root().to_owned();
    etcd.role_add(USER).await.unwrap();
    let permission = Permission::read_write(root).with_prefix();
    etcd.role_grant_permission(USER, permission).await.unwrap();
    etcd.user_add(USER, PASSWORD, None).await.unwrap();
    etcd.user_grant_role(USER, USER).await.unwrap();
    etcd.role_add("root").await.unwrap();
    etcd.user_add("root", "root", None).await.unwrap();
    etcd.user_grant_role("root", "root").await.unwrap();
    etcd.auth_enable().await.unwrap();
    Some(cluster)
}

fn with_password(cluster: &EtcdCluster, password: &str) -> PathBuf {
    let file = cluster.file("password");
    // An editor ends the line.
    fs::write(&file, format!("{password}\n")).unwrap();
    file
}

fn access(cluster: &EtcdCluster) -> Access {
    Access {
        ca: Some(cluster.file("ca.pem")),
        identity: Some((cluster.file("client.pem"), cluster.file("client.key"))),
        user: Some((USER.to_owned(), with_password(cluster, PASSWORD))),
    }
}

#[tokio::test]
async fn a_role_of_the_groups_own_keys_is_enough_and_no_other_keys_can_be_had() {
    let Some(mut cluster) = guarded().await else { return };
    let access = access(&cluster);
    let a = node_with(Rank::First, &cluster, &access, TIMEOUT);
    assert!(ask(&a, HOLD_NEW, HOLD_NEW).await.unwrap().iter().all(|reply| reply.swapped));
    let looks = a.look().await;
    assert!(!looks[0].found.as_ref().unwrap().sees_more, "{looks:?}");

    let others = Leases::new("/locum", "g2", ["a", "b"].map(str::to_owned), Rank::First);
    let others = Etcd::new(&cluster.addresses(), &access, others, TIMEOUT).unwrap();
    for wish in [Wish::Read, HOLD_NEW] {
        let error = ask(&others, wish, wish).await.unwrap_err();
        assert!(matches!(error, WitnessError::Forbidden { .. }), "{error}");
        let advice = "etcdctl role grant-permission ROLE --prefix=true readwrite /locum/g2/";
        assert!(error.to_string().contains(advice), "{error}");
    }

    // What a server has given out as a token is gone once it has restarted.
    cluster.restart(0);
    cluster.until_it_has_a_leader();
    assert_eq!(read_in_the_end(&a).await[0].record.holder, Some(Rank::First));
}

#[tokio::test]
async fn who_is_not_let_in_is_told_why() {
    let Some(cluster) = guarded().await else { return };
    let good = access(&cluster);
    let wrong = Access { user: Some((USER.to_owned(), with_password(&cluster, "wrong"))), ..good.clone() };
    let error = ask(&node_with(Rank::First, &cluster, &wrong, TIMEOUT), Wish::Read, Wish::Read).await.unwrap_err();
    assert!(matches!(error, WitnessError::Refused { .. }), "{error}");
    assert!(error.to_string().contains(USER) && error.to_string().contains("password"), "{error}");

    let nobody = Access { user: None, ..good.clone() };
    let error = ask(&node_with(Rank::First, &cluster, &nobody, TIMEOUT), Wish::Read, Wish::Read).await.unwrap_err();
    // etcd takes the certificate for a user without a name, and that one may do nothing.
    assert!(matches!(error, WitnessError::Forbidden { .. }), "{error}");
    assert!(error.to_string().contains("client.pem"), "{error}");

    // The file is read anew for the next connection.
    let a = node_with(Rank::First, &cluster, &wrong, TIMEOUT);
    ask(&a, Wish::Read, Wish::Read).await.unwrap_err();
    with_password(&cluster, PASSWORD);
    ask(&a, Wish::Read, Wish::Read).await.unwrap();
}

#[tokio::test]
async fn a_server_of_another_authority_is_not_trusted_and_neither_is_a_client_without_certificate() {
    let Some(cluster) = EtcdCluster::start_with_tls(1) else { return };
    let Some(other) = EtcdCluster::start_with_tls(1) else { return };
    let good = Access { user: None, ..access(&cluster) };
    ask(&node_with(Rank::First, &cluster, &good, TIMEOUT), Wish::Read, Wish::Read).await.unwrap();
    let strange = Access { ca: Some(other.file("ca.pem")), ..good.clone() };
    let bare = Access { identity: None, ..good };
    let error = ask(&node_with(Rank::First, &cluster, &strange, TIMEOUT), Wish::Read, Wish::Read).await.unwrap_err();
    assert!(matches!(error, WitnessError::Tls { .. }), "{error}");
    // Here it is etcd that refuses: it may close the connection before it has said why.
    let error = ask(&node_with(Rank::First, &cluster, &bare, TIMEOUT), Wish::Read, Wish::Read).await.unwrap_err();
    assert!(matches!(error, WitnessError::Tls { .. } | WitnessError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn a_file_that_is_not_there_is_told_before_anything_is_asked() {
    let missing = Access { ca: Some("/nowhere/ca.pem".into()), ..Access::default() };
    let error = Etcd::new(&["127.0.0.1:2379".to_owned()], &missing, leases(Rank::First), TIMEOUT).err().unwrap();
    assert!(error.to_string().starts_with("/nowhere/ca.pem cannot be read: "), "{error}");
}

#[tokio::test]
async fn where_access_is_by_nobody_a_look_says_that_more_can_be_seen() {
    let Some(cluster) = EtcdCluster::start(1) else { return };
    let looks = node(Rank::First, &cluster).look().await;
    assert!(looks[0].found.as_ref().unwrap().sees_more);
}
