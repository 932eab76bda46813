//! A joint state: both nodes, what is under way between them, the witness, and what is broken. It packs into 160 bits.

use locum_core::{Echoes, News};

use crate::Side;
use crate::witness::{Answer, Compared, Told, Witness};

/// A message under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flight {
    /// What it says, by its number.
    pub(crate) words: u16,
    /// How its sender had changed since the message before it, or since what the receiver knows.
    pub(crate) news: News,
    /// What it echoes of its receiver.
    pub(crate) echoes: Echoes,
}

/// The way from one node to its peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Messages under way, the oldest first.
    pub(crate) flights: [Option<Flight>; 2],
    /// How the sender has changed since the last message, or since what the receiver knows.
    pub(crate) news: News,
    /// What is sent gets lost.
    pub cut: bool,
}

/// Why a node may not have heard its peer for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// Nothing has kept it from hearing its peer.
    None,
    /// Its peer's daemon has died since it last heard it.
    Died,
    /// A link was cut since it last heard its peer.
    Cut,
}

/// What there is around a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct World {
    /// Whether each service would work, if it ran.
    pub sound: [bool; 2],
    /// The host does not run for a while.
    pub frozen: bool,
    /// It has not run for so long that its peer has noticed.
    pub(crate) missed: bool,
    /// What has kept the node from hearing its peer.
    pub(crate) gap: Gap,
}

/// Both nodes at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joint {
    /// The forms of the nodes, by their numbers.
    pub(crate) forms: [u32; 2],
    /// From each node to its peer.
    pub lanes: [Lane; 2],
    /// Around each node.
    pub worlds: [World; 2],
    /// A cut, or what came of one, is not over yet.
    pub split: bool,
    /// The witness.
    pub(crate) witness: Witness,
}

/// A joint state as numbers: 32 bits are for the witness.
pub(crate) type Packed = [u32; 5];

const FORM_BITS: u32 = 21;
const WORDS_BITS: u32 = 12;

impl Joint {
    /// Two hosts that are up, with nothing under way, whose daemons have these forms.
    pub(crate) fn new(forms: [u32; 2]) -> Self {
        let lane = Lane { flights: [None; 2], news: News::Same, cut: false };
        let world = World { sound: [true; 2], frozen: false, missed: false, gap: Gap::None };
        Self { forms, lanes: [lane; 2], worlds: [world; 2], split: false, witness: Witness::default() }
    }

    /// The way to this node.
    pub(crate) fn to(&mut self, side: Side) -> &mut Lane {
        &mut self.lanes[side.peer().place()]
    }

    /// Whether a link is cut, one way or both.
    pub fn is_cut(&self) -> bool {
        self.lanes.iter().any(|lane| lane.cut)
    }

    /// All of it in few numbers.
    ///
    /// # Panics
    /// There are more forms or messages than the number has room for.
    pub(crate) fn pack(&self) -> Packed {
        let mut bits = Bits(0);
        for form in self.forms {
            bits.push(form.into(), FORM_BITS);
        }
        for lane in self.lanes {
            for flight in lane.flights {
                match flight {
                    // No message is spelt by zeros alone.
                    None => bits.push(0, WORDS_BITS + 4),
                    Some(flight) => {
                        bits.push(u128::from(flight.words) + 1, WORDS_BITS);
                        bits.push(flight.news as u128, 2);
                        bits.push(flight.echoes as u128, 2);
                    }
                }
            }
            bits.push(lane.news as u128, 2);
            bits.push(lane.cut.into(), 1);
        }
        for world in self.worlds {
            for flag in [world.sound[0], world.sound[1], world.frozen, world.missed] {
                bits.push(flag.into(), 1);
            }
            bits.push(world.gap as u128, 2);
        }
        bits.push(self.split.into(), 1);
        let part = |shift: u32| (bits.0 >> shift) as u32;
        [part(0), part(32), part(64), part(96), self.witness.pack()]
    }

    /// The joint state in these numbers.
    pub(crate) fn unpack(packed: Packed) -> Self {
        let [low, .., witness] = packed;
        let nodes = packed[1..4].iter().zip([32, 64, 96]);
        let mut bits = Bits(nodes.fold(low.into(), |all, (part, shift)| all | u128::from(*part) << shift));
        let split = bits.flag();
        let mut joint = Self::new([0; 2]);
        joint.split = split;
        joint.witness = Witness::unpack(witness);
        for world in joint.worlds.iter_mut().rev() {
            world.gap = [Gap::None, Gap::Died, Gap::Cut][bits.pop(2) as usize];
            world.missed = bits.flag();
            world.frozen = bits.flag();
            world.sound[1] = bits.flag();
            world.sound[0] = bits.flag();
        }
        for lane in joint.lanes.iter_mut().rev() {
            lane.cut = bits.flag();
            lane.news = NEWS[bits.pop(2) as usize];
            for flight in lane.flights.iter_mut().rev() {
                let (echoes, news) = (ECHOES[bits.pop(2) as usize], NEWS[bits.pop(2) as usize]);
                let words = bits.pop(WORDS_BITS) as u16;
                *flight = (words > 0).then(|| Flight { words: words - 1, news, echoes });
            }
        }
        for form in joint.forms.iter_mut().rev() {
            *form = bits.pop(FORM_BITS) as u32;
        }
        joint
    }
}

impl Witness {
    fn pack(&self) -> u32 {
        let mut bits = Bits(0);
        self.holders.iter().for_each(|holder| bits.push(holder_bits(*holder), 2));
        self.outdated.iter().flatten().for_each(|outdated| bits.push((*outdated).into(), 1));
        for answer in self.answers {
            let Some(Answer { leases, late }) = answer else {
                bits.push(0, 12);
                continue;
            };
            bits.push(1, 1);
            bits.push(late.into(), 1);
            for Told { holder, record, outdated } in leases {
                bits.push(holder_bits(holder), 2);
                bits.push(record as u128, 2);
                bits.push(outdated.into(), 1);
            }
        }
        bits.0 as u32
    }

    fn unpack(packed: u32) -> Self {
        let mut bits = Bits(packed.into());
        let mut witness = Witness::default();
        for answer in witness.answers.iter_mut().rev() {
            let mut leases = [Told { holder: None, record: Compared::Same, outdated: false }; 2];
            for told in leases.iter_mut().rev() {
                told.outdated = bits.flag();
                told.record = [Compared::Same, Compared::Changed, Compared::Swapped][bits.pop(2) as usize];
                told.holder = HOLDERS[bits.pop(2) as usize];
            }
            let late = bits.flag();
            *answer = bits.flag().then_some(Answer { leases, late });
        }
        witness.outdated.iter_mut().flatten().rev().for_each(|outdated| *outdated = bits.flag());
        witness.holders.iter_mut().rev().for_each(|holder| *holder = HOLDERS[bits.pop(2) as usize]);
        witness
    }
}

const HOLDERS: [Option<Side>; 3] = [None, Some(Side::A), Some(Side::B)];

fn holder_bits(holder: Option<Side>) -> u128 {
    holder.map_or(0, |side| side as u128 + 1)
}

const NEWS: [News; 4] = [News::Same, News::Version, News::Incarnation, News::Boot];
const ECHOES: [Echoes; 4] = [Echoes::Nothing, Echoes::Present, Echoes::Earlier, Echoes::PresentLongAgo];

/// Bits that are put on and taken off at the low end.
struct Bits(u128);

impl Bits {
    fn push(&mut self, value: u128, count: u32) {
        assert!(value < 1 << count, "more forms or messages than {count} bits can number");
        self.0 = self.0 << count | value;
    }

    fn pop(&mut self, count: u32) -> u128 {
        let value = self.0 & ((1 << count) - 1);
        self.0 >>= count;
        value
    }

    fn flag(&mut self) -> bool {
        self.pop(1) == 1
    }
}

impl Lane {
    /// How many messages are under way.
    pub(crate) fn under_way(&self) -> usize {
        self.flights.iter().flatten().count()
    }

    /// A message that is sent now joins those under way, of which at most `messages` are kept. Returns whether it crowds
    /// out the oldest.
    pub(crate) fn send(&mut self, words: u16, echoes: Echoes, messages: usize) -> bool {
        let flight = Flight { words, news: self.news, echoes };
        if let Some(last) = self.flights.iter().flatten().last()
            && (last.words, last.echoes, flight.news) == (words, echoes, News::Same)
        {
            return false;
        }
        let is_full = self.under_way() == messages;
        if is_full {
            self.lose(0);
        }
        let free = self.under_way();
        let news = if free == 0 { self.news } else { flight.news };
        self.flights[free] = Some(Flight { news, ..flight });
        self.news = News::Same;
        is_full
    }

    /// The message in this place gets lost. What it would have told is news in the next one.
    pub(crate) fn lose(&mut self, place: usize) {
        let Some(lost) = self.flights[place].take() else { return };
        match self.flights.get_mut(place + 1).and_then(Option::as_mut) {
            Some(next) => next.news = next.news.max(lost.news),
            None => self.news = self.news.max(lost.news),
        }
        if place == 0 {
            self.flights.swap(0, 1);
        }
    }

    /// The message in this place arrives, and older ones are void. With it, how the sender has changed since the last
    /// message that has arrived.
    pub(crate) fn arrive(&mut self, place: usize) -> Option<Flight> {
        let flight = self.flights[place]?;
        let older = self.flights[..place].iter().flatten().map(|flight| flight.news).max();
        let flight = Flight { news: flight.news.max(older.unwrap_or(News::Same)), ..flight };
        let rest = self.flights.get(place + 1).copied().flatten();
        self.flights = [rest, None];
        Some(flight)
    }

    /// The receiver has changed what it announces: messages under way name its past.
    pub(crate) fn receiver_changes(&mut self) {
        self.echo(|echoes| match echoes {
            Echoes::Present => Echoes::Earlier,
            Echoes::PresentLongAgo => Echoes::Nothing,
            other => other,
        });
    }

    /// The receiver was late by the timeout: what messages under way name was sent before that.
    pub(crate) fn receiver_was_late(&mut self) {
        self.echo(Echoed::long_ago);
    }

    /// Where these words are said, this becomes of what they echo.
    pub(crate) fn echo_where(&mut self, said: impl Fn(u16) -> bool, change: impl Fn(Echoes) -> Echoes) {
        for flight in self.flights.iter_mut().flatten().filter(|flight| said(flight.words)) {
            flight.echoes = change(flight.echoes);
        }
    }

    /// The receiver has started anew: messages under way name nothing of it.
    pub(crate) fn receiver_starts(&mut self) {
        self.echo(|_| Echoes::Nothing);
    }

    fn echo(&mut self, change: impl Fn(Echoes) -> Echoes) {
        self.echo_where(|_| true, change);
    }
}

/// What becomes of what is echoed.
pub(crate) trait Echoed {
    /// So much time has passed that it was sent longer ago than the keep-alive timeout.
    fn long_ago(self) -> Self;
}

impl Echoed for Echoes {
    fn long_ago(self) -> Self {
        match self {
            Echoes::Present => Echoes::PresentLongAgo,
            Echoes::Earlier => Echoes::Nothing,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_again() {
        let mut joint = Joint::new([1, (1 << FORM_BITS) - 1]);
        joint.lanes[0].flights[0] = Some(Flight { words: 0, news: News::Boot, echoes: Echoes::Earlier });
        joint.lanes[1].flights = [Some(Flight { words: 4094, news: News::Same, echoes: Echoes::Nothing }); 2];
        joint.lanes[1].news = News::Incarnation;
        joint.lanes[1].cut = true;
        joint.worlds[0] = World { sound: [false, true], frozen: true, missed: false, gap: Gap::Cut };
        joint.split = true;
        let told = Told { holder: Some(Side::B), record: Compared::Swapped, outdated: true };
        joint.witness = Witness {
            holders: [Some(Side::B), None],
            outdated: [[true, false], [false, true]],
            answers: [None, Some(Answer { leases: [told, Told { holder: None, ..told }], late: true })],
        };
        assert_eq!(Joint::unpack(joint.pack()), joint);
    }

    #[test]
    fn what_a_lost_message_would_have_told_is_news_in_the_next() {
        let mut lane = Joint::new([0; 2]).lanes[0];
        lane.news = News::Boot;
        lane.send(1, Echoes::Nothing, 2);
        lane.news = News::Version;
        lane.send(2, Echoes::Present, 2);
        lane.lose(0);
        assert_eq!(lane.flights, [Some(Flight { words: 2, news: News::Boot, echoes: Echoes::Present }), None]);
        assert_eq!(lane.arrive(0).map(|flight| flight.news), Some(News::Boot));
        assert_eq!(lane.flights, [None; 2]);
    }

    #[test]
    fn a_message_that_overtakes_another_makes_it_void() {
        let mut lane = Joint::new([0; 2]).lanes[0];
        lane.news = News::Incarnation;
        lane.send(1, Echoes::Nothing, 2);
        lane.news = News::Version;
        lane.send(2, Echoes::Present, 2);
        assert_eq!(lane.arrive(1).map(|flight| flight.news), Some(News::Incarnation));
        assert_eq!(lane.flights, [None; 2]);
    }
}
