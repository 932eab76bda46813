//! A witness in memory, for tests.

use std::sync::{Arc, Mutex, PoisonError};

use locum_core::{LeaseRecord, LeaseReply, Rank, Wish, WitnessRequest};

use crate::{Witness, WitnessError};

/// What one node of a group sees of a witness in memory.
#[derive(Clone, Debug)]
pub struct Memory {
    us: Rank,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    records: [LeaseRecord; 2],
    revision: u64,
    gone: bool,
}

impl Memory {
    /// An empty witness, as each of the two nodes sees it.
    pub fn pair() -> [Memory; 2] {
        let shared = Arc::<Mutex<Shared>>::default();
        [Rank::First, Rank::Second].map(|us| Memory { us, shared: Arc::clone(&shared) })
    }

    /// From now on it answers nobody, or everybody again.
    pub fn set_gone(&self, gone: bool) {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).gone = gone;
    }
}

impl Shared {
    fn carry_out(&mut self, home: usize, wish: Wish, us: Rank) -> LeaseReply {
        let (revision, holder, epoch) = match wish {
            Wish::Read => return LeaseReply { swapped: false, record: self.records[home] },
            Wish::Hold { revision, epoch } => (revision, Some(us), epoch),
            Wish::Release { revision, epoch } => (revision, None, epoch),
        };
        let swapped = self.records[home].revision == revision;
        if swapped {
            self.revision += 1;
            self.records[home] = LeaseRecord { revision: self.revision, holder, epoch };
        }
        LeaseReply { swapped, record: self.records[home] }
    }
}

impl Witness for Memory {
    async fn ask(&self, request: WitnessRequest) -> Result<[LeaseReply; 2], WitnessError> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.gone {
            let (endpoint, why) = ("memory".to_owned(), "it is gone".to_owned());
            return Err(WitnessError::Unreachable { endpoint, why });
        }
        let [first, second] = request.wishes;
        Ok([shared.carry_out(0, first, self.us), shared.carry_out(1, second, self.us)])
    }
}
