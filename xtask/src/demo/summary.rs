//! How it ended: a table for people, one object for programs.

use std::collections::{BTreeMap, BTreeSet};

use owo_colors::OwoColorize;
use serde::Serialize;

use super::{
    acts::{Act, NoticedBy},
    timeline::wrap,
};
use crate::pair::spans;

/// What an act measured, in milliseconds since its fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Measured {
    detect_ms: u64,
    decide_ms: u64,
    restore_ms: u64,
    noticed_by: NoticedBy,
}

impl Measured {
    /// From times on the clock of the host.
    pub(super) fn new(
        fault_us: u64,
        detected_ms: u64,
        decided_ms: u64,
        served_us: u64,
        noticed_by: NoticedBy,
    ) -> Measured {
        let since = |at_ms: u64| at_ms.saturating_sub(fault_us / 1000);
        let restore_ms = since(served_us / 1000);
        Measured { detect_ms: since(detected_ms), decide_ms: since(decided_ms), restore_ms, noticed_by }
    }
}

/// Users who fared ill in an act.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// Not in a directory exactly once, or served by nobody when somebody should.
    pub(super) lost: BTreeSet<String>,
    /// Served by both nodes at once.
    pub(super) twice: BTreeSet<String>,
}

/// An act that ended as it should.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Ended {
    act: &'static str,
    title: &'static str,
    detect_ms: u64,
    decide_ms: u64,
    restore_ms: u64,
    noticed_by: &'static str,
    users_lost: usize,
    users_dual_served: usize,
    /// How often it was played.
    plays: usize,
}

impl Ended {
    pub(super) fn new(act: Act, measured: Measured, tally: Tally) -> Ended {
        let Measured { detect_ms, decide_ms, restore_ms, noticed_by } = measured;
        let (users_lost, users_dual_served) = (tally.lost.len(), tally.twice.len());
        let (act, title, noticed_by) = (act.id(), act.title(), noticed_by.name());
        Ended { act, title, detect_ms, decide_ms, restore_ms, noticed_by, users_lost, users_dual_served, plays: 1 }
    }

    /// The same, where the act had been played in vain before.
    pub(super) fn again(self) -> Ended {
        Ended { plays: self.plays + 1, ..self }
    }
}

/// The whole demo.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Summary {
    pub(super) users: usize,
    pub(super) users_lost: usize,
    pub(super) users_dual_served: usize,
    pub(super) users_dual_served_method: &'static str,
    /// How many questions that is counted from.
    pub(super) questions: u64,
    pub(super) final_states: [&'static str; 2],
    pub(super) acts: Vec<Ended>,
    /// What went wrong, if something did.
    pub(super) fault: Option<String>,
}

const LEGEND: &str = "Milliseconds since the fault: until the node that acts on it has noticed (its journal), has \
    decided (its journal, after the users have moved on its disk), and until the first user affected is served (its \
    gate). Of a service that stops, the critical service delay is a part; of a failed start, the time until it is \
    mended.";

impl Summary {
    pub(super) fn new(
        users: usize,
        tally: &Tally,
        questions: u64,
        final_states: [&'static str; 2],
        acts: Vec<Ended>,
        fault: Option<String>,
    ) -> Summary {
        Summary {
            users,
            users_lost: tally.lost.len(),
            users_dual_served: tally.twice.len(),
            users_dual_served_method: spans::METHOD,
            questions,
            final_states,
            acts,
            fault,
        }
    }

    /// Whether everything is as it should be.
    pub(super) fn is_well(&self) -> bool {
        self.fault.is_none()
            && self.acts.len() == Act::ALL.len()
            && (self.users_lost, self.users_dual_served) == (0, 0)
            && self.final_states == ["Normal"; 2]
    }

    pub(super) fn json(&self) -> String {
        let object = BTreeMap::from([("summary", self)]);
        serde_json::to_string(&object).expect("names and numbers always encode")
    }

    pub(super) fn table(&self, colours: bool, width: usize) -> String {
        let paint = |text: String, paint: owo_colors::Style| match colours {
            true => text.style(paint).to_string(),
            false => text,
        };
        let (bold, dimmed) = (owo_colors::Style::new().bold(), owo_colors::Style::new().dimmed());
        let titles = self.acts.iter().map(|act| act.title.chars().count());
        let title_width = titles.max().unwrap_or(0).max(3);
        let row = |title: &str, cells: [String; 6]| {
            let [detect, decide, serve, by, lost, twice] = cells;
            format!("{title:title_width$}  {detect:>9}  {decide:>9}  {serve:>9}  {by:20}  {lost:>5}  {twice:>12}")
        };
        let head = ["to detect", "to decide", "to serve", "noticed by", "lost", "served twice"].map(str::to_owned);
        let mut lines = vec![paint(row("act", head), bold)];
        lines.extend(self.acts.iter().map(|act| {
            let ms = |ms: u64| format!("{ms} ms");
            let (lost, twice) = (thousands(act.users_lost), thousands(act.users_dual_served));
            let by = act.noticed_by.to_owned();
            row(act.title, [ms(act.detect_ms), ms(act.decide_ms), ms(act.restore_ms), by, lost, twice])
        }));
        lines.push(String::new());
        let Summary { users_lost, users_dual_served, questions, final_states: [a, b], .. } = self;
        let [users, lost, twice] = [self.users, *users_lost, *users_dual_served].map(thousands);
        let verdict = format!("{users} users: {lost} lost, {twice} served twice. Nodes: {a} / {b}.");
        let verdict_paint = if self.is_well() { bold.green() } else { bold.red() };
        lines.push(paint(verdict, verdict_paint));
        for act in self.acts.iter().filter(|act| act.plays > 1) {
            lines.push(format!(
                "Played {} times, since this machine kept a node from its work: {}",
                act.plays, act.title
            ));
        }
        let notes = [LEGEND.to_owned(), format!("{} Questions: {}.", spans::METHOD, thousands(*questions as usize))];
        lines.extend(notes.iter().flat_map(|note| wrap(note, width)).map(|line| paint(line, dimmed)));
        lines.join("\n")
    }
}

/// A number as people write it.
pub(super) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let is_after_comma = |place: usize| place > 0 && (digits.len() - place).is_multiple_of(3);
    let comma = |(place, digit)| [is_after_comma(place).then_some(','), Some(digit)];
    digits.chars().enumerate().flat_map(comma).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary() -> Summary {
        let measured = Measured::new(1_000_900, 1_003, 1_010, 1_012_100, NoticedBy::Kernel);
        let acts = Act::ALL.into_iter().map(|act| Ended::new(act, measured, Tally::default())).collect();
        Summary::new(15_000, &Tally::default(), 99, ["Normal"; 2], acts, None)
    }

    #[test]
    fn times_count_from_the_fault() {
        let measured = Measured::new(5_900, 5, 17, 20_100, NoticedBy::Probe);
        assert_eq!((measured.detect_ms, measured.decide_ms, measured.restore_ms), (0, 12, 15));
    }

    #[test]
    fn the_summary_is_one_object_on_one_line() {
        let text = summary().json();
        let object: serde_json::Value = serde_json::from_str(&text).unwrap();
        let summary = &object["summary"];
        assert_eq!(text.lines().count(), 1);
        assert_eq!(summary["users"], 15_000);
        assert_eq!(summary["users_lost"], 0);
        assert_eq!(summary["users_dual_served"], 0);
        assert_eq!(summary["final_states"], serde_json::json!(["Normal", "Normal"]));
        assert_eq!(summary["acts"][0]["act"], "kill-kernel-word");
        let act = &summary["acts"][0];
        assert_eq!((&act["detect_ms"], &act["decide_ms"], &act["restore_ms"]), (&3.into(), &10.into(), &12.into()));
    }

    #[test]
    fn the_table_has_a_row_for_each_act() {
        let table = summary().table(false, 100);
        let row = table.lines().nth(1).unwrap();
        assert!(
            row.starts_with(Act::ALL[0].title()) && row.contains("     3 ms      10 ms      12 ms  kernel's word"),
            "{table}"
        );
        assert!(table.contains("15,000 users: 0 lost, 0 served twice. Nodes: Normal / Normal."), "{table}");
        assert!(table.contains("a span,"), "{table}");
    }

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!([0, 999, 1_000, 15_000, 1_234_567].map(thousands), ["0", "999", "1,000", "15,000", "1,234,567"]);
    }

    #[test]
    fn only_a_whole_and_clean_demo_is_well() {
        assert!(summary().is_well());
        assert!(!Summary { users_lost: 1, ..summary() }.is_well());
        assert!(!Summary { users_dual_served: 1, ..summary() }.is_well());
        assert!(!Summary { fault: Some("slow".into()), ..summary() }.is_well());
        assert!(!Summary { acts: Vec::new(), ..summary() }.is_well());
        assert!(!Summary { final_states: ["Normal", "Idle"], ..summary() }.is_well());
    }
}
