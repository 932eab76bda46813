//! How a lease looks at the witness: one key for each home, and a small JSON value.
//!
//! ```text
//! /locum/chat/leases/ada      {"holder":"ada","epoch":3}
//! /locum/chat/leases/bea      {"holder":null,"epoch":2}
//! ```

use etcd_client::{Compare, CompareOp, KeyValue, Txn, TxnOp, TxnOpResponse, TxnResponse};
use locum_core::{LeaseRecord, LeaseReply, Rank, Wish};
use serde::{Deserialize, Serialize};

use crate::WitnessError;

/// The longest part of a foreign value that an error shows.
const SHOWN_CHARACTERS_MAX: usize = 80;

/// Where the leases of a group are, and under which name this node holds one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leases {
    /// What all the group's keys begin with; ends with a slash.
    root: String,
    nodes: [String; 2],
    us: Rank,
}

/// What stands at a key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Value {
    holder: Option<String>,
    epoch: u64,
}

impl Leases {
    /// The leases of `group` below `prefix`; `nodes` are the names of both nodes, the lower one first.
    pub fn new(prefix: &str, group: &str, nodes: [String; 2], us: Rank) -> Self {
        Self { root: format!("{}/{group}/", prefix.trim_end_matches('/')), nodes, us }
    }

    /// What all the group's keys begin with, and what a role must be granted.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The key of a home's lease.
    pub fn key(&self, home: Rank) -> String {
        format!("{}leases/{}", self.root, self.name(home))
    }

    /// A key of this node's own, to try things with.
    pub(crate) fn scratch(&self) -> String {
        format!("{}check/{}", self.root, self.name(self.us))
    }

    fn name(&self, node: Rank) -> &str {
        &self.nodes[node as usize]
    }

    /// Each wish as a transaction of its own, since one may come true and the other not. A transaction within another
    /// would do both at once, but etcd before 3.6.9 does not hold it against the user's role (GHSA-rfx7-8w68-q57q).
    pub(crate) fn transactions(&self, wishes: &[Wish; 2]) -> [Txn; 2] {
        [self.transaction(Rank::First, wishes[0]), self.transaction(Rank::Second, wishes[1])]
    }

    fn transaction(&self, home: Rank, wish: Wish) -> Txn {
        let key = self.key(home);
        let read = TxnOp::get(key.as_str(), None);
        let (revision, holder, epoch) = match wish {
            Wish::Read => return Txn::new().and_then([read]),
            Wish::Hold { revision, epoch } => (revision, Some(self.name(self.us).to_owned()), epoch),
            Wish::Release { revision, epoch } => (revision, None, epoch),
        };
        let value = serde_json::json!(Value { holder, epoch }).to_string();
        // A key that does not exist has the revision 0.
        let unchanged = Compare::mod_revision(key.as_str(), CompareOp::Equal, revision as i64);
        let write = TxnOp::put(key.as_str(), value, None);
        Txn::new().when([unchanged]).and_then([write, read.clone()]).or_else([read])
    }

    /// What has become of the wishes.
    pub(crate) fn replies(
        &self,
        wishes: &[Wish; 2],
        responses: &[TxnResponse; 2],
    ) -> Result<[LeaseReply; 2], WitnessError> {
        let [first, second] = responses;
        Ok([self.reply(Rank::First, wishes[0], first)?, self.reply(Rank::Second, wishes[1], second)?])
    }

    fn reply(&self, home: Rank, wish: Wish, response: &TxnResponse) -> Result<LeaseReply, WitnessError> {
        // The reading comes last, whatever came before it.
        match response.op_responses().pop() {
            Some(TxnOpResponse::Get(read)) => {
                let swapped = wish != Wish::Read && response.succeeded();
                Ok(LeaseReply { swapped, record: self.record(home, read.kvs())? })
            }
            _ => Err(self.foreign(home, "", "it was not read back")),
        }
    }

    fn record(&self, home: Rank, found: &[KeyValue]) -> Result<LeaseRecord, WitnessError> {
        let Some(found) = found.first() else {
            return Ok(LeaseRecord::default());
        };
        let text = String::from_utf8_lossy(found.value());
        let value: Value =
            serde_json::from_str(&text).map_err(|error| self.foreign(home, &text, &error.to_string()))?;
        let holder = match value.holder {
            None => None,
            Some(name) if name == self.nodes[0] => Some(Rank::First),
            Some(name) if name == self.nodes[1] => Some(Rank::Second),
            Some(name) => return Err(self.foreign(home, &text, &format!("no node of this group is called {name:?}"))),
        };
        Ok(LeaseRecord { revision: found.mod_revision() as u64, holder, epoch: value.epoch })
    }

    fn foreign(&self, home: Rank, text: &str, why: &str) -> WitnessError {
        let value = text.chars().take(SHOWN_CHARACTERS_MAX).collect();
        WitnessError::Foreign { key: self.key(home), value, why: why.to_owned() }
    }
}
