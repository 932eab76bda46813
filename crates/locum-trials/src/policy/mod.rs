//! Policies: a cluster, and what the policy makes of it.

mod cluster;
mod steps;
mod words;

use std::fmt;

use cucumber::{World as _, step};
use locum_host::policy::{Occasion, Policy, Promise};
use locum_host::{HostError, Loaded};

use crate::run::Subject;
use cluster::Cluster;
use words::AskedTo;

/// The state of a policy's scenario.
#[derive(Default, cucumber::World)]
struct PolicyWorld {
    loaded: Option<Loaded>,
    policy: Option<Policy>,
    /// The users and nodes as they are now: answers that are used have come true.
    cluster: Cluster,
    /// The users and nodes of the last question.
    before: Cluster,
    asked: Option<Occasion>,
    /// The last answers, or why the last one is refused.
    answers: Vec<Vec<u32>>,
    fault: Option<String>,
}

impl PolicyWorld {
    /// The policy, started for this scenario.
    fn policy(&mut self) -> Result<&mut Policy, String> {
        let loaded = self.loaded.as_ref().expect("the run hands the component over");
        match &mut self.policy {
            Some(policy) => Ok(policy),
            none => Ok(none.insert(Policy::new(loaded).map_err(|error| error.to_string())?)),
        }
    }

    /// Asks the policy, and lets its answer come true unless the host refuses it.
    fn ask(&mut self, occasion: Occasion) -> Result<(), String> {
        self.used()?;
        self.before = self.cluster.clone();
        self.asked = Some(occasion);
        self.answers.clear();
        self.ask_again()?;
        if let Some(answer) = self.answers.first() {
            self.cluster.follow(occasion, answer);
        }
        Ok(())
    }

    /// Asks the policy what it was asked last.
    fn ask_again(&mut self) -> Result<(), String> {
        self.used()?;
        let occasion = self.asked.ok_or("the policy was asked nothing yet")?;
        let cluster = self.before.clone();
        let placement = self.policy()?.place(occasion, &cluster.users, &cluster.nodes);
        match placement.fault {
            None => self.answers.push(placement.nodes),
            Some(fault) => self.fault = Some(fault.to_string()),
        }
        Ok(())
    }

    /// That no answer so far was refused: what a refused one says counts for nothing.
    fn used(&self) -> Result<(), String> {
        self.fault.clone().map_or(Ok(()), Err)
    }
}

impl Subject for PolicyWorld {
    fn begin(&mut self, loaded: Loaded) {
        self.loaded = Some(loaded);
    }

    fn asked(&self) -> Option<String> {
        let occasion = self.asked?;
        Some(format!("{}, of {}", AskedTo(occasion), self.before.describe(occasion)))
    }

    fn answered(&self) -> Option<String> {
        let occasion = self.asked?;
        let said = |answer: &Vec<u32>| self.before.count(occasion, answer);
        let answers: Vec<_> = self.answers.iter().map(said).collect();
        (!answers.is_empty()).then(|| answers.join(", then "))
    }
}

impl fmt::Debug for PolicyWorld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyWorld").field("cluster", &self.cluster).finish_non_exhaustive()
    }
}

pub(super) fn steps() -> step::Collection<impl Subject> {
    PolicyWorld::collection()
}

/// What the policy promises, as a tag; nothing where it fails when it is asked.
///
/// # Errors
/// The component does not fit its world.
pub(super) fn claims(loaded: &Loaded) -> Result<Vec<String>, HostError> {
    let promise = match Policy::new(loaded) {
        Ok(policy) => policy.promised(),
        Err(HostError::Faulty { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let tag = match promise {
        Promise::Balanced => "balanced",
        Promise::FirstNode => "first-node",
        Promise::Unassigned => "unassigned",
        Promise::Anywhere => "anywhere",
    };
    Ok(vec![tag.to_owned()])
}
