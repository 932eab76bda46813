//! `locum tune`

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::Result;
use clap::Args;
use locum_config::{Profile, Timers, settings};
use locum_sim::whatif::tune::{Ladder, Rates, Recorded, Recurring, ladders};
use serde::Serialize;

use super::config;
use crate::{cli::profile, context::Context, failure::Failure, render};

const ABOUT: &str = "\
Prices are in closed form; docs/what-if.md says which, and what they leave out. Rates come from the options, or from what
nodes have recorded, where the options say nothing:

  locum tune --profile classic --loss 0.02 --stalls every=1d,lasts=5s --crashes-per-year 2
  locum events -n 100000 --output json > a.json; locum status --output json > s.json
  locum tune --config node.toml --recorded a.json --recorded s.json

Exit codes: 0 done; 2 wrong usage; 5 a configuration, a recording or --set is wrong.";

/// Show what each timeout costs: false failovers a year against seconds of outage
#[derive(Debug, Args)]
#[command(after_help = ABOUT)]
pub(crate) struct Tune {
    /// The timers to begin with, whatever --config says [default: classic, where there is no --config]
    #[arg(long, value_parser = profile())]
    profile: Option<Profile>,
    /// Another timer to begin with
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// How many links the nodes have; else as the configuration or the recording has it, else 2
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=16))]
    links: Option<u32>,
    /// The share of packets that gets lost on each link, each by itself: 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = share)]
    loss: Option<f64>,
    /// Times in which nothing arrives on any link, on average: every=30d,lasts=20s
    #[arg(long, value_name = "HOW OFTEN", value_parser = recurring)]
    burst_loss: Option<Recurring>,
    /// Times in which a node stands still, of each node: every=1d,lasts=5s
    #[arg(long, value_name = "HOW OFTEN", value_parser = recurring)]
    stalls: Option<Recurring>,
    /// Times in which a critical service is down and comes back by itself, of each node: every=7d,lasts=20s
    #[arg(long, value_name = "HOW OFTEN", value_parser = recurring)]
    service_faults: Option<Recurring>,
    /// How often a year each node fails and does not mend by itself: its host, or a critical service
    #[arg(long, value_name = "COUNT", default_value_t = 1.0, value_parser = per_year)]
    crashes_per_year: f64,
    /// What `locum events --output json` or `locum status --output json` has printed, each file of one node
    #[arg(long, value_name = "FILE")]
    recorded: Vec<PathBuf>,
}

/// What was reckoned with, and what came of it.
#[derive(Serialize)]
struct Document<'a> {
    timers: BTreeMap<String, String>,
    rates: &'a Rates,
    recorded: Option<String>,
    ladders: &'a [Ladder],
}

impl Tune {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let configured = context.globals.config.as_deref().map(config::load).transpose()?;
        let recorded = self.read()?;
        let others = settings(&self.set).map_err(Failure::from)?;
        if others.contains_key("profile") {
            return Err(Failure::bad_input("--set profile: give --profile instead").into());
        }
        let mut set = match &configured {
            Some(config) if self.profile.is_none() => config.group.timers().named(),
            _ => BTreeMap::new(),
        };
        set.extend(others);
        let timers = Timers::with(self.profile.unwrap_or_default(), &set).map_err(Failure::from)?;
        let configured_links =
            configured.and_then(|config| config.peer).and_then(|peer| peer.links.len().try_into().ok());
        let rates = Rates {
            links: self.links.or(configured_links).or(recorded.links()).unwrap_or(Rates::NONE.links),
            loss: self.loss.or(recorded.loss()).unwrap_or(0.0),
            burst_loss: self.burst_loss.clone(),
            stalls: self.stalls.clone().or(recorded.stalls()),
            service_faults: self.service_faults.clone(),
            crashes_per_year: self.crashes_per_year,
        };
        let ladders = ladders(&timers.parameters(), &rates);
        let read = (!self.recorded.is_empty()).then(|| recorded.in_words());
        let document = Document { timers: timers.named(), rates: &rates, recorded: read.clone(), ladders: &ladders };
        context.show(&document, |paint| render::tune(&rates, read.as_deref(), &ladders, paint))
    }

    fn read(&self) -> Result<Recorded, Failure> {
        let mut recorded = Recorded::default();
        for file in &self.recorded {
            let wrong = |why: String| Failure::bad_input(format!("{}: {why}", file.display()));
            let text = fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
            recorded.read(&text).map_err(|error| wrong(error.to_string()))?;
        }
        Ok(recorded)
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().map_err(|_| format!("{text:?} is no number; write a share, such as 0.02"))?;
    match (0.0..=1.0).contains(&share) {
        true => Ok(share),
        false => Err("a share is between 0 and 1; 0.02 is two of a hundred".into()),
    }
}

fn per_year(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(count) if (0.0..=100_000.0).contains(&count) => Ok(count),
        _ => Err("write how often a year, such as 2 or 0.5".into()),
    }
}

/// `every=1d,lasts=5s`
fn recurring(text: &str) -> Result<Recurring, String> {
    let wrong = || "write how often and how long on average: every=1d,lasts=5s".to_owned();
    let (mut every, mut lasts) = (None, None);
    for part in text.split(',') {
        let (name, value) = part.split_once('=').ok_or_else(wrong)?;
        let place = match name.trim() {
            "every" => &mut every,
            "lasts" => &mut lasts,
            _ => return Err(wrong()),
        };
        let ms = locum_config::duration_ms(value.trim()).filter(|ms| *ms > 0);
        *place = Some(ms.ok_or_else(|| format!("{value:?} is no duration; write 350ms, 15s, 30min, 2h or 1d"))?);
    }
    match (every, lasts) {
        (Some(every_ms), Some(lasts_ms)) if lasts_ms < every_ms => {
            Ok(Recurring::exponential(every_ms as f64, lasts_ms as f64))
        }
        (Some(_), Some(_)) => Err("what lasts that long never ends; let it last less than from one to the next".into()),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use locum_sim::whatif::tune::Lengths;

    use super::*;

    #[test]
    fn how_often_is_read_and_nonsense_refused() {
        let stalls = recurring("every=1d,lasts=5s").unwrap();
        assert!((stalls.per_year - 365.25).abs() < 1e-9);
        assert_eq!(stalls.lengths, Lengths::Exponential { mean_ms: 5_000.0 });
        for text in ["", "1d", "every=1d", "every=1d,lasts=soon", "every=5s,lasts=1d", "every=0s,lasts=0s", "often=1d"]
        {
            assert!(recurring(text).is_err(), "{text}");
        }
        assert_eq!(share("0.02"), Ok(0.02));
        assert!(["1.5", "-0.1", "nan", "much"].iter().all(|text| share(text).is_err()));
    }
}
