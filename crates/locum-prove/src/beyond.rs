//! Ways back to Normal/Normal that lead beyond the bound, where no edge is known: looked for step by step.

use std::collections::VecDeque;

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashSet};

use crate::action::{Action, Kind};
use crate::joint::{Joint, Packed};
use crate::moves::{Moves, Next};
use crate::states::States;
use crate::ways::Ways;

/// How a way back is looked for.
#[derive(Clone, Copy)]
enum Search {
    /// Straight on: most ways are found without a turn.
    Deep,
    /// All around: a short way is found.
    Wide,
}

impl Search {
    /// How far it goes, in joint states.
    fn states_max(self) -> usize {
        match self {
            Search::Deep => 200,
            Search::Wide => 50_000,
        }
    }
}

/// How many joint states beyond the bound are remembered, at most: some 500 MB.
const REMEMBERED_MAX: usize = 1 << 24;

/// What is known of ways back, within the bound and beyond it.
pub(crate) struct Beyond<'a> {
    states: &'a States,
    within: Ways,
    /// From these too a way leads back.
    beyond: HashSet<Packed, FixedState>,
    found: Vec<Next>,
}

impl<'a> Beyond<'a> {
    /// Ways back within the bound, settled, are where to begin.
    pub(crate) fn new(states: &'a States, within: Ways) -> Self {
        Self { states, within, beyond: HashSet::default(), found: Vec::new() }
    }

    /// Whether a way leads back from the joint state of this number. One that is found is remembered, and every state
    /// on it.
    pub(crate) fn leads_back(&mut self, moves: &mut Moves, number: usize) -> bool {
        self.within.reaches(number)
            || self.search(moves, number, Search::Deep)
            || self.search(moves, number, Search::Wide)
    }

    fn search(&mut self, moves: &mut Moves, number: usize, search: Search) -> bool {
        let begin = self.states.packed(number);
        // Each state that was come to, and from where.
        let mut came_from: HashMap<Packed, Packed, FixedState> = HashMap::default();
        let mut trail = VecDeque::from([(begin, begin)]);
        let next = |trail: &mut VecDeque<_>| match search {
            Search::Deep => trail.pop_back(),
            Search::Wide => trail.pop_front(),
        };
        while let Some((packed, from)) = next(&mut trail) {
            if came_from.len() > search.states_max() {
                return false;
            }
            if came_from.contains_key(&packed) {
                continue;
            }
            came_from.insert(packed, from);
            let joint = Joint::unpack(packed);
            if self.reaches(packed) || moves.is_normal(&joint) {
                self.remember(&came_from, packed);
                return true;
            }
            moves.next_back(&joint, &mut self.found);
            self.found.sort_by_key(|next| haste(next.action));
            trail.extend(self.found.iter().map(|next| (next.joint.pack(), packed)));
        }
        false
    }

    fn reaches(&self, packed: Packed) -> bool {
        match self.states.number_of(packed) {
            Some(number) => self.within.reaches(number as usize),
            None => self.beyond.contains(&packed),
        }
    }

    /// A way leads back from every state of a way that does.
    fn remember(&mut self, came_from: &HashMap<Packed, Packed, FixedState>, last: Packed) {
        let mut packed = last;
        loop {
            match self.states.number_of(packed) {
                Some(number) => self.within.mark(number as usize),
                None if self.beyond.len() < REMEMBERED_MAX => _ = self.beyond.insert(packed),
                None => {}
            }
            let from = came_from[&packed];
            if from == packed {
                break;
            }
            packed = from;
        }
    }
}

/// What is tried first, the most hasty: mending, then what comes by itself, then commands, and what waits for a timer
/// last. Who hears its peer needs no witness.
fn haste(action: Action) -> u8 {
    match action {
        Action::Silence(_) | Action::FallbackDue(_) | Action::ServiceDelay(..) => 0,
        Action::RightEnds(..) | Action::AsksWitness(_) => 0,
        Action::Asked(..) => 1,
        Action::ThawVeryLate(_) | Action::ThawLate(_) => 2,
        Action::Beats(_) => 3,
        _ if action.kind() == Kind::Progress => 4,
        _ => 5,
    }
}
