//! What is told: progress meanwhile, and in the end a table for people or an object for programs.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use owo_colors::{OwoColorize, Style};

use super::{
    check::{Quantiles, Verdict},
    colours,
    plan::{Fault, Plan},
};

/// So many violations are told; all are in the object.
const VIOLATIONS_TOLD: usize = 10;

/// Tells people and programs.
pub(super) struct Report {
    /// Then progress goes to standard error, so that the object stands alone.
    json: bool,
    /// The command that does the same again.
    again: String,
    start: Instant,
}

impl Report {
    pub(super) fn new(json: bool, again: String) -> Report {
        Report { json, again, start: Instant::now() }
    }

    pub(super) fn say(&self, text: &str) {
        let line = format!("{:8.1} s  {text}", self.start.elapsed().as_secs_f64());
        match self.json {
            true => eprintln!("{line}"),
            false => println!("{line}"),
        }
    }

    pub(super) fn settings(&self, plan: &Plan) {
        let on = |is_on: bool| if is_on { "on" } else { "off" };
        let settings = plan.settings;
        self.say(&format!(
            "Both nodes are Normal. Seed {}; automatic fallback {}, kernel's word {}, second link through a relay {}, \
             fake wall clocks {}",
            plan.seed,
            on(settings.automatic_fallback),
            on(settings.fast_peer_loss),
            on(settings.relayed),
            on(settings.fake_clocks)
        ));
    }

    pub(super) fn storm(&self, number: usize, faults: &[Fault]) {
        let seconds = |ms: u64| Duration::from_millis(ms).as_secs_f64();
        let tell = |fault: &Fault| {
            format!("{} (at {:.1} s, for {:.1} s)", fault.kind, seconds(fault.at_ms), seconds(fault.lasts_ms))
        };
        let faults: Vec<_> = faults.iter().map(tell).collect();
        self.say(&format!("Storm {number}: {}", faults.join("; ")));
    }

    pub(super) fn calm(&self, number: usize, took: Duration, commands: usize) {
        let took = took.as_secs_f64();
        self.say(&format!("Storm {number} is over: Normal and Normal after {took:.1} s and {commands} commands"));
    }

    pub(super) fn kept(&self, folder: &Path, well: bool) {
        self.say(&format!("Everything is in {}", folder.display()));
        if !well {
            self.say(&format!("To play it again: {}", self.again));
        }
    }

    pub(super) fn end(&self, verdict: &Verdict, silent_cuts: bool) {
        if self.json {
            println!("{}", serde_json::to_string(verdict).expect("names and numbers always encode"));
        } else {
            println!("\n{}", table(verdict, silent_cuts, colours()));
        }
    }
}

fn table(verdict: &Verdict, silent_cuts: bool, colours: bool) -> String {
    let paint = |text: String, style: Style| if colours { text.style(style).to_string() } else { text };
    let Quantiles { median, max } = verdict.quiescence_ms;
    let [a, b] = verdict.served_percent;
    let both = format!("{} of {}", verdict.storms_with_dual_service, verdict.storms);
    let rows = [
        (if silent_cuts { "silent cuts" } else { "faults" }, verdict.faults.to_string()),
        ("failovers", verdict.failovers.to_string()),
        ("users served twice", format!("{} ms", verdict.dual_service_ms)),
        ("  across a cut, without a witness", format!("{} ms", verdict.dual_service_in_window_ms)),
        ("  storms with either", both),
        ("users lost or doubled", verdict.users_lost.to_string()),
        ("users acknowledged", verdict.users_acknowledged.to_string()),
        ("acknowledgements forgotten", verdict.acks_lost.to_string()),
        ("commands acknowledged", verdict.commands_acknowledged.to_string()),
        ("time to rest", format!("{median} ms, at most {max} ms")),
        ("served somewhere", format!("{a} % of the time at home a, {b} % at home b")),
        ("daemons that gave up", verdict.daemons_failed.to_string()),
        ("questions", format!("{}; what is shorter than {} ms can escape", verdict.questions, verdict.blind_ms)),
    ];
    let mut lines: Vec<_> = rows.iter().map(|(name, value)| format!("{name:34}{value}")).collect();
    let (bold, count) = (Style::new().bold(), verdict.violations.len());
    lines.extend(verdict.violations.iter().take(VIOLATIONS_TOLD).map(|what| paint(format!("✗ {what}"), bold.red())));
    lines.push(match count {
        0 => paint("Everything held.".to_owned(), bold.green()),
        _ => paint(format!("{count} violations."), bold.red()),
    });
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_begins_with_what_everybody_asks_for() {
        let text = serde_json::to_string(&Verdict::default()).unwrap();
        let begins = "{\"faults\":0,\"failovers\":0,\"dual_service_ms\":0,\"users_lost\":0,\"acks_lost\":0,";
        assert!(text.starts_with(begins) && text.lines().count() == 1, "{text}");
    }

    #[test]
    fn the_table_ends_with_the_verdict() {
        let well = table(&Verdict::default(), false, false);
        assert!(well.ends_with("Everything held."), "{well}");
        let verdict = Verdict { violations: vec!["both nodes served".into()], ..Verdict::default() };
        assert!(table(&verdict, false, false).ends_with("✗ both nodes served\n1 violations."));
    }
}
