//! What each timeout costs: false failovers a year against seconds of outage.
//!
//! The prices are in closed form; `tests/tune.rs` holds them against the simulated pair.

mod price;
mod rates;
mod recorded;

pub use price::{FalseFailovers, Price, Timer, price};
pub use rates::{Lengths, Rates, Recurring, YEAR_MS};
pub use recorded::{Recorded, RecordedError};

use locum_core::Parameters;
use serde::Serialize;

/// What is taken for rare: less than one false failover in ten years.
pub const RARE_PER_YEAR: f64 = 0.1;
/// How many intervals a timeout may have.
const INTERVALS: [u64; 11] = [2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32];
/// What else is tried of a delay that does not count in intervals, in sixths of the present value.
const SIXTHS: [u64; 7] = [1, 2, 3, 4, 6, 9, 12];

/// A timer and what its values cost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ladder {
    /// The timer.
    pub timer: Timer,
    /// What waits while it runs.
    pub waits: &'static str,
    /// Its values, from the shortest on.
    pub prices: Vec<Price>,
    /// What to make of it, for people.
    pub advice: String,
}

/// The price of every timer, at values around the present one.
pub fn ladders(parameters: &Parameters, rates: &Rates) -> Vec<Ladder> {
    Timer::ALL.into_iter().map(|timer| ladder(timer, parameters, rates)).collect()
}

fn ladder(timer: Timer, parameters: &Parameters, rates: &Rates) -> Ladder {
    let present_ms = timer.of(parameters);
    let mut values_ms = candidates(timer, parameters);
    values_ms.push(present_ms);
    values_ms.sort_unstable();
    values_ms.dedup();
    let prices: Vec<Price> = values_ms
        .into_iter()
        .map(|value_ms| {
            let price = price(timer, &timer.with(parameters, value_ms), rates);
            Price { is_present: value_ms == present_ms, ..price }
        })
        .collect();
    let advice = advice(timer, &prices, rates);
    Ladder { timer, waits: timer.waits(), prices, advice }
}

/// Values that the configuration would accept (`docs/behaviour.md` §6).
fn candidates(timer: Timer, parameters: &Parameters) -> Vec<u64> {
    let present_ms = timer.of(parameters);
    let interval_ms = parameters.keep_alive_interval_ms;
    let is_near = |ms: &u64| (present_ms / 4..=present_ms * 3).contains(ms);
    match timer {
        Timer::KeepAliveTimeout | Timer::InitializationKeepAliveTimeout => {
            INTERVALS.iter().map(|intervals| intervals * interval_ms).filter(is_near).collect()
        }
        Timer::KeepAliveInterval => {
            let timeouts_ms = parameters.keep_alive_timeout_ms.min(parameters.initialization_keep_alive_timeout_ms);
            let shares = INTERVALS.iter().map(|intervals| timeouts_ms / intervals);
            shares.filter(|ms| *ms >= 10).filter(is_near).collect()
        }
        Timer::CriticalServiceDelay => {
            SIXTHS.iter().map(|sixths| present_ms * sixths / 6).filter(|ms| *ms > 0).collect()
        }
    }
}

/// What to make of it, with the trade named.
fn advice(timer: Timer, prices: &[Price], rates: &Rates) -> String {
    let Some(present) = prices.iter().find(|price| price.is_present) else { return String::new() };
    let knows = match timer {
        Timer::CriticalServiceDelay => rates.service_faults.is_some(),
        _ => rates.loss > 0.0 || rates.burst_loss.is_some() || rates.stalls.is_some(),
    };
    if !knows {
        let missing = match timer {
            Timer::CriticalServiceDelay => "services that come back by themselves (--service-faults)",
            _ => "loss or stalls (--loss, --burst-loss, --stalls, --recorded)",
        };
        return format!("Nothing was given about {missing}: there is nothing to say against any of these, or for it.");
    }
    // A shorter interval is always at least as safe, and costs packets.
    let rare = |price: &&Price| price.false_failovers_per_year.total < RARE_PER_YEAR;
    let best = match timer {
        Timer::KeepAliveInterval => prices.iter().rev().find(rare),
        _ => prices.iter().find(rare),
    };
    let key = timer.key();
    let Some(best) = best else {
        let least =
            prices.iter().min_by(|a, b| a.false_failovers_per_year.total.total_cmp(&b.false_failovers_per_year.total));
        let told = least.map_or(String::new(), |least| {
            format!(
                " The least is {} a year at {}.",
                often_in_words(least.false_failovers_per_year.total),
                span_in_words(least.value_ms as f64)
            )
        });
        return format!(
            "None of these brings false failovers below one in ten years.{told} Mend what causes them first."
        );
    };
    let told = |price: &Price| {
        format!(
            "{} false failovers a year, and {} until the users are served again",
            often_in_words(price.false_failovers_per_year.total),
            span_in_words(price.outage_mean_ms)
        )
    };
    let word = if timer == Timer::KeepAliveInterval { "longest" } else { "shortest" };
    let (value, now) = (span_in_words(best.value_ms as f64), span_in_words(present.value_ms as f64));
    if best.is_present {
        return format!(
            "{now}, as now, is the {word} of these with fewer than one false failover in ten years: {}.",
            told(best)
        );
    }
    format!(
        "{value} is the {word} of these with fewer than one false failover in ten years: `{key}` = {value} means {}; {now}, \
         as now, means {}.",
        told(best),
        told(present)
    )
}

/// A duration for people: `350 ms`, `52.5 s`, `3 min`.
pub fn span_in_words(ms: f64) -> String {
    match ms {
        ms if ms < 1_000.0 => format!("{} ms", ms.round()),
        ms if ms < 120_000.0 => format!("{} s", (ms / 100.0).round() / 10.0),
        ms if ms < 7_200_000.0 => format!("{} min", (ms / 6_000.0).round() / 10.0),
        ms if ms < 172_800_000.0 => format!("{} h", (ms / 360_000.0).round() / 10.0),
        ms => format!("{} d", (ms / 8_640_000.0).round() / 10.0),
    }
}

/// How often, for people: `0`, `0.0002`, `1.4`, `230`.
pub fn often_in_words(often: f64) -> String {
    match often {
        0.0 => "0".into(),
        often if often < 1e-6 => "under 0.000001".into(),
        often if often < 10.0 => {
            let places = (1.0 - often.log10().floor()).max(0.0) as usize;
            let text = format!("{often:.places$}");
            let short = text.trim_end_matches('0').trim_end_matches('.');
            short.to_owned()
        }
        often => format!("{}", often.round()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let often = [0.0, 1e-9, 0.000_213, 0.049, 1.44, 9.96, 10.4, 12_345.6].map(often_in_words);
        assert_eq!(often, ["0", "under 0.000001", "0.00021", "0.049", "1.4", "10", "10", "12346"]);
        let spans = [350.0, 52_500.0, 60_000.0, 180_000.0, 7_200_000.0, 259_200_000.0].map(span_in_words);
        assert_eq!(spans, ["350 ms", "52.5 s", "60 s", "3 min", "2 h", "3 d"]);
    }

    #[test]
    fn the_ladder_trades_outage_for_false_failovers() {
        let rates =
            Rates { stalls: Some(Recurring::exponential(86_400_000.0, 5_000.0)), crashes_per_year: 2.0, ..Rates::NONE };
        let ladders = ladders(&Parameters::classic(), &rates);
        let prices = &ladders[0].prices;
        let values: Vec<u64> = prices.iter().map(|price| price.value_ms / 1_000).collect();
        assert_eq!(values, [30, 45, 60, 75, 90, 120, 150, 180]);
        let total = |price: &Price| price.false_failovers_per_year.total;
        assert!(prices.windows(2).all(|two| total(&two[0]) > total(&two[1])));
        assert!(prices.windows(2).all(|two| two[0].outage_per_year_s < two[1].outage_per_year_s));
        let present = prices.iter().find(|price| price.is_present).unwrap();
        assert_eq!((present.heartbeats, present.outage_mean_ms, present.outage_per_year_s), (3, 52_500.0, 105.0));
        let advice = &ladders[0].advice;
        assert!(advice.starts_with("60 s, as now, is the shortest of these") && advice.contains("0.029"), "{advice}");
        assert!(ladders[2].advice.contains("--service-faults"), "{}", ladders[2].advice);
    }

    #[test]
    fn every_value_would_be_accepted() {
        for parameters in [Parameters::classic(), Parameters::fast()] {
            for ladder in ladders(&parameters, &Rates::NONE) {
                for price in &ladder.prices {
                    let tried = ladder.timer.with(&parameters, price.value_ms);
                    assert!(tried.keep_alive_interval_ms >= 10);
                    assert!(tried.keep_alive_timeout_ms >= 2 * tried.keep_alive_interval_ms, "{ladder:?}");
                    assert!(
                        tried.initialization_keep_alive_timeout_ms >= 2 * tried.keep_alive_interval_ms,
                        "{ladder:?}"
                    );
                }
                assert_eq!(ladder.prices.iter().filter(|price| price.is_present).count(), 1);
            }
        }
    }
}
