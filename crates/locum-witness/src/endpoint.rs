//! One address of the cluster, and the connection to it.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use etcd_client::{Certificate, Client, ConnectOptions, Identity, TlsOptions, Txn, TxnResponse};
use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    time,
};

use crate::WitnessError;

/// How long the way to a connection may take: TCP, TLS and a password, which etcd takes its time to check.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection is given up after this many answers that did not come in time, one after the other: a way that is cut
/// does not always tell.
const MISSED_MAX: u32 = 2;

/// How a node proves to etcd who it is, and the other way round. The files are read at every new connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// The certificate of the authority that the servers' certificates are from, as a PEM file. Without it nothing is
    /// encrypted.
    pub ca: Option<PathBuf>,
    /// This node's own certificate and its key, as PEM files, where the servers ask for one.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// The name of an etcd user and the file that holds its password, where access is by user.
    pub user: Option<(String, PathBuf)>,
}

impl Access {
    /// For people: as whom the node comes.
    pub(crate) fn who(&self) -> String {
        match (&self.user, &self.identity) {
            (Some((user, _)), _) => format!("user {user:?}"),
            (None, Some((certificate, _))) => format!("the owner of {}", certificate.display()),
            (None, None) => "nobody in particular (no `user` is set)".to_owned(),
        }
    }

    pub(crate) fn scheme(&self) -> &'static str {
        if self.ca.is_some() { "https" } else { "http" }
    }

    /// Reads the files.
    pub(crate) fn options(&self) -> Result<ConnectOptions, WitnessError> {
        let mut options = ConnectOptions::new().with_connect_timeout(CONNECT_TIMEOUT).with_require_leader(true);
        if let Some(ca) = &self.ca {
            let mut tls = TlsOptions::new().ca_certificate(Certificate::from_pem(read(ca)?));
            if let Some((certificate, key)) = &self.identity {
                tls = tls.identity(Identity::from_pem(read(certificate)?, read(key)?));
            }
            options = options.with_tls(tls);
        }
        if let Some((user, file)) = &self.user {
            options = options.with_user(user, read(file)?.trim_end_matches(['\r', '\n']));
        }
        Ok(options)
    }
}

fn read(file: &PathBuf) -> Result<String, WitnessError> {
    fs::read_to_string(file).map_err(|error| WitnessError::File { file: file.clone(), why: error.to_string() })
}

/// One address of the cluster.
pub(crate) struct Endpoint {
    /// For people.
    pub(crate) address: String,
    url: String,
    access: Access,
    /// What all the group's keys begin with.
    root: String,
    connection: Arc<Mutex<Connection>>,
}

#[derive(Default)]
struct Connection {
    client: Option<Client>,
    /// How many answers have not come in time, since the last one that did.
    missed: u32,
}

impl Endpoint {
    pub(crate) fn new(address: &str, access: &Access, root: &str) -> Self {
        Self {
            address: address.to_owned(),
            url: format!("{}://{address}", access.scheme()),
            access: access.clone(),
            root: root.to_owned(),
            connection: Arc::default(),
        }
    }

    /// Carries out two transactions at the same time. If this fails, they may have been carried out all the same.
    pub(crate) async fn carry_out(
        &self,
        transactions: [Txn; 2],
        limit: Duration,
    ) -> Result<[TxnResponse; 2], WitnessError> {
        let Ok(outcome) = time::timeout(limit, self.attempt(transactions)).await else {
            // Whoever connects at this moment holds the lock, and is let go on.
            if let Ok(mut connection) = self.connection.try_lock() {
                connection.missed += 1;
                if connection.missed >= MISSED_MAX {
                    *connection = Connection::default();
                }
            }
            return Err(WitnessError::Silent { endpoint: self.address.clone(), limit });
        };
        outcome
    }

    async fn attempt(&self, transactions: [Txn; 2]) -> Result<[TxnResponse; 2], WitnessError> {
        let mut outcome = send(&self.client().await?, transactions.clone()).await;
        if outcome.as_ref().is_err_and(is_of_the_user) {
            // What a restarted server gave out as a token is no longer good.
            self.connection.lock().await.client = None;
            outcome = send(&self.client().await?, transactions).await;
        }
        let mut connection = self.connection.lock().await;
        match outcome {
            Ok(responses) => {
                connection.missed = 0;
                Ok(responses)
            }
            Err(error) => {
                let error = self.explain(&error);
                // A role that is mended counts from the next connection on.
                if !error.is_of_the_endpoint() {
                    connection.client = None;
                }
                Err(error)
            }
        }
    }

    /// The connection that is there, or a new one.
    pub(crate) async fn client(&self) -> Result<Client, WitnessError> {
        let connection = Arc::clone(&self.connection).lock_owned().await;
        if let Some(client) = &connection.client {
            return Ok(client.clone());
        }
        let options = self.access.options()?;
        // It goes on when nobody waits for it any more, since it may take longer than an answer may.
        let connecting = tokio::spawn(connect(self.url.clone(), options, connection));
        match connecting.await {
            Ok(Some(connected)) => connected.map_err(|error| self.explain(&error)),
            _ => Err(WitnessError::Silent { endpoint: self.address.clone(), limit: CONNECT_TIMEOUT }),
        }
    }

    pub(crate) fn explain(&self, error: &etcd_client::Error) -> WitnessError {
        WitnessError::new(error, &self.address, &self.access.who(), &self.root)
    }
}

async fn send(client: &Client, transactions: [Txn; 2]) -> Result<[TxnResponse; 2], etcd_client::Error> {
    let [first, second] = transactions;
    let (mut to_first, mut to_second) = (client.kv_client(), client.kv_client());
    let (first, second) = tokio::try_join!(to_first.txn(first), to_second.txn(second))?;
    Ok([first, second])
}

/// `None`: nothing came back.
async fn connect(
    url: String,
    options: ConnectOptions,
    mut connection: OwnedMutexGuard<Connection>,
) -> Option<Result<Client, etcd_client::Error>> {
    let connected = time::timeout(CONNECT_TIMEOUT, Client::connect([url], Some(options))).await.ok()?;
    if let Ok(client) = &connected {
        *connection = Connection { client: Some(client.clone()), missed: 0 };
    }
    Some(connected)
}

fn is_of_the_user(error: &etcd_client::Error) -> bool {
    matches!(error, etcd_client::Error::GRpcStatus(status) if status.code() == tonic::Code::Unauthenticated
        || status.message().contains("auth store is old"))
}
