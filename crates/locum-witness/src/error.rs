use std::{path::PathBuf, time::Duration};

use tonic::Code;

/// Why the witness gave no answer that can be used: what is wrong, where, and what to do.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum WitnessError {
    /// A file that is needed to connect.
    #[error("{} cannot be read: {why}; it is named in `[witness]`", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// What the operating system says.
        why: String,
    },
    /// Nobody is there.
    #[error("{endpoint} cannot be reached: {why}; is etcd running there, and is the way open?")]
    Unreachable {
        /// The address.
        endpoint: String,
        /// What the operating system says.
        why: String,
    },
    /// Nothing came back in time.
    #[error("{endpoint} has not answered within {} ms; see whether it is overloaded, stopped or cut off", limit.as_millis())]
    Silent {
        /// The address.
        endpoint: String,
        /// How long it had.
        limit: Duration,
    },
    /// The two do not trust each other.
    #[error("{endpoint} and this node do not agree about TLS: {why}; see `ca`, `certificate` and `key` of `[witness]`")]
    Tls {
        /// The address.
        endpoint: String,
        /// What TLS says.
        why: String,
    },
    /// It does not let this user in.
    #[error("{endpoint} does not let {who} in: {why}; see `user` and `password_file` of `[witness]`")]
    Refused {
        /// The address.
        endpoint: String,
        /// Who asks.
        who: String,
        /// What etcd says.
        why: String,
    },
    /// The role of this user does not reach that far.
    #[error(
        "{endpoint} does not let {who} read and write {keys}; grant it: etcdctl role grant-permission ROLE --prefix=true readwrite {keys}"
    )]
    Forbidden {
        /// The address.
        endpoint: String,
        /// Who asks.
        who: String,
        /// What all the keys begin with.
        keys: String,
    },
    /// A majority of its members is missing.
    #[error("{endpoint} has no leader: {why}; most members of its cluster must be up and hear each other")]
    NoLeader {
        /// The address.
        endpoint: String,
        /// What etcd says.
        why: String,
    },
    /// A lease that Locum has not written.
    #[error(
        "{key} holds {value:?}, which is no lease of this group: {why}; remove it, or choose another `prefix` in `[witness]`"
    )]
    Foreign {
        /// Where.
        key: String,
        /// What stands there, shortened.
        value: String,
        /// What is wrong with it.
        why: String,
    },
    /// Anything else.
    #[error("{endpoint} answers: {why}")]
    Other {
        /// The address.
        endpoint: String,
        /// What etcd says.
        why: String,
    },
}

impl WitnessError {
    /// Whether another member of the same cluster may do better.
    pub(crate) fn is_of_the_endpoint(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Silent { .. } | Self::Tls { .. } => true,
            Self::NoLeader { .. } | Self::Other { .. } => true,
            Self::File { .. } | Self::Refused { .. } | Self::Forbidden { .. } | Self::Foreign { .. } => false,
        }
    }

    /// What the client's error means.
    pub(crate) fn new(error: &etcd_client::Error, endpoint: &str, who: &str, keys: &str) -> Self {
        let endpoint = endpoint.to_owned();
        let etcd_client::Error::GRpcStatus(status) = error else {
            return Self::of_the_connection(error, endpoint);
        };
        let why = status.message().trim_start_matches("etcdserver: ").to_owned();
        match status.code() {
            Code::Unauthenticated => Self::Refused { endpoint, who: who.to_owned(), why },
            Code::PermissionDenied => Self::Forbidden { endpoint, who: who.to_owned(), keys: keys.to_owned() },
            Code::InvalidArgument | Code::FailedPrecondition if speaks_of_users(&why) => {
                Self::Refused { endpoint, who: who.to_owned(), why }
            }
            Code::Unavailable | Code::Unknown | Code::DeadlineExceeded
                if status.message().starts_with("etcdserver: ") =>
            {
                Self::NoLeader { endpoint, why }
            }
            Code::Unavailable | Code::Unknown | Code::Internal | Code::Cancelled => {
                Self::of_the_connection(status, endpoint)
            }
            _ => Self::Other { endpoint, why },
        }
    }

    fn of_the_connection(error: &(dyn std::error::Error + 'static), endpoint: String) -> Self {
        let why = innermost(error);
        let tls = ["certificate", "tls", "handshake", "alert"];
        if tls.iter().any(|word| why.to_ascii_lowercase().contains(word)) {
            Self::Tls { endpoint, why }
        } else {
            Self::Unreachable { endpoint, why }
        }
    }
}

/// "authentication failed, invalid user ID or password", "user name is empty", "authentication is not enabled",
/// "revision of auth store is old".
fn speaks_of_users(why: &str) -> bool {
    why.contains("auth") || why.contains("user")
}

/// The outer errors of a connection only say that there is an inner one.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
