//! The receiving side: what is new, and how each link is doing.

use super::{LinkQuality, Verdict, sender::Numbered};
use crate::window::{Arrival, Window};

/// Drops copies and replays, across all links of a transport, and keeps count of each link.
///
/// Copies of one frame bear the same number on every link, so that a link's losses show in the numbers that it did not
/// bring.
#[derive(Debug)]
pub struct Receiver {
    tag: u8,
    /// The peer's session and the run in it. A higher one starts afresh, a lower one is a replay.
    stream: Option<(u64, u64)>,
    window: Window,
    links: Vec<Link>,
}

impl Receiver {
    /// Of the transport that goes by this tag, over this many links.
    pub fn new(tag: u8, links: u32) -> Self {
        Self { tag, stream: None, window: Window::default(), links: vec![Link::default(); links as usize] }
    }

    /// Takes in a packet, as `framing.receive` of `wit/transport.wit` says.
    pub fn receive(&mut self, now_ms: u64, link: u32, session: u64, packet: &[u8]) -> Verdict {
        let Some(packet) = Numbered::parse(self.tag, packet) else { return Verdict::Malformed };
        if link as usize >= self.links.len() {
            return Verdict::Malformed;
        }
        let stream = Some((session, packet.run));
        if stream < self.stream {
            return Verdict::Replayed;
        }
        if stream > self.stream {
            *self = Self { stream, ..Self::new(self.tag, self.links.len() as u32) };
        }
        let link = &mut self.links[link as usize];
        link.count(now_ms, packet.number);
        match self.window.admit(packet.number) {
            Arrival::Next | Arrival::Late => Verdict::Deliver(packet.frame.to_vec()),
            Arrival::Duplicate => {
                link.quality.duplicates += 1;
                Verdict::Duplicate
            }
            Arrival::TooOld => Verdict::Replayed,
        }
    }

    /// The links, in order.
    pub fn quality(&self) -> Vec<LinkQuality> {
        self.links.iter().map(|link| link.quality).collect()
    }
}

/// One link, judged by the numbers that it alone has brought.
#[derive(Clone, Debug)]
struct Link {
    window: Window,
    /// The lowest and the highest number; nothing before the first.
    span: Option<(u64, u64)>,
    /// How many different numbers have arrived.
    distinct: u64,
    quality: LinkQuality,
}

impl Default for Link {
    fn default() -> Self {
        let quality = LinkQuality { received: 0, lost: 0, duplicates: 0, reordered: 0, last_received_ms: 0 };
        Self { window: Window::default(), span: None, distinct: 0, quality }
    }
}

impl Link {
    fn count(&mut self, now_ms: u64, number: u64) {
        let arrival = self.window.admit(number);
        let (lowest, highest) = self.span.unwrap_or((number, number));
        let (lowest, highest) = (lowest.min(number), highest.max(number));
        if matches!(arrival, Arrival::Next | Arrival::Late) {
            self.span = Some((lowest, highest));
            self.distinct += 1;
        }
        let quality = &mut self.quality;
        quality.received += 1;
        quality.reordered += u64::from(arrival == Arrival::Late);
        quality.lost =
            self.span.map_or(0, |(lowest, highest)| (highest - lowest).saturating_add(1).saturating_sub(self.distinct));
        quality.last_received_ms = now_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Sender;

    const TAG: u8 = b'x';

    /// Packets 1 to `count`, each with its number as its frame.
    fn packets(run_ms: u64, count: u8) -> Vec<Vec<u8>> {
        let mut sender = Sender::new(TAG);
        (1..=count).map(|number| sender.number(run_ms, &[number])).collect()
    }

    fn delivered(verdict: Verdict) -> u8 {
        match verdict {
            Verdict::Deliver(frame) => frame[0],
            other => panic!("not delivered: {other:?}"),
        }
    }

    #[test]
    fn late_frames_are_delivered_and_counted() {
        let (packets, mut receiver) = (packets(1, 5), Receiver::new(TAG, 1));
        let order = [0, 3, 1, 4];
        let frames = order.map(|index| delivered(receiver.receive(50 + index as u64, 0, 7, &packets[index])));
        assert_eq!(frames, [1, 4, 2, 5]);
        let [quality] = receiver.quality()[..] else { panic!("one link") };
        assert_eq!((quality.received, quality.lost, quality.reordered, quality.duplicates), (4, 1, 1, 0));
        assert_eq!(quality.last_received_ms, 54);
    }

    #[test]
    fn the_first_copy_wins_and_each_link_is_judged_alone() {
        let (packets, mut receiver) = (packets(1, 3), Receiver::new(TAG, 2));
        assert_eq!(delivered(receiver.receive(1, 1, 7, &packets[0])), 1);
        assert!(matches!(receiver.receive(2, 0, 7, &packets[0]), Verdict::Duplicate));
        assert_eq!(delivered(receiver.receive(3, 1, 7, &packets[1])), 2);
        assert_eq!(delivered(receiver.receive(4, 0, 7, &packets[2])), 3);
        let quality = receiver.quality();
        assert_eq!((quality[0].received, quality[0].lost, quality[0].duplicates), (2, 1, 1));
        assert_eq!((quality[1].received, quality[1].lost, quality[1].duplicates), (2, 0, 0));
    }

    #[test]
    fn a_higher_session_starts_afresh_and_a_lower_one_is_a_replay() {
        let (packets, mut receiver) = (packets(1, 2), Receiver::new(TAG, 1));
        assert_eq!(delivered(receiver.receive(1, 0, 7, &packets[1])), 2);
        assert_eq!(delivered(receiver.receive(2, 0, 8, &packets[1])), 2);
        assert!(matches!(receiver.receive(3, 0, 7, &packets[0]), Verdict::Replayed));
        assert_eq!(receiver.quality()[0].received, 1, "counters start at 0 with the session");
    }

    #[test]
    fn a_transport_that_was_started_again_is_heard() {
        let (before, after, mut receiver) = (packets(1000, 9), packets(2000, 1), Receiver::new(TAG, 1));
        assert_eq!(delivered(receiver.receive(1, 0, 7, &before[8])), 9);
        assert_eq!(delivered(receiver.receive(2, 0, 7, &after[0])), 1);
        assert!(matches!(receiver.receive(3, 0, 7, &before[7]), Verdict::Replayed));
    }

    #[test]
    fn joining_in_the_middle_of_a_session_is_no_loss() {
        let (packets, mut receiver) = (packets(1, 200), Receiver::new(TAG, 1));
        receiver.receive(1, 0, 7, &packets[198]);
        receiver.receive(2, 0, 7, &packets[199]);
        assert_eq!(receiver.quality()[0].lost, 0);
        assert!(matches!(receiver.receive(3, 0, 7, &packets[0]), Verdict::Replayed));
    }

    #[test]
    fn what_no_link_of_ours_brought_is_malformed() {
        let (packets, mut receiver) = (packets(1, 1), Receiver::new(TAG, 1));
        assert!(matches!(receiver.receive(1, 1, 7, &packets[0]), Verdict::Malformed));
        assert!(matches!(receiver.receive(1, 0, 7, b"x"), Verdict::Malformed));
        assert_eq!(receiver.quality()[0].received, 0);
    }
}
