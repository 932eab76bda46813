use std::time::Duration;

use serde_json::{Value as Json, json};

use super::Kind;
use crate::reader::{Reader, Spot, What};

const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)];

/// A duration such as `350ms`, at least and at most so many milliseconds long.
pub(crate) struct Time {
    pub(crate) min_ms: u64,
    pub(crate) max_ms: u64,
}

impl Time {
    /// The longest that a timer takes: 30 days.
    pub(crate) const TIMER_MS: u64 = 30 * 86_400_000;

    /// A timer, at least so many milliseconds long.
    pub(crate) const fn timer(min_ms: u64) -> Time {
        Time { min_ms, max_ms: Time::TIMER_MS }
    }
}

impl Kind for Time {
    type Value = Duration;

    fn read(&self, spot: Spot<'_>, reader: &mut Reader<'_>) -> Option<Duration> {
        let bounds = || format!("give between {} and {}", show(self.min_ms), show(self.max_ms));
        let ms = match spot.what {
            What::Text(text) => parse(text),
            _ => None,
        };
        match ms {
            Some(ms) if (self.min_ms..=self.max_ms).contains(&ms) => Some(Duration::from_millis(ms)),
            Some(ms) => spot.fault(
                reader,
                format!("{} is too {}", show(ms), if ms < self.min_ms { "short" } else { "long" }),
                bounds(),
            ),
            None => spot.fault(
                reader,
                format!("this is {}, not a duration", spot.what.describe()),
                "write a whole number and ms, s, min, h or d, in quotes: `\"350ms\"`, `\"15s\"`, `\"30min\"`",
            ),
        }
    }

    fn schema(&self) -> Json {
        json!({ "type": "string", "pattern": "^[0-9]+(ms|s|min|h|d)$" })
    }

    fn json(&self, value: &Duration) -> Json {
        show_duration(*value).into()
    }

    fn example(&self, name: &str) -> String {
        format!("`{name} = \"15s\"`")
    }
}

/// What a text such as `350ms`, `15s` or `1d` stands for, in milliseconds, if it is a duration.
pub fn duration_ms(text: &str) -> Option<u64> {
    parse(text)
}

fn parse(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let (_, unit_ms) = UNITS.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*unit_ms)
}

/// As the file would give it.
pub(crate) fn show_duration(duration: Duration) -> String {
    show(duration.as_millis() as u64)
}

/// In the largest unit that leaves a whole number.
fn show(ms: u64) -> String {
    let fits = |(_, unit_ms): &&(&str, u64)| ms > 0 && ms.is_multiple_of(*unit_ms);
    let (unit, unit_ms) = UNITS.iter().find(fits).unwrap_or(&("s", 1_000));
    format!("{}{unit}", ms / unit_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_whole_numbers_with_a_unit() {
        for (text, ms) in [
            ("0s", 0),
            ("350ms", 350),
            ("15s", 15_000),
            ("30min", 1_800_000),
            ("2h", 7_200_000),
            ("30d", 2_592_000_000),
        ] {
            assert_eq!(parse(text), Some(ms));
            assert_eq!(show(ms), text);
        }
        assert_eq!((show(90_000), show(60_000), show(1_500)), ("90s".into(), "1min".into(), "1500ms".into()));
        for text in
            ["", "15", "s", "1.5s", "15 s", "-1s", "15sec", "1h30min", "99999999999999999999s", "99999999999999999h"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
