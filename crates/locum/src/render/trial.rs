//! What came of a plugin's scenarios.

use locum_trials::{Failure, Outcome, Report, Scenario};

use super::{
    paint::{Paint, Tone},
    table::{Cell, table, wrap},
    words,
};

/// The widest line of a text.
const WIDTH: usize = 100;

/// Each scenario below its rule, then every failure in full, then the count.
pub(crate) fn trial(report: &Report, paint: Paint) -> String {
    let claims = words::list(&report.claims, "");
    let claims = if claims.is_empty() { claims } else { format!(", {claims}") };
    let mut text = paint.tone(Tone::Title, &format!("{}: {}{claims}", report.file.display(), report.world)) + "\n";
    let mut rule = "";
    for scenario in &report.scenarios {
        if scenario.rule != rule {
            rule = &scenario.rule;
            text += &format!("\n{rule}\n");
        }
        text += &format!("  {}\n", line(scenario, paint));
    }
    for scenario in &report.scenarios {
        if let Outcome::Failed { failure } = &scenario.outcome {
            text += &format!("\n{}\n{}", line(scenario, paint), story(scenario, failure, paint));
        }
    }
    let (passed, failed) = (report.passed(), report.failed());
    let tone = if failed == 0 { Tone::Good } else { Tone::Bad };
    let count = format!("{passed} passed, {failed} failed, {} not applicable", report.not_applicable());
    text + "\n" + &paint.tone(tone, &count) + "\n"
}

fn line(scenario: &Scenario, paint: Paint) -> String {
    let Scenario { name, outcome, .. } = scenario;
    match outcome {
        Outcome::Passed => format!("{} {name}", paint.tone(Tone::Good, "✓")),
        Outcome::Failed { .. } => format!("{} {name}", paint.tone(Tone::Bad, "✗")),
        Outcome::NotApplicable { only_for } => {
            paint.tone(Tone::Quiet, &format!("· {name}: not applicable, for {}", words::list(only_for, "others")))
        }
    }
}

/// What was given, asked and answered, what is wrong with that, and where the rule stands.
fn story(scenario: &Scenario, failure: &Failure, paint: Paint) -> String {
    let mut text = String::new();
    for (place, step) in failure.steps.iter().enumerate() {
        text += &match place == failure.failed_step {
            true => format!("  {} {step}\n", paint.tone(Tone::Bad, "✗")),
            false => format!("    {step}\n"),
        };
    }
    let rows = [
        ("Asked", failure.asked.as_deref()),
        ("Answered", failure.answered.as_deref()),
        ("Wrong", Some(&*failure.why)),
        ("Rule", Some(&*scenario.rule)),
        ("See", failure.see.as_deref()),
    ];
    let rows = rows.into_iter().filter_map(|(label, said)| {
        let lines: Vec<_> = wrap(said?, WIDTH).into_iter().enumerate().collect();
        Some(
            lines
                .into_iter()
                .map(move |(place, line)| vec![Cell::head(if place == 0 { label } else { "" }), Cell::from(line)]),
        )
    });
    text + &table(&rows.flatten().collect::<Vec<_>>(), "    ", usize::MAX, paint)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use locum_host::World;

    use super::*;

    #[test]
    fn a_failure_tells_its_story() {
        let scenario = |name: &str, outcome| Scenario { rule: "It is even".into(), name: name.into(), outcome };
        let failure = Failure {
            steps: vec!["Given 4 users".into(), "Then it is even".into()],
            failed_step: 1,
            asked: Some("assign".into()),
            answered: None,
            why: "node row 0 would have 4 users, row 1 0".into(),
            see: Some("wit/policy.wit".into()),
        };
        let scenarios = vec![
            scenario("One", Outcome::Passed),
            scenario("Two", Outcome::Failed { failure }),
            scenario("Three", Outcome::NotApplicable { only_for: vec!["first-node".into()] }),
        ];
        let file = PathBuf::from("p.wasm");
        let report = Report { file, world: World::Policy, claims: vec!["balanced".into()], scenarios };
        let lines = [
            "p.wasm: policy, balanced",
            "",
            "It is even",
            "  ✓ One",
            "  ✗ Two",
            "  · Three: not applicable, for first-node",
            "",
            "✗ Two",
            "    Given 4 users",
            "  ✗ Then it is even",
            "    Asked  assign",
            "    Wrong  node row 0 would have 4 users, row 1 0",
            "    Rule   It is even",
            "    See    wit/policy.wit",
            "",
            "1 passed, 1 failed, 1 not applicable",
            "",
        ];
        assert_eq!(trial(&report, Paint::default()), lines.join("\n"));
    }
}
