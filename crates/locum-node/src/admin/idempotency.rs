//! Requests that the node does not remember itself: the same key does the same thing once.

use std::{
    collections::VecDeque,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::OnceCell;

use super::problem::invalid;
use crate::api::Problem;

/// How many keys are remembered.
const KEYS_KEPT: usize = 256;

/// The last keys, with what was asked and answered.
#[derive(Default)]
pub(crate) struct Remembered {
    keys: Mutex<VecDeque<Asked>>,
}

struct Asked {
    key: String,
    what: String,
    answer: Arc<OnceCell<Vec<String>>>,
}

impl Remembered {
    /// Does `what` by `act`, unless it was done under this key: then the answer is that of the first time. A problem is
    /// not remembered, since nothing has changed.
    pub(crate) async fn once(
        &self,
        key: Option<String>,
        what: String,
        act: impl Future<Output = Result<Vec<String>, Problem>> + Send + 'static,
    ) -> Result<Vec<String>, Problem> {
        let Some(key) = key else { return act.await };
        let answer = self.cell(key, what)?;
        // A client that goes away must not undo the memory of what it asked for.
        let done = tokio::spawn(async move { answer.get_or_try_init(|| act).await.cloned() });
        done.await.unwrap_or_else(|error| Err(Problem::new("internal", error.to_string())))
    }

    fn cell(&self, key: String, what: String) -> Result<Arc<OnceCell<Vec<String>>>, Problem> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(asked) = keys.iter().find(|asked| asked.key == key) {
            return match asked.what == what {
                true => Ok(asked.answer.clone()),
                false => Err(invalid(format!(
                    "The Idempotency-Key {key} was used to {}; use a new one to {what}.",
                    asked.what
                ))),
            };
        }
        if keys.len() == KEYS_KEPT {
            keys.pop_front();
        }
        let answer = Arc::default();
        keys.push_back(Asked { key, what, answer: Arc::clone(&answer) });
        Ok(answer)
    }
}
