//! The figures of answers side by side, in words: the same ones in a terminal and on a page.

use super::answer::Answer;

/// One figure of every answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What it is.
    pub name: &'static str,
    /// Its value in each answer.
    pub values: Vec<String>,
}

/// Every figure, for people.
pub fn figures(answers: &[Answer]) -> Vec<Figure> {
    let figure = |name, of: &dyn Fn(&Answer) -> String| Figure { name, values: answers.iter().map(of).collect() };
    let twice = |answer: &Answer| answer.served_twice_mean_s;
    vec![
        figure("Unserved, per user: mean", &|answer| seconds(answer.unserved.mean_s)),
        figure("of that, a service was down", &|answer| seconds(answer.unserved_service_down_mean_s)),
        figure("Unserved, per user: median", &|answer| seconds(answer.unserved.p50_s)),
        figure("Unserved, per user: p99", &|answer| seconds(answer.unserved.p99_s)),
        figure("Unserved, per user: most", &|answer| seconds(answer.unserved.max_s)),
        figure("Served by both nodes: mean", &|answer| seconds(twice(answer))),
        figure("Failovers a run", &|answer| number(answer.failovers_mean)),
        figure("of that, false ones", &|answer| number(answer.false_failovers_mean)),
        figure("Runs with a false failover", &|answer| percent(answer.runs_with_false_failover)),
        figure("Runs that end in Failed Mode", &|answer| percent(answer.runs_in_failed_mode)),
    ]
}

/// The timers whose values differ between the answers.
pub fn differing_timers(answers: &[Answer]) -> Vec<(String, Vec<String>)> {
    let Some((first, others)) = answers.split_first() else { return Vec::new() };
    let of = |answer: &Answer, name: &str| answer.timers.get(name).cloned().unwrap_or_default();
    let differs = |name: &str, value: &str| others.iter().any(|other| of(other, name) != value);
    let differing = first.timers.iter().filter(|(name, value)| differs(name, value));
    differing.map(|(name, _)| (name.clone(), answers.iter().map(|answer| of(answer, name)).collect())).collect()
}

/// `0 s`, `52.5 s`, `1,234 s`
fn seconds(s: f64) -> String {
    match s {
        s if s < 10.0 => format!("{} s", trimmed(&format!("{s:.3}"))),
        s if s < 1_000.0 => format!("{} s", trimmed(&format!("{s:.1}"))),
        s => format!("{} s", grouped(s.round() as u64)),
    }
}

fn number(number: f64) -> String {
    trimmed(&format!("{number:.3}")).to_owned()
}

fn percent(share: f64) -> String {
    format!("{} %", trimmed(&format!("{:.1}", share * 100.0)))
}

fn trimmed(text: &str) -> &str {
    text.trim_end_matches('0').trim_end_matches('.')
}

/// `15,000`
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// When something happens: `9.350 s`, `10:12`, `1:02:03`, `3 d 4:05`.
pub fn clock(ms: u64) -> String {
    let s = ms / 1_000;
    let (d, h, min) = (s / 86_400, s / 3_600 % 24, s / 60 % 60);
    match s {
        ..120 => format!("{s}.{:03} s", ms % 1_000),
        120..3_600 => format!("{min}:{:02}", s % 60),
        3_600..86_400 => format!("{h}:{min:02}:{:02}", s % 60),
        _ => format!("{d} d {h}:{min:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_exact_as_they_need_to_be() {
        let texts = [0.0, 0.271, 52.46, 1_234.5].map(seconds);
        assert_eq!(texts, ["0 s", "0.271 s", "52.5 s", "1,235 s"]);
        assert_eq!([number(1.0), number(0.0626), percent(0.125), grouped(15_000)], ["1", "0.063", "12.5 %", "15,000"]);
        let clocks = [9_350, 612_000, 3_723_000, 273_900_000].map(clock);
        assert_eq!(clocks, ["9.350 s", "10:12", "1:02:03", "3 d 4:05"]);
    }
}
