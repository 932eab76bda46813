//! Whether a way leads back to Normal/Normal: looked for backwards, over the whole graph.

/// The edges that may be counted on, by the state that they lead out of, in the order in which it was looked at.
#[derive(Default)]
pub(crate) struct Ways {
    targets: Vec<u32>,
    /// Where the edges of each state end.
    ends: Vec<u64>,
    /// Whether the goal can be reached from a state: a bit each.
    reaches: Vec<u64>,
}

impl Ways {
    /// An edge out of the state that is looked at.
    pub(crate) fn edge(&mut self, target: u32) {
        self.targets.push(target);
    }

    /// There are no more edges out of this state; the next one follows.
    pub(crate) fn end(&mut self, is_goal: bool) {
        let state = self.ends.len();
        self.ends.push(self.targets.len() as u64);
        if state.is_multiple_of(64) {
            self.reaches.push(0);
        }
        if is_goal {
            self.reaches[state / 64] |= 1 << (state % 64);
        }
    }

    /// Finds the states from which the goal can be reached over the edges that are known.
    ///
    /// A way out leads mostly to what was found later, so passes go from the last state to the first.
    pub(crate) fn settle(&mut self) {
        loop {
            let mut changed = false;
            for state in (0..self.ends.len()).rev() {
                if !self.reaches(state) && self.edges_of(state).iter().any(|target| self.reaches(*target as usize)) {
                    self.mark(state);
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
    }

    /// There are so many states; those whose edges are not known have none.
    pub(crate) fn extend_to(&mut self, states: usize) {
        self.ends.resize(states, self.targets.len() as u64);
        self.reaches.resize(states.div_ceil(64), 0);
    }

    /// The goal can be reached from this state.
    pub(crate) fn mark(&mut self, state: usize) {
        self.reaches[state / 64] |= 1 << (state % 64);
    }

    /// Whether the goal can be reached from this state, as far as is known.
    pub(crate) fn reaches(&self, state: usize) -> bool {
        self.reaches[state / 64] & (1 << (state % 64)) != 0
    }

    fn edges_of(&self, state: usize) -> &[u32] {
        let begin = if state == 0 { 0 } else { self.ends[state - 1] };
        &self.targets[begin as usize..self.ends[state] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(mut ways: Ways, states: usize) -> Vec<usize> {
        ways.extend_to(states);
        ways.settle();
        (0..states).filter(|state| !ways.reaches(*state)).collect()
    }

    #[test]
    fn states_without_a_way_back_are_found() {
        let mut ways = Ways::default();
        for (edges, goal) in [(&[1, 2][..], false), (&[0], true), (&[3], false), (&[2], false)] {
            edges.iter().for_each(|target| ways.edge(*target));
            ways.end(goal);
        }
        assert_eq!(without(ways, 5), [2, 3, 4]);
    }

    #[test]
    fn a_way_may_be_long() {
        let mut ways = Ways::default();
        for state in 0..1000u32 {
            if state > 0 {
                ways.edge(state - 1);
            }
            ways.end(state == 0);
        }
        assert_eq!(without(ways, 1000), [0; 0]);
    }
}
