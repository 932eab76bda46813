//! The transport over every link: each frame travels on all of them, and the first copy to arrive wins. One dead link
//! is not a dead peer.

use std::cell::{Cell, RefCell};

use locum_sdk::transport::{Guest, LinkQuality, Packet, Receiver, Sender, Verdict, export};

const TAG: u8 = b'M';

thread_local! {
    static LINKS: Cell<u32> = const { Cell::new(1) };
    static SENDER: RefCell<Sender> = const { RefCell::new(Sender::new(TAG)) };
    static RECEIVER: RefCell<Receiver> = RefCell::new(Receiver::new(TAG, 1));
}

struct Multipath;

impl Guest for Multipath {
    fn open(links: u32) {
        LINKS.set(links);
        SENDER.set(Sender::new(TAG));
        RECEIVER.set(Receiver::new(TAG, links));
    }

    fn send(now_ms: u64, frame: Vec<u8>) -> Vec<Packet> {
        let bytes = SENDER.with_borrow_mut(|sender| sender.number(now_ms, &frame));
        (0..LINKS.get()).map(|link| Packet { link, bytes: bytes.clone() }).collect()
    }

    fn receive(now_ms: u64, link: u32, session: u64, packet: Vec<u8>) -> Verdict {
        RECEIVER.with_borrow_mut(|receiver| receiver.receive(now_ms, link, session, &packet))
    }

    fn tick(_now_ms: u64) -> Vec<Packet> {
        Vec::new()
    }

    fn quality() -> Vec<LinkQuality> {
        RECEIVER.with_borrow(Receiver::quality)
    }
}

export!(Multipath);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_one_link_dead_every_frame_arrives_once() {
        Multipath::open(3);
        for number in 0..100 {
            let mut packets = Multipath::send(number, vec![number as u8]);
            assert_eq!(packets.iter().map(|packet| packet.link).collect::<Vec<_>>(), [0, 1, 2]);
            packets.retain(|packet| packet.link != (number / 34) as u32);
            let arrived = packets.into_iter().map(|packet| Multipath::receive(number, packet.link, 1, packet.bytes));
            let arrived: Vec<_> = arrived.collect();
            assert!(matches!(&arrived[..], [Verdict::Deliver(frame), Verdict::Duplicate] if frame == &[number as u8]));
        }
        let lost: Vec<u64> = Multipath::quality().iter().map(|link| link.lost).collect();
        assert_eq!(lost, [0, 34, 0], "what is missing before the first or after the last packet of a link is not seen");
    }
}
