//! The witness of a running node: who asks it, and what is known of it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use locum_config::{Config, WitnessKind};
use locum_core::{Input, WitnessRequest};
use locum_witness::{Access, Etcd, Leases, Witness, WitnessError};
use tokio::sync::{mpsc, watch};

use crate::clock;

/// The etcd of a configuration; `None` where the group has no witness. Nothing is connected yet.
///
/// # Errors
/// If a file that is needed to connect cannot be read.
pub fn etcd(config: &Config) -> Result<Option<Etcd>, WitnessError> {
    let (Some(peer), WitnessKind::Etcd) = (&config.peer, config.witness.kind) else {
        return Ok(None);
    };
    let witness = &config.witness;
    let access = Access {
        ca: witness.ca.clone(),
        identity: witness.certificate.clone().zip(witness.key.clone()),
        user: witness.user.clone().zip(witness.password_file.clone()),
    };
    let mut nodes = [config.node.name.clone(), peer.name.clone()];
    nodes.sort_unstable();
    let leases = Leases::new(&witness.prefix, &config.group.name, nodes, config.rank());
    let addresses: Vec<String> = witness.endpoints.iter().map(ToString::to_string).collect();
    Etcd::new(&addresses, &access, leases, witness.timeout.unwrap_or(Duration::MAX)).map(Some)
}

/// Asks a witness, one request at a time, without ever holding up who wants to know.
pub(crate) struct Asking {
    requests: watch::Sender<Option<WitnessRequest>>,
    known: Arc<Mutex<Known>>,
}

/// What the last answers were.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// When it last answered, on the clock of deadlines.
    pub(crate) answered_ms: Option<u64>,
    /// Why the last request was not answered.
    pub(crate) problem: Option<WitnessError>,
}

impl Asking {
    /// Starts to ask; what comes back goes to `answers`, for the state machine. It ends with what it was handed out to.
    pub(crate) fn start(witness: impl Witness + 'static, answers: mpsc::Sender<Input>) -> Self {
        let (requests, asked) = watch::channel(None);
        let known = Arc::<Mutex<Known>>::default();
        tokio::spawn(ask(witness, asked, answers, Arc::clone(&known)));
        Self { requests, known }
    }

    /// Asks this next. A request that still waits is not made any more: the newer one knows better.
    pub(crate) fn ask(&self, request: WitnessRequest) {
        self.requests.send_replace(Some(request));
    }

    /// What the last answers were.
    pub(crate) fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn ask(
    witness: impl Witness,
    mut asked: watch::Receiver<Option<WitnessRequest>>,
    answers: mpsc::Sender<Input>,
    known: Arc<Mutex<Known>>,
) {
    while asked.changed().await.is_ok() {
        let Some(request) = *asked.borrow_and_update() else { continue };
        let answer = witness.ask(request).await;
        note(&known, answer.as_ref().err());
        let input = Input::Witness { token: request.token, leases: answer.ok() };
        if answers.send(input).await.is_err() {
            return;
        }
    }
}

/// Keeps what is known up to date, and logs what is new.
fn note(known: &Mutex<Known>, problem: Option<&WitnessError>) {
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    match problem {
        Some(problem) if known.problem.as_ref() != Some(problem) => tracing::warn!("the witness: {problem}"),
        None if known.problem.is_some() => tracing::info!("the witness answers again"),
        _ => {}
    }
    known.problem = problem.cloned();
    if problem.is_none() {
        known.answered_ms = Some(clock::now_ms());
    }
}

#[cfg(test)]
mod tests {
    use locum_core::{LeaseReply, Rank, Wish};
    use locum_witness::Memory;
    use tokio::sync::Semaphore;

    use super::*;

    const WISHES: [Wish; 2] = [Wish::Hold { revision: 0, epoch: 3 }, Wish::Read];

    fn request(token: u64) -> WitnessRequest {
        WitnessRequest { token, wishes: WISHES }
    }

    #[tokio::test]
    async fn an_answer_comes_back_as_an_input_and_so_does_none() {
        let (answers, mut inputs) = mpsc::channel(1);
        let [memory, _] = Memory::pair();
        let asking = Asking::start(memory.clone(), answers);
        asking.ask(request(1));
        let Some(Input::Witness { token: 1, leases: Some([own, _]) }) = inputs.recv().await else { panic!() };
        assert!(own.swapped && own.record.holder == Some(Rank::First));
        let known = asking.known();
        assert!(known.problem.is_none() && known.answered_ms.is_some());

        memory.set_gone(true);
        asking.ask(request(2));
        assert_eq!(inputs.recv().await, Some(Input::Witness { token: 2, leases: None }));
        assert!(asking.known().problem.is_some_and(|problem| problem.to_string().contains("it is gone")));
        assert_eq!(asking.known().answered_ms, known.answered_ms, "the last answer stays the last");
    }

    /// Answers as often as it is let.
    struct Slow(Arc<Semaphore>);

    impl Witness for Slow {
        async fn ask(&self, _: WitnessRequest) -> Result<[LeaseReply; 2], WitnessError> {
            self.0.acquire().await.unwrap().forget();
            Ok(<[LeaseReply; 2]>::default())
        }
    }

    #[tokio::test]
    async fn a_slow_witness_holds_nobody_up_and_is_asked_the_latest_next() {
        let (answers, mut inputs) = mpsc::channel(1);
        let let_go = Arc::new(Semaphore::new(0));
        let asking = Asking::start(Slow(Arc::clone(&let_go)), answers);
        asking.ask(request(1));
        // Until the first one is under way.
        tokio::task::yield_now().await;
        (2..=9).for_each(|token| asking.ask(request(token)));
        let_go.add_permits(2);
        let tokens = [inputs.recv().await, inputs.recv().await].map(|input| match input {
            Some(Input::Witness { token, .. }) => token,
            other => panic!("{other:?}"),
        });
        assert_eq!(tokens, [1, 9]);
    }

    #[test]
    fn a_configuration_without_a_witness_asks_nobody() {
        let text = "[group]\nname = \"solo\"\n[node]\nname = \"a\"\n";
        assert!(etcd(&Config::parse(text, "a.toml".as_ref()).unwrap()).unwrap().is_none());
    }
}
