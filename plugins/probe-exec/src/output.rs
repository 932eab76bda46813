//! The output of a monitoring plugin: `text | performance data`, then more lines of text, `|`, and more of the data.

use locum_sdk::probe::Measure;

/// The first line of text, and all measures.
pub(crate) fn read(output: &str) -> (&str, Vec<Measure>) {
    let (first_line, more) = output.split_once('\n').unwrap_or((output, ""));
    let (text, data) = first_line.split_once('|').unwrap_or((first_line, ""));
    let (_, more_data) = more.split_once('|').unwrap_or((more, ""));
    (text.trim(), measures(data).chain(measures(more_data)).collect())
}

/// The measures in `label=value[unit][;warn[;crit[;min[;max]]]]`, parted by blanks. Whatever is not of that form, or has
/// the value `U` for unknown, is passed over.
fn measures(mut data: &str) -> impl Iterator<Item = Measure> {
    std::iter::from_fn(move || {
        loop {
            data = data.trim_start();
            if data.is_empty() {
                return None;
            }
            let labelled = label(data);
            let rest = labelled.as_ref().map_or(data, |(_, rest)| *rest);
            let end = rest.find(|character: char| character.is_ascii_whitespace()).unwrap_or(rest.len());
            data = &rest[end..];
            let measure = labelled.filter(|(name, _)| !name.is_empty()).and_then(|(name, _)| {
                let (value, unit) = value(rest[..end].split(';').next()?)?;
                Some(Measure { name, value, unit: unit.to_owned() })
            });
            if measure.is_some() {
                return measure;
            }
        }
    })
}

/// The label before the `=`, and what follows it. A label in single quotes may hold anything; `''` in it is one quote.
fn label(data: &str) -> Option<(String, &str)> {
    let Some(quoted) = data.strip_prefix('\'') else {
        let (label, rest) = data.split_once('=')?;
        return (!label.contains(|character: char| character.is_ascii_whitespace())).then(|| (label.to_owned(), rest));
    };
    let mut label = String::new();
    let mut rest = quoted;
    loop {
        let (part, after) = rest.split_once('\'')?;
        label.push_str(part);
        match after.strip_prefix('\'') {
            Some(after) => rest = after,
            None => return Some((label, after.strip_prefix('=')?)),
        }
        label.push('\'');
    }
}

/// A number and its unit: `2643MB`, `1.5e-3s`, `12,5%`.
fn value(text: &str) -> Option<(f64, &str)> {
    let is_exponent = |at: usize| text[at + 1..].starts_with(|next: char| next.is_ascii_digit() || "+-".contains(next));
    let in_number = |(at, character): (usize, char)| match character {
        'e' | 'E' => is_exponent(at),
        _ => character.is_ascii_digit() || "+-.,".contains(character),
    };
    let end = text.char_indices().find(|place| !in_number(*place)).map_or(text.len(), |(at, _)| at);
    let (number, unit) = text.split_at(end);
    Some((number.replace(',', ".").parse().ok()?, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(text: &str) -> Vec<(String, f64, String)> {
        measures(text).map(|measure| (measure.name, measure.value, measure.unit)).collect()
    }

    fn one(name: &str, value: f64, unit: &str) -> (String, f64, String) {
        (name.to_owned(), value, unit.to_owned())
    }

    #[test]
    fn the_first_line_is_the_text() {
        let (text, measures) = read("PING OK - rta 0.80 ms | percent_packet_loss=0 rta=0.80ms\nmore\n");
        assert_eq!((text, measures.len()), ("PING OK - rta 0.80 ms", 2));
        assert_eq!(read("OK"), ("OK", vec![]));
        assert_eq!(read(""), ("", vec![]));
    }

    #[test]
    fn later_lines_may_bring_more_data() {
        let (text, measures) = read("DISK OK | /=1MB\n/ 15272 MB\n/boot 68 MB | /boot=2MB\n/home=3MB\n");
        let names: Vec<_> = measures.iter().map(|measure| &*measure.name).collect();
        assert_eq!((text, &*names), ("DISK OK", &["/", "/boot", "/home"][..]));
    }

    #[test]
    fn values_have_units_and_thresholds() {
        let expected = [one("time", 0.012, "s"), one("size", 4096.0, "B"), one("use", -12.5, "%"), one("n", 3.0, "c")];
        assert_eq!(data("time=0.012s;;;0.0 size=4096B;@10:20;~:30 use=-12,5%;80;90;0;100 n=3c"), expected);
    }

    #[test]
    fn exponents_are_not_units() {
        assert_eq!(
            data("a=1.5e-3s b=2E6 c=7errors"),
            [one("a", 0.0015, "s"), one("b", 2e6, ""), one("c", 7.0, "errors")]
        );
    }

    #[test]
    fn quoted_labels_hold_anything() {
        let expected = [one("C: used = all", 1.0, "GB"), one("it's", 2.0, ""), one("plain", 3.0, "")];
        assert_eq!(data("'C: used = all'=1GB;2;3 'it''s'=2 plain=3"), expected);
    }

    #[test]
    fn what_is_no_measure_is_passed_over() {
        assert_eq!(data("a=U b=2"), [one("b", 2.0, "")]);
        assert_eq!(data("noise a=x =5 b=2"), [one("b", 2.0, "")]);
        assert_eq!(data("'open=1 b=2"), [one("b", 2.0, "")]);
    }

    #[test]
    fn no_text_makes_it_trap() {
        for text in ["|", "'", "''", "'=", "=", "a=", "é=1é", "a=1é;2", "a=e", "a=1e", "\u{a0}"] {
            _ = read(text);
            _ = data(text);
        }
    }
}
