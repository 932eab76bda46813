//! What goes before a frame on the wire, and who writes it.

/// Bytes before the frame: the tag of the transport, the run, the number in the run; integers in big-endian order.
const HEADER_BYTES: usize = 17;

/// Numbers frames.
///
/// The numbers start at 1 with each run, and a run is named by the time of its first frame: a transport that had to be
/// started again in the middle of a session goes on with a higher run, and its peer takes nothing of it for a replay.
#[derive(Debug)]
pub struct Sender {
    tag: u8,
    run: Option<u64>,
    number: u64,
}

/// A packet taken apart.
#[derive(Debug, PartialEq)]
pub(super) struct Numbered<'a> {
    pub(super) run: u64,
    pub(super) number: u64,
    pub(super) frame: &'a [u8],
}

impl Sender {
    /// Of the transport that goes by this tag: packets of another tag are no packets of this transport.
    pub const fn new(tag: u8) -> Self {
        Self { tag, run: None, number: 0 }
    }

    /// The next packet's bytes.
    pub fn number(&mut self, now_ms: u64, frame: &[u8]) -> Vec<u8> {
        let run = *self.run.get_or_insert(now_ms);
        self.number += 1;
        let mut packet = Vec::with_capacity(HEADER_BYTES + frame.len());
        packet.push(self.tag);
        packet.extend(run.to_be_bytes());
        packet.extend(self.number.to_be_bytes());
        packet.extend(frame);
        packet
    }
}

impl<'a> Numbered<'a> {
    /// Takes a packet apart, or gives nothing if it is not one of this transport.
    pub(super) fn parse(tag: u8, packet: &'a [u8]) -> Option<Self> {
        let (&[found], rest) = packet.split_first_chunk()?;
        let (run, rest) = rest.split_first_chunk()?;
        let (number, frame) = rest.split_first_chunk()?;
        (found == tag).then_some(Self { run: u64::from_be_bytes(*run), number: u64::from_be_bytes(*number), frame })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_start_at_one_in_a_run_named_by_its_first_frame() {
        let mut sender = Sender::new(b'x');
        let packets = [sender.number(70, b"a"), sender.number(90, b"")];
        let parse = |packet| Numbered::parse(b'x', packet);
        assert_eq!(parse(&packets[0]), Some(Numbered { run: 70, number: 1, frame: b"a" }));
        assert_eq!(parse(&packets[1]), Some(Numbered { run: 70, number: 2, frame: b"" }));
        assert_eq!(packets[1].len(), HEADER_BYTES);
    }

    #[test]
    fn what_is_short_or_of_another_transport_is_no_packet() {
        let packet = Sender::new(b'x').number(0, b"");
        assert_eq!(Numbered::parse(b'y', &packet), None);
        assert!((0..HEADER_BYTES).all(|length| Numbered::parse(b'x', &packet[..length]).is_none()));
    }
}
