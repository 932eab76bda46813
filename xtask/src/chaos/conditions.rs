//! What the network is like now: one value, that follows from the faults that are going on.

use super::plan::{Kind, Rough};

/// The network as it is now. The first link is direct; the second, where there is one, goes through a relay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Conditions {
    /// Nothing that this node sends to its peer arrives.
    pub(super) cut_from: [bool; 2],
    /// Nothing arrives on the first link; the stream is not concerned.
    pub(super) first_link_cut: bool,
    /// This node and the witness do not reach each other.
    pub(super) witness_cut: [bool; 2],
    /// So many of a hundred packets are lost on all links.
    pub(super) lost_percent: u8,
    /// On the second link.
    pub(super) weather: Rough,
}

impl Conditions {
    /// What these faults make of the network.
    pub(super) fn of<'a>(faults: impl IntoIterator<Item = &'a Kind>) -> Conditions {
        let mut now = Conditions::default();
        for fault in faults {
            match *fault {
                Kind::Cut => now.cut_from = [true; 2],
                Kind::CutOneWay { from } => now.cut_from[from.index()] = true,
                Kind::CutLink => now.first_link_cut = true,
                Kind::CutWitness { nodes } => (0..2).for_each(|node| now.witness_cut[node] |= nodes[node]),
                Kind::Loss { percent } => now.lost_percent = now.lost_percent.max(percent),
                Kind::Weather { rough } => (now.first_link_cut, now.weather) = (true, rough),
                _ => {}
            }
        }
        now
    }

    /// Whether the nodes may cease to hear each other: everything is cut one way at least, or so much is lost on the
    /// one link that is left that a whole keep-alive timeout of heartbeats may be among it.
    pub(super) fn parts_the_nodes(&self) -> bool {
        let lost = u32::from(self.lost_percent) + u32::from(self.weather.lost_percent);
        self.cut_from != [false; 2] || (self.first_link_cut && lost > 20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pair::node::Node;

    #[test]
    fn faults_add_up() {
        let weather = Kind::Weather { rough: Rough { lost_percent: 10, ..Rough::default() } };
        let now = Conditions::of([&Kind::CutOneWay { from: Node::B }, &Kind::Loss { percent: 5 }, &weather]);
        assert_eq!((now.cut_from, now.first_link_cut, now.lost_percent), ([false, true], true, 5));
        assert_eq!(Conditions::of([&Kind::Kill { node: Node::A }]), Conditions::default());
    }

    #[test]
    fn one_bad_link_of_two_parts_nobody() {
        assert!(!Conditions::of([&Kind::CutLink]).parts_the_nodes());
        assert!(!Conditions::of([&Kind::Loss { percent: 30 }]).parts_the_nodes());
        assert!(Conditions::of([&Kind::CutLink, &Kind::Loss { percent: 30 }]).parts_the_nodes());
        assert!(Conditions::of([&Kind::CutOneWay { from: Node::A }]).parts_the_nodes());
    }
}
