//! `locum witness`

use std::time::Duration;

use anyhow::Result;
use clap::Subcommand;
use locum_node::witness::etcd;
use locum_witness::{Lease, Look, WitnessError};
use serde::Serialize;
use tokio::runtime::Builder;

use super::config;
use crate::{context::Context, failure::Failure, render};

/// Look at the witness.
#[derive(Debug, Subcommand)]
pub(crate) enum Witness {
    /// Connect to the witness of --config as the node would, and tell whether it can be reached, how slow it is, and what
    /// lease it would carry
    ///
    /// The leases themselves are left alone: what is written goes to a key beside them, and is removed.
    Check,
}

/// What came of it.
#[derive(Debug, Serialize)]
pub(crate) struct Document {
    /// What a node risks with this witness.
    pub(crate) risk: String,
    /// What all the group's keys begin with.
    pub(crate) keys: String,
    /// Every member.
    pub(crate) members: Vec<Member>,
    /// What lease they carry; nothing where none of them answers.
    pub(crate) lease: Option<LeaseDocument>,
}

/// One member.
#[derive(Debug, Serialize)]
pub(crate) struct Member {
    /// Its address.
    pub(crate) endpoint: String,
    /// Why it cannot be used.
    pub(crate) problem: Option<String>,
    /// How it answers, if it does.
    pub(crate) measured: Option<Measured>,
}

/// How one member answers. Times are in milliseconds: the quickest, the one in the middle, the slowest.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    /// Its version.
    pub(crate) version: String,
    /// Reading a key as the whole cluster has it.
    pub(crate) read_ms: [f64; 3],
    /// Comparing and swapping one.
    pub(crate) swap_ms: [f64; 3],
    /// Whether this user may also read what is not the group's.
    pub(crate) sees_more: bool,
}

/// What lease the members carry.
#[derive(Debug, Serialize)]
pub(crate) struct LeaseDocument {
    /// The shortest that is advisable, in milliseconds.
    pub(crate) recommended_ms: u64,
    /// The configured one.
    pub(crate) configured_ms: u64,
    /// Whether it is long enough.
    pub(crate) fits: bool,
    /// The configured time that a request may take.
    pub(crate) timeout_ms: u64,
    /// Whether it is long enough.
    pub(crate) timeout_fits: bool,
}

impl Witness {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let Witness::Check = self;
        let file = context.globals.config.as_deref();
        let file = file.ok_or_else(|| Failure::Usage("which witness? Give a node's --config".into()))?;
        let config = config::load(file)?;
        let none = || {
            let risk = config.risk().unwrap_or_else(|| "There is no `[peer]`.".to_owned());
            Failure::Usage(format!("{} has no witness to look at. {risk}", file.display()))
        };
        let etcd = etcd(&config).map_err(|error| Failure::bad_input(error.to_string()))?.ok_or_else(none)?;
        let looks = Builder::new_current_thread().enable_all().build()?.block_on(etcd.look());

        let (interval, witness) = (config.group.keep_alive_interval, &config.witness);
        let (configured, timeout) = (witness.lease.unwrap_or_default(), witness.timeout.unwrap_or_default());
        let lease = Lease::judge(&looks, interval, configured, timeout).map(|lease| LeaseDocument {
            recommended_ms: lease.recommended.as_millis() as u64 + 1,
            configured_ms: configured.as_millis() as u64,
            fits: lease.fits,
            timeout_ms: timeout.as_millis() as u64,
            timeout_fits: lease.timeout_fits,
        });
        let document = Document {
            risk: config.risk().unwrap_or_default(),
            keys: etcd.root().to_owned(),
            members: looks.iter().map(member).collect(),
            lease,
        };
        context.show(&document, |paint| render::witness(&document, paint))?;
        verdict(&looks, document.lease.as_ref())
    }
}

fn member(look: &Look) -> Member {
    let ms = |spread: locum_witness::Spread| [spread.min, spread.median, spread.max].map(in_ms);
    let measured = look.found.as_ref().ok().map(|found| Measured {
        version: found.version.clone(),
        read_ms: ms(found.read),
        swap_ms: ms(found.swap),
        sees_more: found.sees_more,
    });
    let problem = look.found.as_ref().err().map(ToString::to_string);
    Member { endpoint: look.endpoint.clone(), problem, measured }
}

/// In milliseconds, to a hundredth.
fn in_ms(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e5).round() / 1e2
}

fn verdict(looks: &[Look], lease: Option<&LeaseDocument>) -> Result<()> {
    let problems: Vec<&WitnessError> = looks.iter().filter_map(|look| look.found.as_ref().err()).collect();
    let refused = problems
        .iter()
        .find(|problem| matches!(problem, WitnessError::Refused { .. } | WitnessError::Forbidden { .. }));
    match (refused, problems.first(), lease) {
        (Some(problem), ..) => Err(Failure::Refused(problem.to_string()).into()),
        (None, Some(problem), _) => Err(Failure::Unreachable(problem.to_string()).into()),
        (None, None, Some(lease)) if !lease.fits || !lease.timeout_fits => {
            Err(Failure::bad_input("this witness is too slow for the configuration; see above").into())
        }
        _ => Ok(()),
    }
}
