//! What timeouts cost.

use locum_sim::whatif::tune::{
    Ladder, Lengths, Price, Rates, Recurring, Timer, YEAR_MS, often_in_words, span_in_words,
};

use super::{
    paint::{Paint, Tone},
    table::{Cell, table, wrap},
};

/// The widest line of a text.
const WIDTH: usize = 110;

/// What was reckoned with, then a ladder for each timer with what to make of it, then what is left out.
pub(crate) fn tune(rates: &Rates, recorded: Option<&str>, ladders: &[Ladder], paint: Paint) -> String {
    let mut text = String::new();
    for (name, value) in reckoned(rates, recorded) {
        text += &para(&format!("{name:<10} {value}"), 11);
    }
    for ladder in ladders {
        let head = format!("{}: how long {} goes unnoticed", ladder.timer.key(), ladder.waits);
        let head = match ladder.timer {
            Timer::InitializationKeepAliveTimeout => {
                format!("{}: how long {} serves nobody", ladder.timer.key(), ladder.waits)
            }
            Timer::KeepAliveInterval => format!("{head}, with the timeout as it is"),
            _ => head,
        };
        text += &format!("\n{}\n", paint.tone(Tone::Title, &head));
        text += &table(&rows(ladder), "  ", WIDTH, paint);
        text += &para(&ladder.advice, 0);
    }
    text += "\nLeft out\n";
    for told in LEFT_OUT {
        text += &format!("  {}", para(&format!("· {told}"), 4));
    }
    text
}

/// What the closed forms leave out, for people.
const LEFT_OUT: [&str; 5] = [
    "Stalls shorter than the timeout make nobody take over, and what a node missed while it stood still for more than two \
     intervals is not held against its peer. A node that stalls serves nobody meanwhile: no timeout changes that.",
    "A time in which nothing arrives counts twice, for both nodes take over. Users are then served by both, and both nodes \
     go to Running in Failed Mode when it ends.",
    "Where a timeout is a whole number of intervals, whether the last heartbeat is in time is a matter of a millisecond: \
     false failovers from loss are then up to twice too many. A timeout of half an interval more is not.",
    "With fast_peer_loss a daemon that dies alone is noticed at once, whatever the timeout.",
    "Each false failover counts as if the pair were Normal again before the next. How long clients take to log in again \
     comes on top.",
];

fn reckoned(rates: &Rates, recorded: Option<&str>) -> Vec<(&'static str, String)> {
    let mut told = vec![(
        "Loss",
        format!(
            "{} of packets on each of {} links, each by itself: {} of heartbeats",
            percent(rates.loss),
            rates.links,
            percent(rates.heartbeat_loss())
        ),
    )];
    told.extend(rates.burst_loss.as_ref().map(|often| ("Bursts", recurring(often))));
    told.extend(rates.stalls.as_ref().map(|often| ("Stalls", format!("{}, of each node", recurring(often)))));
    told.extend(rates.service_faults.as_ref().map(|often| ("Services", format!("{}, of each node", recurring(often)))));
    told.push(("Crashes", format!("{} a year, of each node", often_in_words(rates.crashes_per_year))));
    told.extend(recorded.map(|read| ("Read", read.to_owned())));
    told
}

fn recurring(often: &Recurring) -> String {
    let every = if often.per_year > 0.0 {
        format!("every {} on average", span_in_words(YEAR_MS / often.per_year))
    } else {
        "never".to_owned()
    };
    match &often.lengths {
        Lengths::Exponential { mean_ms } => format!("{every}, for {} on average", span_in_words(*mean_ms)),
        Lengths::Recorded { late_ms } => format!("{every}, as long as the {} recorded ones", late_ms.len()),
    }
}

fn percent(share: f64) -> String {
    format!("{} %", often_in_words(share * 100.0))
}

fn rows(ladder: &Ladder) -> Vec<Vec<Cell>> {
    let counts = ladder.timer != Timer::CriticalServiceDelay;
    let mut head = vec![Cell::head(""), Cell::head_right("value")];
    if counts {
        head.push(Cell::head_right("lost in a row"));
    }
    let causes: &[&str] = match ladder.timer {
        Timer::CriticalServiceDelay => &[],
        Timer::InitializationKeepAliveTimeout => &["by loss", "by bursts"],
        Timer::KeepAliveTimeout | Timer::KeepAliveInterval => &["by loss", "by bursts", "by stalls"],
    };
    head.push(Cell::head_right("false failovers a year"));
    head.extend(causes.iter().map(|cause| Cell::head_right(cause)));
    head.extend(["outage: mean", "at most", "a year and user"].map(Cell::head_right));
    let row = |price: &Price| {
        let tone = if price.is_present { Tone::Good } else { Tone::Plain };
        let mut row = vec![
            Cell::new(if price.is_present { "▶" } else { "" }, tone),
            Cell::right(&span_in_words(price.value_ms as f64)),
        ];
        if counts {
            row.push(Cell::number(price.heartbeats));
        }
        let of = &price.false_failovers_per_year;
        row.push(Cell::right(&often_in_words(of.total)));
        let parts = [of.loss, of.burst_loss, of.stalls];
        row.extend(parts.iter().take(causes.len()).map(|often| Cell::right(&often_in_words(*often))));
        row.extend([
            Cell::right(&span_in_words(price.outage_mean_ms)),
            Cell::right(&span_in_words(price.outage_max_ms)),
            Cell::right(&span_in_words(price.outage_per_year_s * 1_000.0)),
        ]);
        row
    };
    [head].into_iter().chain(ladder.prices.iter().map(row)).collect()
}

/// A text in lines, the later ones indented.
fn para(text: &str, indent: usize) -> String {
    let lines = wrap(text, WIDTH - indent).into_iter().enumerate();
    lines.map(|(place, line)| format!("{}{line}\n", " ".repeat(if place == 0 { 0 } else { indent }))).collect()
}
