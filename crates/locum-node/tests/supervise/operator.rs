//! What an operator asks of one service.

use locum_core::Health;
use locum_node::handle::ServiceAction;
use tempfile::TempDir;

use crate::help::{kill, next, script, supervise, wait_for_line};

#[tokio::test]
async fn a_service_that_the_operator_stopped_stays_stopped() {
    let dir = TempDir::new().unwrap();
    let names = ["stopped", "witness"];
    let body = |name: &str| format!("echo $$ >> $DIR/{name}; exec sleep 1000");
    let specs = names.map(|name| script(name, &body(name)));
    let (supervisor, mut observations) = supervise(dir.path(), specs.into());
    supervisor.start_all(1);
    next(&mut observations, |seen| seen.service == 0 && seen.health == Health::Up).await;
    let answer = supervisor.act("stopped", ServiceAction::Stop).await.unwrap();
    assert_eq!(answer, "Service stopped is stopped, until it is started again.");
    let down = next(&mut observations, |seen| seen.service == 0).await;
    assert_eq!((down.health, down.message.as_str()), (Health::Down, "stopped by the operator"));

    // The witness is restarted by the policy, twice: time enough for the other.
    for lines in 1..=2 {
        let pid = wait_for_line(&dir.path().join("witness"), lines).await;
        kill(pid);
    }
    wait_for_line(&dir.path().join("witness"), 3).await;
    assert_eq!(supervisor.status()[0].process, "stopped");
    assert_eq!(std::fs::read_to_string(dir.path().join("stopped")).unwrap().lines().count(), 1);

    supervisor.act("stopped", ServiceAction::Start).await.unwrap();
    next(&mut observations, |seen| seen.service == 0 && seen.health == Health::Up).await;
    assert_eq!(supervisor.status()[0].restarts, 0);
    let answer = supervisor.act("stopped", ServiceAction::Start).await.unwrap();
    assert_eq!(answer, "Service stopped runs already.");
}

#[tokio::test]
async fn the_operator_is_told_what_cannot_be_done() {
    let dir = TempDir::new().unwrap();
    let (supervisor, _observations) = supervise(dir.path(), vec![script("one", "exec sleep 1000")]);
    let unknown = supervisor.act("two", ServiceAction::Stop).await.unwrap_err();
    assert_eq!(unknown.problem, "not-found");
    assert_eq!(unknown.text, "There is no service two on this node; its services are: one.");
    let refused = supervisor.act("one", ServiceAction::Start).await.unwrap_err();
    assert_eq!(refused.problem, "refused");
    assert_eq!(supervisor.status()[0].process, "stopped");
}
