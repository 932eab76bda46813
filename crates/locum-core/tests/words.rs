//! Names, numbers and words: what people read, and what crosses into a component (`docs/behaviour.md` §2, §3, §6).

use std::collections::BTreeSet;
use std::fmt::Display;

use locum_core::table::{Next, On, ROWS};
use locum_core::{Command, Obstacle, Parameters, Reason, State, States, TimerKind};

const DOCUMENT: &str = include_str!("../../../docs/behaviour.md");
const TABLE: &str = include_str!("../../../docs/fsm.md");

/// The rows of the document's table with this heading, cell by cell.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let lines = DOCUMENT.lines().skip_while(|line| !line.starts_with(heading)).skip(2);
    let rows = lines.take_while(|line| line.starts_with('|'));
    rows.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

#[test]
fn states_have_the_numbers_and_names_of_the_document() {
    let documented = rows("| No. | State |");
    assert_eq!(documented.len(), State::ALL.len());
    for (cells, state) in documented.iter().zip(State::ALL) {
        assert_eq!((cells[0].parse(), cells[1]), (Ok(state.number()), state.name()));
        assert_eq!(cells[2] == "transition", state.is_transition(), "{state}");
        assert_eq!(State::from_number(state.number()), Some(state));
        assert_eq!(State::from_name(cells[1]), Some(state));
        assert_eq!(state.to_string(), cells[1]);
    }
    assert_eq!((State::from_number(14), State::from_name("normal")), (None, None));
    assert_eq!(format!("[{:>8}]", State::Idle), "[    Idle]");
}

#[test]
fn reasons_have_the_numbers_and_names_of_the_document() {
    let documented = rows("| No. | Reason |");
    assert_eq!(documented.len(), Reason::ALL.len());
    for (cells, reason) in documented.iter().zip(Reason::ALL) {
        assert_eq!((cells[0].parse(), cells[1]), (Ok(reason.number()), reason.name()));
        assert_eq!(Reason::from_number(reason.number()), Some(reason));
        assert_eq!(Reason::from_name(cells[1]), Some(reason));
        assert_eq!(reason.to_string(), cells[1]);
        assert_eq!(reason.is_auto_recover(), cells[1].starts_with("Auto Recover"));
    }
    assert_eq!((Reason::from_number(15), Reason::from_name("")), (None, None));
}

#[test]
fn a_set_of_states_has_what_was_put_into_it() {
    let set = States::of(&[State::Idle, State::FailoverAffectedServices]);
    let members = |set: States| set.iter().collect::<Vec<_>>();
    assert_eq!(members(set), [State::Idle, State::FailoverAffectedServices]);
    assert_eq!(members(States::of(&[])), []);
    assert_eq!(members(States::ALL), State::ALL);
    for state in State::ALL {
        assert_eq!(members(States::of(&[state])), [state]);
        assert_eq!(set.has(state), members(set).contains(&state));
        let with = set.and(&[state]);
        assert!(with.has(state) && with.has(State::Idle));
        let without = set.but(&[state]);
        assert!(!without.has(state));
        assert_eq!(members(without).len(), members(set).len() - usize::from(set.has(state)));
    }
    assert_eq!(States::ALL.but(&State::ALL), States::of(&[]));
    assert_eq!(States::of(&State::ALL), States::ALL);
}

#[test]
fn a_set_of_states_is_told_in_the_fewest_words() {
    assert_eq!(States::ALL.to_string(), "any");
    assert_eq!(States::COVERING.to_string(), "covering");
    assert_eq!(States::COVERED.to_string(), "covered");
    let normal = &[State::Normal];
    assert_eq!(States::of(normal).to_string(), "Normal");
    assert_eq!(States::of(normal).and(&[State::Idle]).to_string(), "Idle, Normal");
    assert_eq!(States::ALL.but(normal).and(&[]).to_string(), "any but Normal");
    assert_eq!(States::ALL.but(&[State::Idle, State::Unknown]).to_string(), "any but Idle, Unknown");
    let half = States::of(&State::ALL[..7]);
    assert_eq!(half.to_string(), State::ALL[..7].iter().map(|state| state.name()).collect::<Vec<_>>().join(", "));
    let more = States::of(&State::ALL[..8]).to_string();
    assert!(more.starts_with("any but Falling Back, "), "{more}");
    assert_eq!(format!("{:?}", States::of(&[State::Idle, State::Normal])), "{Idle, Normal}");
}

fn distinct<T: Display>(words: impl IntoIterator<Item = T>) -> BTreeSet<String> {
    words.into_iter().map(|word| word.to_string()).collect()
}

/// The page that is printed from the table has a line for every row, with all the words of that row.
#[test]
fn every_word_of_the_table_stands_in_the_page_that_is_printed_from_it() {
    for row in ROWS {
        let line = TABLE.lines().find(|line| line.starts_with('|') && line.contains(&format!("`{}`", row.id)));
        let line = line.unwrap_or_else(|| panic!("no line for {}", row.id));
        let mut words = vec![row.on.to_string(), row.next.to_string()];
        words.extend(row.when.iter().map(ToString::to_string));
        words.extend(row.does.iter().map(ToString::to_string));
        for word in words {
            assert!(!word.is_empty() && line.contains(&word), "{word:?} of {} stands not in {line}", row.id);
        }
    }
}

#[test]
fn no_two_things_have_the_same_words() {
    let commands = Command::ALL.map(Command::name);
    assert_eq!(distinct(commands).len(), Command::ALL.len());
    assert!(commands.iter().all(|name| name.len() > 5), "{commands:?}");
    assert_eq!(distinct(On::all()).len(), 3 + Command::ALL.len());
    let timers = [
        TimerKind::KeepAlive,
        TimerKind::PeerSilence,
        TimerKind::Service,
        TimerKind::AutomaticFallback,
        TimerKind::Goodbye,
    ];
    assert_eq!(distinct(timers.map(TimerKind::name)).len(), timers.len());
    assert!(timers.iter().all(|timer| timer.name().len() > 5));
    let obstacles = [
        Obstacle::State,
        Obstacle::Peer,
        Obstacle::Directory,
        Obstacle::OneNode,
        Obstacle::NoCountdown,
        Obstacle::Leaving,
    ];
    assert_eq!(distinct(obstacles.map(Next::Refuse)).len(), obstacles.len());
}

/// §6, column by column.
#[test]
fn profiles_have_the_values_of_the_document() {
    let documented = rows("| Parameter | Key |");
    let value = |key: &str, column: usize| {
        let row = documented.iter().find(|cells| cells[1].trim_matches('`') == key);
        row.unwrap_or_else(|| panic!("{key} is not documented"))[column]
    };
    for (parameters, column) in [(Parameters::classic(), 2), (Parameters::fast(), 3)] {
        let time = |key| {
            let text: &str = value(key, column);
            let (number, unit) = text.split_once(' ').unwrap_or_else(|| panic!("{key}: {text} is no time"));
            let unit_ms = match unit {
                "ms" => 1,
                "s" => 1_000,
                "min" => 60_000,
                other => panic!("{key}: {other} is no unit"),
            };
            number.parse::<u64>().unwrap_or_else(|_| panic!("{key}: {text}")) * unit_ms
        };
        assert_eq!(parameters.keep_alive_interval_ms, time("keep_alive_interval"));
        assert_eq!(parameters.keep_alive_timeout_ms, time("keep_alive_timeout"));
        assert_eq!(parameters.initialization_keep_alive_timeout_ms, time("initialization_keep_alive_timeout"));
        assert_eq!(parameters.critical_service_delay_ms, time("critical_service_delay"));
        assert_eq!(parameters.automatic_fallback_delay_ms, time("automatic_fallback_delay"));
        let is_on = |key| matches!(value(key, column), "on" | "yes");
        assert_eq!(parameters.automatic_fallback, is_on("automatic_fallback"));
        assert_eq!(parameters.fast_peer_loss, is_on("fast_peer_loss"));
        assert_eq!(parameters.monitor_authentication, is_on("monitor_authentication"));
        assert_eq!(parameters.service_port.to_string(), value("service_port", column));
        assert_eq!(parameters.admin_rpc_port.to_string(), value("admin_rpc_port", column));
        assert_eq!(parameters.user_assignment_mode, value("mode", column).trim_matches('`'));
    }
}
