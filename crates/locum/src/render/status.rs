//! `locum status`: the page that tells a person at a glance whether all is well, and what to do if not.

use std::time::Instant;

use locum_node::api::{LinkStatus, Status, WitnessStatus};

use super::{
    nodes,
    paint::{Paint, Tone},
    table::{Cell, table, wrap},
    users, words,
};

/// How wide running text is.
const TEXT_WIDTH: usize = 100;

/// How old a status is when it is shown.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moment {
    /// Since it was received, in milliseconds.
    pub(crate) age_ms: u64,
}

impl Moment {
    /// Now, of a status that came at `received`.
    pub(crate) fn now(received: Instant) -> Moment {
        Moment { age_ms: received.elapsed().as_millis() as u64 }
    }
}

/// The whole page.
pub(crate) fn status(status: &Status, moment: Moment, paint: Paint) -> String {
    let mut parts = vec![head(status, moment, paint), nodes::side_by_side(status, paint), advice(status, paint)];
    if !status.alarms.is_empty() || !status.differences.is_empty() {
        parts.push(alarms(status, paint));
    }
    parts.push(users::summary(status, paint));
    parts.push(paint.tone(Tone::Title, "Services") + "\n" + &nodes::services(&status.nodes, paint));
    if !status.links.is_empty() {
        parts.push(paint.tone(Tone::Title, "Links to the peer") + "\n" + &links(&status.links, paint));
    }
    if let Some(witness) = &status.witness {
        parts.push(paint.tone(Tone::Title, "Witness") + "\n" + &self::witness(witness, moment, paint));
    }
    if !status.timers.is_empty() {
        parts.push(paint.tone(Tone::Title, "Timers") + "\n" + &timers(status, moment, paint));
    }
    parts.join("\n")
}

fn head(status: &Status, moment: Moment, paint: Paint) -> String {
    let ha = match status.high_availability {
        true => paint.tone(Tone::Good, "high availability on"),
        false => paint.tone(Tone::Bad, "high availability OFF"),
    };
    let title = paint.tone(Tone::Title, &format!("Group {}", status.group));
    let at = words::time(status.taken_at_unix_ms);
    let mut text = format!("{title}  {ha}, {at}, version {}\n", status.software);
    if moment.age_ms > status.interval_ms.max(FRESH_MS) {
        let (age, interval) = (words::duration(moment.age_ms), words::duration(status.interval_ms));
        let warning =
            format!("OUT OF DATE: {} gave this {age} ago; a node tells its state every {interval}.", status.node);
        text += &(paint.tone(Tone::Bad, &warning) + "\n");
    }
    text
}

/// Fetching and showing takes a moment, however short the interval is.
const FRESH_MS: u64 = 500;

fn advice(status: &Status, paint: Paint) -> String {
    let row = match (status.row, status.cause.is_empty()) {
        (Some(row), true) => format!("row {row}"),
        (Some(row), false) => format!("row {row}: {}", status.cause),
        (None, true) => "in none of the documented rows".to_owned(),
        (None, false) => status.cause.clone(),
    };
    let tone = if status.advice == "Nothing" { Tone::Good } else { Tone::Warn };
    let lines = [("Pair", row, Tone::Plain), ("To do", status.recommended.clone(), tone)];
    let rows = lines.map(|(label, text, tone)| vec![Cell::head(&format!("{label:<9}")), Cell::new(text, tone)]);
    table(&rows, "", TEXT_WIDTH, paint)
}

fn alarms(status: &Status, paint: Paint) -> String {
    let differences = status.differences.iter().map(|difference| format!("differs: {difference}"));
    let lines = status.alarms.iter().cloned().chain(differences).flat_map(|alarm| {
        let lines = wrap(&alarm, TEXT_WIDTH);
        lines
            .into_iter()
            .enumerate()
            .map(|(place, line)| if place == 0 { format!("! {line}") } else { format!("  {line}") })
    });
    lines.map(|line| paint.tone(Tone::Bad, &line) + "\n").collect()
}

fn links(links: &[LinkStatus], paint: Paint) -> String {
    let numbers = ["received", "lost", "late", "copies", "refused"].map(Cell::head_right);
    let head = [Cell::head("link")].into_iter().chain(numbers).chain([Cell::head("last heard")]).collect();
    let row = |link: &LinkStatus| {
        let heard = match link.heard_ms_ago {
            Some(ms) => Cell::from(format!("{} ago", words::duration(ms))),
            None => Cell::new("never", Tone::Warn),
        };
        let numbers = [link.received, link.lost, link.reordered, link.duplicates, link.refused].map(Cell::number);
        [Cell::from(&link.name)].into_iter().chain(numbers).chain([heard]).collect()
    };
    let rows = std::iter::once(head).chain(links.iter().map(row)).collect::<Vec<Vec<_>>>();
    table(&rows, "  ", usize::MAX, paint)
}

fn witness(witness: &WitnessStatus, moment: Moment, paint: Paint) -> String {
    let answered = match (&witness.problem, witness.answered_ms_ago) {
        (Some(problem), _) => Cell::new(problem.clone(), Tone::Bad),
        (None, Some(ms)) => Cell::from(format!("answered {} ago", words::duration(ms + moment.age_ms))),
        (None, None) => Cell::from(format!("partition {}", witness.partition)),
    };
    let mut rows = vec![vec![Cell::head(&witness.kind), answered]];
    rows.extend(witness.leases.iter().map(|lease| {
        let held = match (&lease.holder, lease.held_for_ms.saturating_sub(moment.age_ms)) {
            (Some(holder), 0) => format!("held by {holder}"),
            (Some(holder), ms) => format!("held by {holder}, for {} more unless renewed", words::duration(ms)),
            (None, _) => "held by nobody".to_owned(),
        };
        vec![Cell::head(&format!("lease of {}", lease.home)), Cell::from(held)]
    }));
    rows.push(vec![Cell::head("risk"), Cell::from(&witness.risk)]);
    table(&rows, "  ", TEXT_WIDTH, paint)
}

fn timers(status: &Status, moment: Moment, paint: Paint) -> String {
    let row = |timer: &locum_node::api::TimerStatus| {
        let left_ms = timer.in_ms.saturating_sub(moment.age_ms);
        vec![Cell::from(&timer.what), Cell::from(format!("in {}", words::duration(left_ms)))]
    };
    table(&status.timers.iter().map(row).collect::<Vec<_>>(), "  ", usize::MAX, paint)
}

#[cfg(test)]
mod tests {
    use locum_node::api::LeaseStatus;

    use super::*;
    use crate::render::example;

    fn page(document: &Status, age_ms: u64) -> String {
        status(document, Moment { age_ms }, Paint::default())
    }

    #[test]
    fn a_pair_that_is_well() {
        assert_eq!(page(&example::status(), 0), example::PAGE);
    }

    #[test]
    fn a_peer_that_is_gone() {
        assert_eq!(page(&example::peer_gone(), 0), example::PAGE_PEER_GONE);
    }

    #[test]
    fn a_page_older_than_the_interval_says_so() {
        let interval_ms = example::status().interval_ms;
        assert!(!page(&example::status(), interval_ms).contains("OUT OF DATE"));
        let old = page(&example::status(), interval_ms + 1);
        assert!(old.contains("OUT OF DATE: alpha gave this 15 s ago; a node tells its state every 15 s."), "{old}");
        assert!(old.contains("next heartbeat  in 0 ms"), "{old}");
    }

    #[test]
    fn a_witness_is_shown_with_its_leases_and_what_it_lacks() {
        let mut document = example::status();
        let witness = document.witness.as_mut().unwrap();
        witness.kind = "etcd".into();
        witness.answered_ms_ago = Some(2000);
        let lease = |home: &str, holder: Option<&str>, held_for_ms| LeaseStatus {
            home: home.into(),
            holder: holder.map(str::to_owned),
            held_for_ms,
        };
        witness.leases = vec![lease("alpha", Some("alpha"), 41_000), lease("beta", None, 0)];
        let shown = page(&document, 1000);
        for line in [
            "  etcd            answered 3.0 s ago\n",
            "  lease of alpha  held by alpha, for 40 s more unless renewed\n",
            "  lease of beta   held by nobody\n",
            "  risk            In a partition both nodes serve all users.\n",
        ] {
            assert!(shown.contains(line), "{line:?}: {shown}");
        }
        document.witness.as_mut().unwrap().problem = Some("etcd:2379 cannot be reached".into());
        assert!(page(&document, 0).contains("  etcd            etcd:2379 cannot be reached\n"));
    }

    #[test]
    fn colours_are_only_colours() {
        let coloured = status(&example::peer_gone(), Moment::default(), Paint { colours: true });
        let mut plain = String::new();
        let mut parts = coloured.split('\x1b');
        plain += parts.next().unwrap_or_default();
        parts.for_each(|part| plain += part.split_once('m').map_or("", |(_, rest)| rest));
        assert_eq!(plain, example::PAGE_PEER_GONE);
    }
}
