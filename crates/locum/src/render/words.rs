//! Numbers, durations and times for people.

use std::time::{Duration, UNIX_EPOCH};

/// `1,234,567`
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let places = digits.chars().enumerate();
    places.fold(String::new(), |text, (place, digit)| {
        let comma = if place > 0 && (digits.len() - place).is_multiple_of(3) { "," } else { "" };
        text + comma + &digit.to_string()
    })
}

/// `350 ms`, `4.2 s`, `3 min 5 s`, `2 h 5 min`, `3 d 4 h`
pub(crate) fn duration(ms: u64) -> String {
    let s = ms / 1000;
    match s {
        0 => format!("{ms} ms"),
        1..10 => format!("{}.{} s", s, ms % 1000 / 100),
        10..60 => format!("{s} s"),
        60..3600 => format!("{} min {} s", s / 60, s % 60),
        3600..86_400 => format!("{} h {} min", s / 3600, s % 3600 / 60),
        _ => format!("{} d {} h", s / 86_400, s % 86_400 / 3600),
    }
}

/// `2026-08-01 12:00:03Z`
pub(crate) fn time(unix_ms: u64) -> String {
    let at = UNIX_EPOCH + Duration::from_millis(unix_ms);
    humantime::format_rfc3339_seconds(at).to_string().replacen('T', " ", 1)
}

/// `2026-08-01 12:00:03.250Z`
pub(crate) fn time_exact(unix_ms: u64) -> String {
    let at = UNIX_EPOCH + Duration::from_millis(unix_ms);
    humantime::format_rfc3339_millis(at).to_string().replacen('T', " ", 1)
}

/// `a, b`, or what to say of none.
pub(crate) fn list(names: &[String], none: &str) -> String {
    if names.is_empty() { none.to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 1000, 15_000, 1_234_567].map(number), ["0", "999", "1,000", "15,000", "1,234,567"]);
    }

    #[test]
    fn durations_have_two_parts_at_most() {
        let texts = [999, 4250, 59_999, 185_000, 7_500_000, 273_600_000].map(duration);
        assert_eq!(texts, ["999 ms", "4.2 s", "59 s", "3 min 5 s", "2 h 5 min", "3 d 4 h"]);
    }

    #[test]
    fn times_are_in_utc() {
        assert_eq!(time(1_785_585_603_250), "2026-08-01 12:00:03Z");
        assert_eq!(time_exact(1_785_585_603_250), "2026-08-01 12:00:03.250Z");
    }
}
