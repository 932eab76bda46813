//! The transport over every link: each frame travels on all of them, and the first copy to arrive wins. One dead link
//! is not a dead peer.

use std::cell::RefCell;

use locum_sdk::transport::{Guest, LinkQuality, Multipath, Packet, Verdict, export};

thread_local! {
    static TRANSPORT: RefCell<Multipath> = RefCell::new(Multipath::new(1));
}

struct Plugin;

impl Guest for Plugin {
    fn open(links: u32) {
        TRANSPORT.set(Multipath::new(links));
    }

    fn send(now_ms: u64, frame: Vec<u8>) -> Vec<Packet> {
        TRANSPORT.with_borrow_mut(|transport| transport.send(now_ms, &frame))
    }

    fn receive(now_ms: u64, link: u32, session: u64, packet: Vec<u8>) -> Verdict {
        TRANSPORT.with_borrow_mut(|transport| transport.receive(now_ms, link, session, &packet))
    }

    fn tick(_now_ms: u64) -> Vec<Packet> {
        Vec::new()
    }

    fn quality() -> Vec<LinkQuality> {
        TRANSPORT.with_borrow(Multipath::quality)
    }
}

export!(Plugin);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_one_link_dead_every_frame_arrives_once() {
        Plugin::open(3);
        for number in 0..100 {
            let mut packets = Plugin::send(number, vec![number as u8]);
            assert_eq!(packets.iter().map(|packet| packet.link).collect::<Vec<_>>(), [0, 1, 2]);
            packets.retain(|packet| packet.link != (number / 34) as u32);
            let arrived = packets.into_iter().map(|packet| Plugin::receive(number, packet.link, 1, packet.bytes));
            let arrived: Vec<_> = arrived.collect();
            assert!(matches!(&arrived[..], [Verdict::Deliver(frame), Verdict::Duplicate] if frame == &[number as u8]));
        }
        let lost: Vec<u64> = Plugin::quality().iter().map(|link| link.lost).collect();
        assert_eq!(lost, [0, 34, 0], "what is missing before the first or after the last packet of a link is not seen");
    }
}
