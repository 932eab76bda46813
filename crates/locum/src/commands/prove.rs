//! `locum prove`

use std::fs;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use locum_config::Profile;
use locum_prove::counterexample::{self, StepsFile};
use locum_prove::scenario::scenario;
use locum_prove::{Config, Counts, Native, Proof, Scope, Violation, prove};
use serde::Serialize;

use super::config;
use crate::cli::profile;
use crate::context::Context;
use crate::failure::Failure;
use crate::render;

/// Look at every joint state that two nodes of this configuration can reach, up to a bound, and hold each against the
/// rules of the specification.
#[derive(Debug, Args)]
pub(crate) struct Prove {
    /// The profile to prove, where there is no --config
    #[arg(long, value_parser = profile(), default_value = "classic")]
    profile: Profile,
    /// How much may happen, and how far to look
    #[arg(long, value_enum, default_value_t)]
    depth: Depth,
    /// How many joint states to look for, in place of what --depth says
    #[arg(long, value_name = "COUNT")]
    states: Option<usize>,
    /// Where to put the way to each violation: NAME.steps.json, for `locum replay`, and NAME.feature, to be played
    #[arg(long, value_name = "FOLDER")]
    save: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Depth {
    /// A million joint states: crashes, cuts, failing services and user moves, commands
    #[default]
    Quick,
    /// A hundred million: lost disks, stalls, blind probes, the switch of high availability, and crossing messages too
    Full,
}

/// How many joint states are looked for where nothing but services fail.
const CALM_STATES: usize = 100_000;

/// What came of it, for programs.
#[derive(Serialize)]
struct Document {
    calm_states: usize,
    states: usize,
    explored: usize,
    edges: u64,
    depth: u32,
    violations: u64,
    broken: Vec<Broken>,
    seconds: f64,
    states_per_s: u64,
}

#[derive(Serialize)]
struct Broken {
    invariant: &'static str,
    what: String,
    steps: usize,
}

impl Prove {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let config = self.config(context)?;
        let states_max = self.states.unwrap_or(match self.depth {
            Depth::Quick => 1_000_000,
            Depth::Full => 100_000_000,
        });
        let calm = Config { scope: Scope::CALM, ..config.clone() };
        let calm = prove(&calm, &mut Native::default(), CALM_STATES, &mut |_| {});
        let calm_states = calm.counts.states;
        let mut proof = prove(&config, &mut Native::default(), states_max, &mut |counts| say(counts, states_max));
        proof.include(calm);
        if let Some(folder) = &self.save {
            for violation in &proof.violations {
                save(folder, &config, violation)?;
            }
        }
        let document = document(&proof, calm_states);
        if context.json() {
            crate::context::print(&serde_json::to_string(&document)?)?;
        } else {
            let way = |violation: &Violation| counterexample::walk(&config, &mut Native::default(), &violation.steps);
            let ways = proof.violations.iter().map(way).collect::<Result<Vec<_>, _>>()?;
            crate::context::print(&render::proof(&config.parameters, &proof, calm_states, &ways))?;
        }
        match proof.violations_count {
            0 => Ok(()),
            _ => Err(Failure::bad_input("this configuration breaks a rule of the specification").into()),
        }
    }

    fn config(&self, context: &Context) -> Result<Config> {
        let scope = match self.depth {
            Depth::Quick => Scope::QUICK,
            Depth::Full => Scope::FULL,
        };
        let Some(file) = &context.globals.config else {
            return Ok(Config {
                parameters: self.profile.parameters(),
                databases: vec![false, true],
                scope,
                fence: true,
            });
        };
        let settings = config::load(file)?.settings();
        if !settings.has_peer {
            let text = format!("{} is of a group of one node: there is nobody to fail over to", file.display());
            return Err(Failure::bad_input(text).into());
        }
        let mut databases: Vec<bool> =
            settings.services.iter().filter(|service| service.critical).map(|service| service.database).collect();
        databases.sort_unstable();
        databases.dedup();
        Ok(Config { parameters: settings.parameters, databases, scope, fence: true })
    }
}

/// How far it has come, where a person looks.
fn say(counts: &Counts, states_max: usize) {
    if !std::io::stderr().is_terminal() {
        return;
    }
    let Counts { states, explored, ways_back, .. } = counts;
    let per_s = *states as f64 / counts.took.as_secs_f64();
    match ways_back {
        0 => eprint!("\r{states} of {states_max} joint states found, {explored} looked at, {per_s:.0} a second  "),
        _ => eprint!("\r{states} joint states found, {explored} looked at, from {ways_back} a way leads back  "),
    }
}

fn document(proof: &Proof, calm_states: usize) -> Document {
    let broken = |violation: &Violation| Broken {
        invariant: violation.invariant,
        what: violation.what.clone(),
        steps: violation.steps.len(),
    };
    let counts = &proof.counts;
    let seconds = counts.took.as_secs_f64();
    Document {
        calm_states,
        states: counts.states,
        explored: counts.explored,
        edges: counts.edges,
        depth: counts.depth,
        violations: proof.violations_count,
        broken: proof.violations.iter().map(broken).collect(),
        seconds,
        states_per_s: (counts.states as f64 / seconds) as u64,
    }
}

/// The way to a violation, as steps and as a scenario.
fn save(folder: &Path, config: &Config, violation: &Violation) -> Result<()> {
    let file = StepsFile::new(config, violation);
    let write = |extension, text: String| {
        let path = folder.join(violation.invariant).with_extension(extension);
        fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))
    };
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    write("steps.json", serde_json::to_string_pretty(&file)?)?;
    write("feature", scenario(&file, &mut Native::default())?)
}
