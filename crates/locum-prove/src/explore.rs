//! Breadth first through every joint state.

use std::time::{Duration, Instant};

use locum_core::Partition;

use crate::Side;
use crate::action::{Action, Kind};
use crate::beyond::Beyond;
use crate::config::Config;
use crate::invariants::{self, Sight};
use crate::joint::Joint;
use crate::moves::{Moves, Next};
use crate::states::States;
use crate::steps::{Machine, Steps};
use crate::ways::Ways;

/// How far it has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Joint states found.
    pub states: usize,
    /// Joint states looked at: as many as were found, once it is done.
    pub explored: usize,
    /// Edges between them.
    pub edges: u64,
    /// The length of the longest of the shortest ways there.
    pub depth: u32,
    /// Forms of single nodes.
    pub forms: usize,
    /// Steps of single nodes: each was worked out once by the machine.
    pub steps: usize,
    /// Joint states, of those looked at, in which nothing changes by itself.
    pub rests: u64,
    /// Those in which users are served by both nodes.
    pub served_twice: u64,
    /// Joint states, of those found, from which a way back to Normal/Normal is known. It is looked for in the end.
    pub ways_back: usize,
    /// How long it took.
    pub took: Duration,
}

/// Told now and then how far it has come.
pub type Progress<'a> = &'a mut dyn FnMut(&Counts);

/// Something that an invariant forbids, and a short way there.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The name of the invariant.
    pub invariant: &'static str,
    /// What is wrong.
    pub what: String,
    /// A short way there, from two hosts that are up and whose daemons have never run, in the words of
    /// [`Scope::FULL`](crate::Scope::FULL).
    pub steps: Vec<Action>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Proof {
    /// How much was looked at.
    pub counts: Counts,
    /// Whether all of it was.
    pub complete: bool,
    /// What is wrong: the first of each invariant, by its shortest way.
    pub violations: Vec<Violation>,
    /// How many violations there are in all.
    pub violations_count: u64,
}

impl Proof {
    /// What another exploration of the same configuration has found wrong, in another scope, counts too. What both have
    /// found is shown as this one did.
    pub fn include(&mut self, other: Proof) {
        self.violations_count += other.violations_count;
        for violation in other.violations {
            if self.violations.iter().all(|known| known.invariant != violation.invariant) {
                self.violations.push(violation);
            }
        }
    }
}

/// How many joint states are looked at between two words about it.
const WORD_EVERY: usize = 1 << 16;

/// Looks at the joint states of this configuration, breadth first, until `states_max` have been found (as many as 32 bits
/// number, at most), there are no more, or every invariant is broken.
pub fn prove(config: &Config, machine: &mut dyn Machine, states_max: usize, progress: Progress) -> Proof {
    let states_max = states_max.min(u32::MAX as usize);
    let mut moves = Moves { config, steps: Steps::new(config, machine) };
    let mut explorer = Explorer {
        states: States::default(),
        parents: Vec::new(),
        lead: Vec::new(),
        ways: Ways::default(),
        counts: Counts::default(),
        violations: Vec::new(),
        violations_count: 0,
    };
    let began = Instant::now();
    let mut found = Vec::new();
    explorer.begin(&mut moves, &mut found, states_max);
    let mut level_end = explorer.states.len();
    while explorer.counts.explored < explorer.states.len() {
        let number = explorer.counts.explored;
        if number == level_end {
            (level_end, explorer.counts.depth) = (explorer.states.len(), explorer.counts.depth + 1);
        }
        explorer.look(&mut moves, number, &mut found, states_max);
        explorer.counts.explored += 1;
        if explorer.counts.explored.is_multiple_of(WORD_EVERY) {
            explorer.count(&moves, began);
            progress(&explorer.counts);
        }
        if explorer.violations.len() == invariants::ALL.len() || explorer.states.len() >= states_max {
            break;
        }
    }
    let complete = explorer.counts.explored == explorer.states.len();
    explorer.count(&moves, began);
    explorer.find_ways_back(&mut moves, began, progress);
    explorer.count(&moves, began);
    Proof {
        counts: explorer.counts,
        complete,
        violations: explorer.violations,
        violations_count: explorer.violations_count,
    }
}

struct Explorer {
    states: States,
    parents: Vec<u32>,
    /// The way to the first joint state from daemons that have never run.
    lead: Vec<Action>,
    ways: Ways,
    counts: Counts,
    violations: Vec<Violation>,
    violations_count: u64,
}

impl Explorer {
    /// The number of a joint state; a new one if it has none and there is room.
    fn number(&mut self, joint: &Joint, parent: u32, max: usize) -> Option<u32> {
        let number = self.states.number(joint.pack(), max)?;
        if number as usize == self.parents.len() {
            self.parents.push(parent);
        }
        Some(number)
    }

    fn count(&mut self, moves: &Moves, began: Instant) {
        self.counts.states = self.states.len();
        self.counts.forms = moves.steps.forms.len();
        self.counts.steps = moves.steps.len();
        self.counts.took = began.elapsed();
    }

    /// There are two beginnings: daemons that have never run, and the pair in Normal/Normal that comes of it where nothing
    /// goes wrong. What lies between them is found with them, unless Normal/Normal alone is the beginning.
    fn begin(&mut self, moves: &mut Moves, found: &mut Vec<Next>, states_max: usize) {
        let mut joint = moves.first();
        let mut way = vec![joint];
        let mut lead = Vec::new();
        loop {
            moves.next(&joint, found);
            let starts = found.iter().find(|next| matches!(next.action, Action::Start(_)));
            let goes_on = || found.iter().find(|next| next.action.kind() == Kind::Progress);
            let Some(next) = starts.or_else(goes_on).filter(|next| !way.contains(&next.joint)) else { break };
            joint = next.joint;
            way.push(joint);
            lead.extend(next.spelt_out());
        }
        if !moves.config.scope.fresh {
            (way, self.lead) = (vec![joint], lead);
        }
        for (place, joint) in way.iter().enumerate() {
            self.number(joint, place.saturating_sub(1) as u32, states_max);
        }
    }

    /// Looks at one joint state, and at every edge that leads out of it.
    fn look(&mut self, moves: &mut Moves, number: usize, found: &mut Vec<Next>, states_max: usize) {
        let joint = self.states.joint(number);
        moves.next(&joint, found);
        let waits = Side::BOTH.into_iter().any(|side| moves.known(&joint, side).apart);
        let moves_on = |next: &Next| match next.action.kind() {
            Kind::Progress => true,
            Kind::Upkeep => waits,
            Kind::Fault | Kind::Mending | Kind::Command => false,
        };
        let rests = !found.iter().any(moves_on);
        self.counts.rests += u64::from(rests);
        if let Some(violation) = self.judge(moves, &joint, rests) {
            self.violate(moves, number as u32, None, violation);
        }
        for next in found.iter() {
            if let Some(violation) = invariants::edge(moves, &joint, next) {
                self.violate(moves, number as u32, Some(next.action), violation);
            }
            let target = self.number(&next.joint, number as u32, states_max);
            self.counts.edges += 1;
            if let Some(target) = target
                && moves.is_way_back(&joint, next.action)
            {
                self.ways.edge(target);
            }
        }
        self.ways.end(moves.is_normal(&joint));
    }

    /// From every joint state that was found, a way must lead back to Normal/Normal.
    fn find_ways_back(&mut self, moves: &mut Moves, began: Instant, progress: Progress) {
        let mut ways = std::mem::take(&mut self.ways);
        ways.extend_to(self.states.len());
        ways.settle();
        let mut beyond = Beyond::new(&self.states, ways);
        let mut counts = self.counts;
        let stuck = (0..self.states.len()).find(|number| {
            if number.is_multiple_of(WORD_EVERY) {
                (counts.ways_back, counts.took) = (*number, began.elapsed());
                progress(&counts);
            }
            !beyond.leads_back(moves, *number)
        });
        self.counts.ways_back = stuck.unwrap_or(self.states.len());
        if let Some(number) = stuck {
            let what = "Normal/Normal cannot be reached from here by what `status` recommends".to_owned();
            // One is enough: to know that there is none takes long.
            self.violate(moves, number as u32, None, (invariants::BACK_TO_NORMAL.name, what));
        }
    }

    fn judge(&mut self, moves: &Moves, joint: &Joint, rests: bool) -> Option<(&'static str, String)> {
        let twice = moves.serves_twice(joint);
        self.counts.served_twice += u64::from(twice);
        if !rests && !twice {
            return None;
        }
        invariants::state(&Sight {
            joint,
            nodes: Side::BOTH.map(|side| moves.known(joint, side)),
            servers: Side::BOTH.map(|home| moves.servers(joint, home).collect()),
            rests,
            mended: moves.is_mended(joint),
            may_be_served_twice: joint.split && moves.config.parameters.partition == Partition::Available,
        })
    }

    /// The first violation of an invariant is kept, with the way there.
    fn violate(&mut self, moves: &mut Moves, number: u32, last: Option<Action>, violation: (&'static str, String)) {
        self.violations_count += 1;
        let (invariant, what) = violation;
        if self.violations.iter().any(|violation| violation.invariant == invariant) {
            return;
        }
        let mut numbers = vec![number];
        while let Some(last) = numbers.last().filter(|last| **last != 0) {
            numbers.push(self.parents[*last as usize]);
        }
        numbers.reverse();
        let mut found = Vec::new();
        let mut steps = self.lead.clone();
        for pair in numbers.windows(2) {
            let [from, to] = [pair[0], pair[1]].map(|number| self.states.joint(number as usize));
            moves.next(&from, &mut found);
            steps.extend(found.iter().find(|next| next.joint == to).into_iter().flat_map(Next::spelt_out));
        }
        steps.extend(last);
        self.violations.push(Violation { invariant, what, steps });
    }
}
