//! The transition table has no gap, no row that never fires, and no pair of state and reason that is not documented.
//!
//! Guards are enums, so what a guard looks at is known: for each state and input the tests try every combination of the
//! facts that some row asks about there, and no others.

use std::collections::{BTreeMap, BTreeSet};

use locum_core::table::{Action, Facts, Heard, Next, On, PeerFact, ROWS, Row, When, Why, first_match};
use locum_core::{JOINT_ROWS, Rank, Reason, Side, State, States};

const DOCUMENT: &str = include_str!("../../../docs/behaviour.md");

#[test]
fn every_input_has_a_row_whatever_is_known() {
    for (state, on) in states_and_inputs() {
        for facts in facts(state, on) {
            assert!(first_match(ROWS, on, &facts).is_some(), "no row for {on} in {facts:?}");
        }
    }
}

/// A state that only a row for any state speaks of would have been forgotten.
#[test]
fn every_state_is_left_by_rows_of_its_own() {
    for state in State::ALL {
        let own = |row: &&Row| row.states.has(state) && row.states.iter().count() <= 2;
        let left = ROWS.iter().filter(own).any(|row| matches!(row.next, Next::Go(next, _) if next != state));
        assert!(left, "no row of its own leads out of {state}");
    }
}

/// What falls through every guard meets a row that says so, not a gap that happens to be harmless.
#[test]
fn every_state_and_input_ends_in_an_unguarded_row() {
    for (state, on) in states_and_inputs() {
        let last = ROWS.iter().rfind(|row| row.on == on && row.states.has(state));
        let last = last.unwrap_or_else(|| panic!("no row at all for {on} in {state}"));
        assert!(last.when.is_empty(), "the last row for {on} in {state}, {}, has a guard", last.id);
    }
}

/// A row for any state is there for what the others leave, so one state is enough for it.
#[test]
fn every_row_fires_in_every_state_that_it_names() {
    let mut fires = BTreeSet::new();
    for (state, on) in states_and_inputs() {
        let rows = facts(state, on).filter(possible).filter_map(|facts| first_match(ROWS, on, &facts));
        fires.extend(rows.map(|row| (row.id, state)));
    }
    let shadowed = |row: &&Row| {
        let mut states = row.states.iter();
        let fires = |state| fires.contains(&(row.id, state));
        !(if row.states == States::ALL { states.any(fires) } else { states.all(fires) })
    };
    let shadowed: Vec<_> = ROWS.iter().filter(shadowed).map(|row| row.id).collect();
    assert!(shadowed.is_empty(), "earlier rows leave nothing to these: {shadowed:#?}");
}

/// Within a row, too: a peer's state in a guard that an earlier row has already answered is noise.
#[test]
fn every_peer_state_in_a_guard_makes_its_row_fire() {
    let mut fires = BTreeSet::new();
    for (state, on) in states_and_inputs() {
        for facts in facts(state, on).filter(possible) {
            if let (PeerFact::Heard(peer), Some(row)) = (facts.peer, first_match(ROWS, on, &facts)) {
                fires.insert((row.id, peer.state));
            }
        }
    }
    let named = ROWS.iter().flat_map(|row| peers_of(row).iter().map(|peer| (row.id, peer)));
    let shadowed: Vec<_> = named.filter(|named| !fires.contains(named)).collect();
    assert!(shadowed.is_empty(), "earlier rows leave nothing to these: {shadowed:#?}");
}

#[test]
fn every_row_has_a_name_of_its_own_and_says_why() {
    let names: BTreeSet<_> = ROWS.iter().map(|row| row.id).collect();
    assert_eq!(names.len(), ROWS.len(), "two rows share a name");
    for row in ROWS {
        let plain = row.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        assert!(plain && !row.id.is_empty(), "{:?} is no name for a row", row.id);
        assert!(row.why.ends_with('.'), "{} does not say why in a sentence", row.id);
    }
}

#[test]
fn nothing_moves_or_changes_where_a_row_only_looks_or_refuses() {
    for row in ROWS {
        let quiet = matches!(row.next, Next::Ignore | Next::AlreadyDone | Next::Refuse(_));
        assert!(!quiet || row.does.is_empty(), "{} refuses and acts", row.id);
        let moves = row.does.contains(&Action::TakeOverUsers) || row.does.contains(&Action::GiveUsersBack);
        assert!(!moves || row.does.contains(&Action::RaiseEpoch), "{} moves users under the old epoch", row.id);
        let takes_over = matches!(row.next, Next::Go(State::TakingOver, _));
        let moves_here = row.does.contains(&Action::TakeOverUsers);
        assert_eq!(takes_over, moves_here, "{}: Taking Over and the user move belong together", row.id);
    }
}

#[test]
fn the_document_lists_exactly_the_reasons_that_each_state_can_show() {
    assert_eq!(readable(documented_reasons()), readable(reasons_that_the_table_produces()));
}

#[test]
fn every_documented_pair_of_nodes_is_made_of_states_and_reasons_that_exist() {
    let produced = reasons_that_the_table_produces();
    for row in &JOINT_ROWS {
        for side in [&row.first, &row.second] {
            let Side::Heard(states, reasons) = side else { continue };
            let pairs = states.iter().flat_map(|state| reasons.iter().map(|reason| (*state, *reason)));
            for (state, reason) in pairs {
                assert!(produced.contains(&(state, reason)), "row {}: no way to {state} ({reason})", row.number);
            }
        }
    }
}

// Which facts matter.

/// One thing that guards look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Aspect {
    /// The peer comes first: the aspects of a heard peer refine it.
    Peer,
    PeerReason,
    PeerStarted,
    PeerRebooted,
    OwnLease,
    PeersRight,
    PeerRecovering,
    PeerRemembered,
    HighAvailability,
    Alone,
    Health,
    Started,
    Reason,
    Recovering,
    Remembered,
    RememberedReason,
    Rank,
    Fallback,
    Directories,
    Moving,
    Leaving,
}

fn aspect(when: When) -> Aspect {
    match when {
        When::HighAvailabilityOff | When::HighAvailabilityOn | When::SwitchedOn | When::SwitchedOff => {
            Aspect::HighAvailability
        }
        When::Alone => Aspect::Alone,
        When::Healthy | When::Unhealthy => Aspect::Health,
        When::Started => Aspect::Started,
        When::ByAdmin | When::ByAutoRecover => Aspect::Reason,
        When::PeerSilent | When::PeerApart | When::Peer(_) => Aspect::Peer,
        When::PeerByAdmin => Aspect::PeerReason,
        When::PeerStarted => Aspect::PeerStarted,
        When::PeerRebooted => Aspect::PeerRebooted,
        When::OwnLease => Aspect::OwnLease,
        When::PeersRightLost => Aspect::PeersRight,
        When::PeerRecovering => Aspect::PeerRecovering,
        When::PeerOutranks => Aspect::PeerReason,
        When::Recovering => Aspect::Recovering,
        When::Remembers(_) => Aspect::Remembered,
        When::RemembersAdmin => Aspect::RememberedReason,
        When::PeerRemembers(_) => Aspect::PeerRemembered,
        When::First => Aspect::Rank,
        When::Countdown | When::FallbackDue => Aspect::Fallback,
        When::DirectoriesAgree => Aspect::Directories,
        When::NotMoving => Aspect::Moving,
        When::Leaving => Aspect::Leaving,
    }
}

impl Aspect {
    /// These facts, with every value of the aspect.
    fn vary(self, facts: Facts) -> Vec<Facts> {
        const BOTH: [bool; 2] = [false, true];
        let with = |change: &dyn Fn(&mut Facts)| {
            let mut facts = facts;
            change(&mut facts);
            facts
        };
        let peer = |change: &dyn Fn(&mut Heard)| {
            with(&|facts| {
                if let PeerFact::Heard(heard) = &mut facts.peer {
                    change(heard);
                }
            })
        };
        match self {
            Aspect::Peer => {
                let silent = [true, false].map(|goodbye| PeerFact::Silent { goodbye });
                let others = [PeerFact::Unsure, PeerFact::Apart].into_iter().chain(silent);
                let heard = State::ALL.map(|state| PeerFact::Heard(heard_in(state)));
                others.chain(heard).map(|peer| with(&|facts| facts.peer = peer)).collect()
            }
            Aspect::PeerReason => Reason::ALL.map(|reason| peer(&|heard| heard.reason = reason)).into(),
            Aspect::PeerStarted => BOTH.map(|is| peer(&|heard| heard.started = is)).into(),
            Aspect::PeerRebooted => BOTH.map(|is| with(&|facts| facts.peer_rebooted = is)).into(),
            Aspect::PeersRight => BOTH.map(|is| with(&|facts| facts.peers_right = is)).into(),
            Aspect::OwnLease => BOTH.map(|is| with(&|facts| facts.own_lease = is)).into(),
            Aspect::PeerRecovering => BOTH.map(|is| peer(&|heard| heard.recovering = is)).into(),
            Aspect::PeerRemembered => State::ALL.map(|state| peer(&|heard| heard.remembered = state)).into(),
            Aspect::HighAvailability => {
                [(true, true, false), (true, false, false), (true, false, true), (false, false, true)]
                    .map(|(switched, on, off)| {
                        with(&|facts| {
                            (facts.switched_on, facts.high_availability_on, facts.high_availability_off) =
                                (switched, on, off);
                        })
                    })
                    .into()
            }
            Aspect::Alone => BOTH.map(|is| with(&|facts| facts.has_peer = is)).into(),
            Aspect::Health => [None, Some(true), Some(false)].map(|is| with(&|facts| facts.healthy = is)).into(),
            Aspect::Started => BOTH.map(|is| with(&|facts| facts.started = is)).into(),
            Aspect::Reason => Reason::ALL.map(|reason| with(&|facts| facts.reason = reason)).into(),
            Aspect::Recovering => BOTH.map(|is| with(&|facts| facts.recovering = is)).into(),
            Aspect::Remembered => State::ALL.map(|state| with(&|facts| facts.remembered = state)).into(),
            Aspect::RememberedReason => [Reason::OnAdminRequest, Reason::CriticalServiceDown]
                .map(|reason| with(&|facts| facts.remembered_reason = reason))
                .into(),
            Aspect::Rank => [Rank::First, Rank::Second].map(|rank| with(&|facts| facts.rank = rank)).into(),
            Aspect::Fallback => [(false, false), (true, false), (true, true)]
                .map(|(countdown, due)| with(&|facts| (facts.countdown, facts.fallback_due) = (countdown, due)))
                .into(),
            Aspect::Directories => BOTH.map(|is| with(&|facts| facts.directories_agree = is)).into(),
            Aspect::Moving => BOTH.map(|is| with(&|facts| facts.moving = is)).into(),
            Aspect::Leaving => BOTH.map(|is| with(&|facts| facts.leaving = is)).into(),
        }
    }
}

fn states_and_inputs() -> impl Iterator<Item = (State, On)> {
    State::ALL.into_iter().flat_map(|state| On::all().map(move |on| (state, on)))
}

/// Every combination of the facts that a row for this state and input asks about, and of what is known of the peer.
fn facts(state: State, on: On) -> impl Iterator<Item = Facts> {
    let rows = ROWS.iter().filter(|row| row.on == on && row.states.has(state));
    let mut aspects: BTreeSet<_> = rows.flat_map(|row| row.when).map(|when| aspect(*when)).collect();
    aspects.insert(Aspect::Peer);
    let start: Box<dyn Iterator<Item = Facts>> = Box::new(std::iter::once(calm(state)));
    aspects.into_iter().fold(start, |all, aspect| Box::new(all.flat_map(move |facts| aspect.vary(facts))))
}

/// A node in this state of which nothing else is to be said.
fn calm(state: State) -> Facts {
    Facts {
        state,
        reason: Reason::CriticalServiceDown,
        remembered: if state == State::Initializing { State::Normal } else { state },
        remembered_reason: Reason::CriticalServiceDown,
        recovering: false,
        healthy: Some(true),
        started: true,
        peer: PeerFact::Unsure,
        peer_rebooted: false,
        own_lease: false,
        peers_right: true,
        rank: Rank::First,
        has_peer: true,
        switched_on: true,
        high_availability_on: false,
        high_availability_off: false,
        countdown: false,
        fallback_due: false,
        directories_agree: true,
        moving: false,
        leaving: false,
    }
}

fn heard_in(state: State) -> Heard {
    Heard {
        state,
        reason: Reason::CriticalServiceDown,
        remembered: if state == State::Initializing { State::Normal } else { state },
        recovering: false,
        started: true,
    }
}

/// Whether a machine can know this. A row that only fires on impossible facts is a shadowed row.
fn possible(facts: &Facts) -> bool {
    let silent = matches!(facts.peer, PeerFact::Silent { .. });
    let peer_possible = match facts.peer {
        PeerFact::Heard(peer) => {
            let starts = peer.state == State::Initializing;
            let remembered =
                if starts { peer.remembered != State::Initializing } else { peer.remembered == peer.state };
            let rebooted = !facts.peer_rebooted || starts;
            remembered && rebooted && (starts || !peer.recovering)
        }
        // Only a node that would take over needs to know better than that its peer is silent.
        PeerFact::Apart => facts.healthy == Some(true),
        PeerFact::Unsure | PeerFact::Silent { .. } => true,
    };
    let starts = facts.state == State::Initializing;
    let moves = matches!(facts.state, State::TakingOver | State::FallingBack);
    peer_possible
        && (facts.has_peer || silent && facts.high_availability_off)
        && (!facts.high_availability_on || matches!(facts.peer, PeerFact::Heard(_)))
        && (facts.healthy.is_some() || starts && !facts.started)
        && (if starts { facts.remembered != State::Initializing } else { facts.remembered == facts.state })
        && (starts || !facts.recovering)
        && (!facts.moving || moves)
        && (!facts.countdown || facts.state == State::FailedOver && facts.started && !silent)
}

/// The states of the peer that a row's guard names.
fn peers_of(row: &Row) -> States {
    let named = row.when.iter().find_map(|when| match when {
        When::Peer(states) => Some(*states),
        _ => None,
    });
    named.unwrap_or(States::of(&[]))
}

// Which reasons a state can show.

type Pairs = BTreeSet<(State, Reason)>;

/// Every state with every reason that some chain of rows can give it.
fn reasons_that_the_table_produces() -> Pairs {
    let mut pairs = Pairs::from([(State::Initializing, Reason::Initialization)]);
    loop {
        let more: Pairs = ROWS.iter().flat_map(|row| produces(row, &pairs)).collect();
        let before = pairs.len();
        pairs.extend(more);
        if pairs.len() == before {
            return pairs;
        }
    }
}

/// What a row makes of these pairs of state and reason, be they the node's or its peer's.
fn produces(row: &Row, pairs: &Pairs) -> Vec<(State, Reason)> {
    let Next::Go(state, why) = row.next else { return Vec::new() };
    let asks = |when: When| row.when.contains(&when);
    let own = pairs.iter().filter(|(state, reason)| {
        row.states.has(*state)
            && (!asks(When::ByAdmin) || *reason == Reason::OnAdminRequest)
            && (!asks(When::ByAutoRecover) || reason.is_auto_recover())
    });
    let own: Vec<Reason> = own.map(|(_, reason)| *reason).collect();
    if own.is_empty() {
        return Vec::new();
    }
    let peers = pairs.iter().filter(|(state, reason)| {
        peers_of(row).has(*state) && (!asks(When::PeerByAdmin) || *reason == Reason::OnAdminRequest)
    });
    let reasons = match why {
        Why::Is(reason) => vec![reason],
        Why::Own => own,
        Why::Peers => peers.map(|(_, reason)| *reason).collect(),
        Why::Fault => vec![Reason::CriticalServiceDown, Reason::DatabaseFailure],
        Why::AutoRecover => vec![Reason::AutoRecoverCriticalServiceDown, Reason::AutoRecoverDatabaseFailure],
        Why::Silence => vec![Reason::PeerDown, Reason::PeerReboot],
    };
    reasons.into_iter().map(|reason| (state, reason)).collect()
}

/// The table of `docs/behaviour.md` §3 that begins with the heading `State | Reasons it can show`.
fn documented_reasons() -> Pairs {
    let lines = DOCUMENT.lines().skip_while(|line| !line.starts_with("| State | Reasons it can show"));
    let rows = lines.skip(2).take_while(|line| line.starts_with('|'));
    rows.flat_map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let state = State::from_name(cells[0]).unwrap_or_else(|| panic!("no state is called {:?}", cells[0]));
        let reason = |name: &str| Reason::from_name(name).unwrap_or_else(|| panic!("no reason is called {name:?}"));
        let reasons: Vec<_> = cells[1].split(" · ").map(reason).collect();
        reasons.into_iter().map(move |reason| (state, reason))
    })
    .collect()
}

fn readable(pairs: Pairs) -> BTreeMap<State, String> {
    let states: BTreeSet<_> = pairs.iter().map(|(state, _)| *state).collect();
    let reasons = |wanted: State| {
        let reasons = pairs.iter().filter(|(state, _)| *state == wanted).map(|(_, reason)| reason.name());
        reasons.collect::<Vec<_>>().join(" · ")
    };
    states.into_iter().map(|state| (state, reasons(state))).collect()
}
