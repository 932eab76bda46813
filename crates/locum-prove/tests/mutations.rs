//! Each invariant catches a transition table that is broken in one row; the table that ships breaks none.

use locum_core::table::{Action, Next, ROWS, Row, When, Why};
use locum_core::{LAW, Law, Parameters, Reason};
use locum_prove::counterexample::StepsFile;
use locum_prove::scenario::scenario;
use locum_prove::{Config, Native, Proof, Scope, invariants, prove};

/// What must happen for a broken row to be seen; the less else does, the sooner it is.
const CALM: Scope = Scope::CALM;
const COMMANDS: Scope = Scope { commands: true, ..CALM };
const CRASHES: Scope = Scope { crashes: true, ..CALM };
const CUTS: Scope = Scope { cuts: true, ..CALM };

fn config(scope: Scope) -> Config {
    let parameters = Parameters { automatic_fallback: true, ..Parameters::fast() };
    Config { parameters, databases: vec![false], scope, fence: true }
}

fn explore(table: &'static [Row], scope: Scope, states_max: usize) -> Proof {
    prove(&config(scope), &mut by(table), states_max, &mut |_| {})
}

/// The state machine, by this table.
fn by(rows: &'static [Row]) -> Native {
    Native { law: Law { rows, ..LAW } }
}

/// The table without this row.
fn without(id: &str) -> &'static [Row] {
    broken(id, |_| None)
}

/// The table with this row changed.
fn broken(id: &str, change: impl Fn(Row) -> Option<Row>) -> &'static [Row] {
    assert!(ROWS.iter().any(|row| row.id == id), "there is no row {id}");
    let rows = ROWS.iter().copied().filter_map(|row| if row.id == id { change(row) } else { Some(row) });
    Vec::leak(rows.collect())
}

/// The broken table is caught by this invariant, and the counterexample leads there step by step.
fn caught(invariant: &str, scope: Scope, table: &'static [Row]) {
    assert!(invariants::ALL.iter().any(|known| known.name == invariant), "no invariant is called {invariant}");
    let proof = explore(table, scope, 300_000);
    let found: Vec<_> = proof.violations.iter().map(|violation| violation.invariant).collect();
    let violation = proof.violations.iter().find(|violation| violation.invariant == invariant);
    let violation = violation.unwrap_or_else(|| panic!("{invariant} has not caught it, but {found:?} have"));
    let file = StepsFile::new(&config(scope), violation);
    let sights = file.walk(&mut by(table)).expect("every step happens");
    assert_eq!(sights.len(), violation.steps.len() + 1);
    let told = scenario(&file, &mut by(table)).expect("every step happens");
    assert!(told.contains("    When ") && told.contains("    Then "), "{told}");
}

#[test]
fn the_table_that_ships_breaks_no_invariant() {
    let config = Config { databases: vec![false, true], ..config(Scope::QUICK) };
    let proof = prove(&config, &mut Native::default(), 1_000_000, &mut |_| {});
    assert!(proof.violations.is_empty(), "{:#?}", proof.violations);
    assert_eq!(proof.counts.states, 1_000_000);
    assert!(proof.counts.rests > 0 && proof.counts.served_twice > 0, "{:?}", proof.counts);
}

#[test]
fn a_reason_that_a_state_does_not_have() {
    caught(
        "legal-pairs",
        CALM,
        broken("failed-over-unhealthy", |row| {
            let Next::Go(state, _) = row.next else { unreachable!() };
            Some(Row { next: Next::Go(state, Why::Is(Reason::TakeOverUsersFailed)), ..row })
        }),
    );
}

#[test]
fn a_node_that_serves_beside_one_that_covers_it() {
    let covered = |row: &Row| !["normal-covered", "normal-covered-unfit"].contains(&row.id);
    caught("served-once", CUTS, Vec::leak(ROWS.iter().copied().filter(covered).collect()));
}

#[test]
fn a_node_that_is_fit_beside_a_dead_one() {
    caught("nobody-serves", CRASHES, without("failed-over-silent"));
}

#[test]
fn failed_mode_without_a_way_out() {
    caught("back-to-normal", COMMANDS, without("recover"));
}

#[test]
fn a_takeover_under_the_old_epoch() {
    caught("epoch-rises", CRASHES, broken("normal-silent", |row| Some(Row { does: &[Action::TakeOverUsers], ..row })));
}

#[test]
fn a_fallback_that_does_not_wait() {
    caught(
        "one-fallback-a-hold",
        CALM,
        broken("automatic-fallback", |row| {
            let when = row.when.iter().copied().filter(|when| *when != When::FallbackDue).collect();
            Some(Row { when: Vec::leak(when), ..row })
        }),
    );
}

#[test]
fn a_node_whose_users_are_never_given_back() {
    caught("transitions-end", CALM, without("covering-gives-back"));
}

#[test]
fn a_takeover_from_a_peer_that_is_heard() {
    let heedless = broken("failing-silent", |row| Some(Row { when: &[When::Healthy], ..row }));
    caught("served-twice", COMMANDS, heedless);
}

/// A delay of zero is no hold at all: what the operator gets is shown.
#[test]
fn an_automatic_fallback_without_delay_flaps() {
    let broken = |delay_ms| {
        let mut config = config(CALM);
        config.parameters.automatic_fallback_delay_ms = delay_ms;
        let proof = prove(&config, &mut Native::default(), 300_000, &mut |_| {});
        assert!(proof.complete, "{:?}", proof.counts);
        proof.violations.iter().map(|violation| violation.invariant).collect::<Vec<_>>()
    };
    assert_eq!(broken(0), ["one-fallback-a-hold"]);
    assert!(broken(1_000).is_empty());
}

#[test]
fn the_same_graph_every_time() {
    let counts = || {
        let proof = explore(ROWS, Scope::FULL, 50_000);
        (proof.counts.states, proof.counts.edges, proof.counts.forms, proof.counts.steps, proof.counts.rests)
    };
    assert_eq!(counts(), counts());
}
