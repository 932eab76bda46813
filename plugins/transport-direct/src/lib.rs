//! The transport over one link: frames are numbered, copies and replays are dropped, and what comes late but new is
//! delivered. Links beyond the first are not used.

use std::cell::RefCell;

use locum_sdk::transport::{Guest, LinkQuality, Packet, Receiver, Sender, Verdict, export};

const TAG: u8 = b'D';
const LINK: u32 = 0;

thread_local! {
    static SENDER: RefCell<Sender> = const { RefCell::new(Sender::new(TAG)) };
    static RECEIVER: RefCell<Receiver> = RefCell::new(Receiver::new(TAG, 1));
}

struct Direct;

impl Guest for Direct {
    fn open(links: u32) {
        SENDER.set(Sender::new(TAG));
        RECEIVER.set(Receiver::new(TAG, links));
    }

    fn send(now_ms: u64, frame: Vec<u8>) -> Vec<Packet> {
        let bytes = SENDER.with_borrow_mut(|sender| sender.number(now_ms, &frame));
        vec![Packet { link: LINK, bytes }]
    }

    fn receive(now_ms: u64, link: u32, session: u64, packet: Vec<u8>) -> Verdict {
        match link {
            LINK => RECEIVER.with_borrow_mut(|receiver| receiver.receive(now_ms, link, session, &packet)),
            _ => Verdict::Malformed,
        }
    }

    fn tick(_now_ms: u64) -> Vec<Packet> {
        Vec::new()
    }

    fn quality() -> Vec<LinkQuality> {
        RECEIVER.with_borrow(Receiver::quality)
    }
}

export!(Direct);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_travels_once_over_the_first_link() {
        Direct::open(2);
        let mut packets = Direct::send(5, b"hello".to_vec());
        let [Packet { link: 0, bytes }] = &mut packets[..] else { panic!("one packet on link 0") };
        assert!(matches!(Direct::receive(6, 1, 1, bytes.clone()), Verdict::Malformed));
        assert!(matches!(Direct::receive(6, 0, 1, bytes.clone()), Verdict::Deliver(frame) if frame == b"hello"));
        assert!(matches!(Direct::receive(7, 0, 1, bytes.clone()), Verdict::Duplicate));
        let quality = Direct::quality();
        assert_eq!((quality[0].received, quality[0].duplicates, quality[0].last_received_ms), (2, 1, 7));
        assert_eq!((quality.len(), quality[1].received), (2, 0));
    }
}
