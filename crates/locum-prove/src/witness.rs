//! The witness: a record for each home, and the answers that are on their way. And time, where rights rest on it.
//!
//! A request that a node has sent is in its form ([`locum_core::Core::asked`]) until the answer arrives. Between the two
//! the witness decides, in one step. What a record says is by whom it is held; its revision counts only by whether a
//! node has read the latest.

use locum_core::{Home, Partition, Term, Wish};

use crate::joint::{Echoed, Joint};
use crate::moves::Moves;
use crate::{Action, Side};

/// The witness, and what it is about to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Witness {
    /// Who holds the lease of each home.
    pub(crate) holders: [Option<Side>; 2],
    /// Whether each node's knowledge of each record, first of the node's and then of the home's place, is outdated.
    pub(crate) outdated: [[bool; 2]; 2],
    /// What is on its way to each node.
    pub(crate) answers: [Option<Answer>; 2],
}

/// An answer on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Of each home's lease.
    pub(crate) leases: [Told; 2],
    /// What was asked for was asked longer ago than a lease holds.
    pub(crate) late: bool,
}

/// What the witness says of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Who holds it.
    pub(crate) holder: Option<Side>,
    /// How the record compares with what the node knew.
    pub(crate) record: Compared,
    /// It has been written again since.
    pub(crate) outdated: bool,
}

/// A record, and what the node that asked knew of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// It is still the same.
    Same,
    /// Somebody else has written it.
    Changed,
    /// It has been written as this node has asked.
    Swapped,
}

/// The node whose home it is that `node` calls so.
fn at_home(home: Home, node: Side) -> Side {
    match home {
        Home::Own => node,
        Home::Peers => node.peer(),
    }
}

impl Witness {
    /// The daemon of this node has ended: what it knew is forgotten, and answers to it go nowhere.
    pub(crate) fn forget(&mut self, node: Side) {
        self.outdated[node.place()] = [true; 2];
        self.answers[node.place()] = None;
    }

    /// The witness does what a node has asked, and an answer is on its way.
    pub(crate) fn decide(&mut self, node: Side, wishes: [Wish; 2]) {
        let leases = Side::BOTH.map(|home| {
            let outdated = self.outdated[node.place()][home.place()];
            let holder = match wishes[home.place()] {
                Wish::Read => None,
                _ if outdated => None,
                Wish::Hold { .. } => Some(Some(node)),
                Wish::Release { .. } => Some(None),
            };
            if let Some(holder) = holder {
                self.write(home, holder);
            }
            let record = match (holder, outdated) {
                (Some(_), _) => Compared::Swapped,
                (None, true) => Compared::Changed,
                (None, false) => Compared::Same,
            };
            Told { holder: self.holders[home.place()], record, outdated: false }
        });
        self.answers[node.place()] = Some(Answer { leases, late: false });
    }

    fn write(&mut self, home: Side, holder: Option<Side>) {
        self.holders[home.place()] = holder;
        for node in Side::BOTH {
            self.outdated[node.place()][home.place()] = true;
            if let Some(answer) = &mut self.answers[node.place()] {
                answer.leases[home.place()].outdated = true;
            }
        }
    }

    /// The answer to a node arrives.
    pub(crate) fn take(&mut self, node: Side) -> Option<Answer> {
        let answer = self.answers[node.place()].take()?;
        self.outdated[node.place()] = answer.leases.map(|told| told.outdated);
        Some(answer)
    }
}

impl Moves<'_> {
    /// What may become of a node's rights next.
    pub(crate) fn rights(&self, joint: &Joint, node: Side) -> Vec<Action> {
        let terms = Term::ALL.into_iter().flat_map(|term| Home::BOTH.map(|home| (term, home)));
        let ends = terms.filter(|(term, home)| self.may_end(joint, node, *term, *home));
        let mut found: Vec<_> = ends.map(|(term, home)| Action::RightEnds(node, term, home)).collect();
        if !matches!(self.config.parameters.partition, Partition::Witness { .. }) {
            return found;
        }
        let known = self.known(joint, node);
        let answers = joint.witness.answers[node.place()].is_some();
        match (known.asked, answers) {
            (None, _) => found.push(Action::AsksWitness(node)),
            (Some(_), false) => found.push(Action::WitnessDecides(node)),
            (Some(_), true) => found.push(Action::WitnessAnswers(node)),
        }
        if known.asked.is_some() && self.config.scope.witness_fails {
            found.push(Action::WitnessFails(node));
        }
        found
    }

    /// Whether this may end now. A right may at any time. What the other node's right rests on ends after that right: so
    /// that has ended, or its owner is paused, and then the fence has ended what it served.
    fn may_end(&self, joint: &Joint, node: Side, term: Term, home: Home) -> bool {
        let known = self.known(joint, node);
        if !known.has_term(term, home) {
            return false;
        }
        let matters = known.claims[home as usize] || known.apart;
        let peer = self.known(joint, node.peer());
        let runs = peer.up && !joint.worlds[node.peer().place()].frozen;
        let rests_on_it = |right| runs && peer.has_term(right, home.to_the_peer());
        match term {
            Term::Promised | Term::Held => true,
            Term::Bound => matters && !rests_on_it(Term::Promised),
            Term::Watched => matters && (is_outdated(joint, node, home) || !rests_on_it(Term::Held)),
        }
    }

    /// It ends: so much time has passed for the other node, too.
    pub(crate) fn end_term(&self, joint: &mut Joint, node: Side, term: Term, home: Home) {
        let peer = node.peer();
        let passes = match term {
            Term::Promised | Term::Held => false,
            Term::Bound => {
                joint.to(peer).echo_where(|words| self.promises(words, home), Echoed::long_ago);
                true
            }
            Term::Watched if is_outdated(joint, node, home) => false,
            Term::Watched => {
                if let Some(answer) = &mut joint.witness.answers[peer.place()] {
                    let told = answer.leases[at_home(home, node).place()];
                    answer.late |= told.record == Compared::Swapped;
                }
                true
            }
        };
        let world = &mut joint.worlds[peer.place()];
        world.missed |= passes && world.frozen;
    }

    /// Whether these words of a node promise a home, as it calls it.
    fn promises(&self, words: u16, home: Home) -> bool {
        let (told, _) = self.steps.forms.words(words);
        told.goodbye || (told.promises && !told.state.claims(home))
    }
}

/// Whether the record of this home has been written since the node has read it.
fn is_outdated(joint: &Joint, node: Side, home: Home) -> bool {
    joint.witness.outdated[node.place()][at_home(home, node).place()]
}
