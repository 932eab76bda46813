use serde::{Deserialize, Serialize};

/// Which homes a node serves, and since which epoch.
///
/// Taking over a node's users writes this one record, however many users there are: who is served follows from it and
/// from the directory (`docs/behaviour.md` §5).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cover {
    /// The epoch in which this was decided.
    pub epoch: u64,
    /// The nodes whose users are served here.
    pub homes: Vec<String>,
    /// The revision of the directory this was decided on.
    pub directory_revision: u64,
}
