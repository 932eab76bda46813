//! How packets are sealed and opened: every one names its group, its sender and its place in the sender's life, and
//! carries a keyed digest of all of that. Nothing here does I/O.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// What every packet begins with; the last byte is the version.
const MAGIC: [u8; 4] = *b"LCM\x01";
const HEADER_BYTES: usize = MAGIC.len() + 1 + 4 + 6 * 8;
const TAG_BYTES: usize = 16;

/// How much longer than its payload a sealed packet is, in bytes.
pub const OVERHEAD_BYTES: usize = HEADER_BYTES + TAG_BYTES;

/// What the sender says of a packet, besides its own name and its group's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The link, counted from 0.
    pub link: u8,
    /// How often the sender's transport has started afresh in this incarnation.
    pub opening: u32,
    /// The boot of the sender's host.
    pub boot_id: u64,
    /// The start of the sender's daemon; a later start has a higher number.
    pub incarnation: u64,
    /// The sender's epoch.
    pub epoch: u64,
    /// Counts the packets of the incarnation, over all links.
    pub counter: u64,
}

/// Why a packet is refused. It has no effect beyond being counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No packet of this version, or none of the group's transport.
    #[error("malformed")]
    Malformed,
    /// Of another group, or not from the peer.
    #[error("foreign")]
    Foreign,
    /// Changed on its way, or made without the group's key.
    #[error("forged")]
    Forged,
    /// Sent before, and too old to tell; of a session that has ended; or of another link.
    #[error("replayed")]
    Replayed,
    /// A copy of what has arrived already.
    #[error("duplicate")]
    Duplicate,
    /// Under the group's key, and yet nothing that the peer can have meant.
    #[error("implausible")]
    Implausible,
}

/// Seals for the peer, and opens what the peer has sealed.
pub struct Seal {
    ours: Mark,
    theirs: Mark,
}

/// One direction: what its packets carry, and their key. The key is bound to the sender's name, so that a packet that
/// is reflected to its sender is as worthless as any other forgery.
struct Mark {
    group: [u8; 8],
    sender: [u8; 8],
    mac: Hmac<Sha256>,
}

impl Mark {
    fn new(group_key: &[u8; 32], group: &str, sender: &str) -> Mark {
        let derived = keyed(group_key)
            .chain_update(b"locum heartbeat 1\0")
            .chain_update(group)
            .chain_update([0])
            .chain_update(sender)
            .finalize()
            .into_bytes();
        Mark { group: digest("group", group), sender: digest("node", sender), mac: keyed(&derived.into()) }
    }
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    // A key shorter than a block of the hash is filled up with zeros, by HMAC's own rule.
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    Hmac::new(&block.into())
}

fn digest(kind: &str, name: &str) -> [u8; 8] {
    let digest = Sha256::new().chain_update(kind).chain_update([0]).chain_update(name).finalize();
    digest.first_chunk().copied().unwrap_or_default()
}

impl Seal {
    /// For `node`, in `group`, whose peer is `peer`.
    pub fn new(group_key: &[u8; 32], group: &str, node: &str, peer: &str) -> Seal {
        Seal { ours: Mark::new(group_key, group, node), theirs: Mark::new(group_key, group, peer) }
    }

    /// Writes the sealed packet to `packet`, in place of what was there.
    pub fn seal(&self, header: &Header, payload: &[u8], packet: &mut Vec<u8>) {
        packet.clear();
        packet.extend_from_slice(&MAGIC);
        packet.push(header.link);
        packet.extend_from_slice(&header.opening.to_be_bytes());
        packet.extend_from_slice(&self.ours.group);
        packet.extend_from_slice(&self.ours.sender);
        for number in [header.boot_id, header.incarnation, header.epoch, header.counter] {
            packet.extend_from_slice(&number.to_be_bytes());
        }
        packet.extend_from_slice(payload);
        let tag = self.ours.mac.clone().chain_update(&*packet).finalize().into_bytes();
        packet.extend_from_slice(&tag[..TAG_BYTES]);
    }

    /// The header and the payload of a packet that the peer has sealed.
    ///
    /// # Errors
    /// [`Refusal::Malformed`], [`Refusal::Foreign`] or [`Refusal::Forged`].
    pub fn open<'a>(&self, packet: &'a [u8]) -> Result<(Header, &'a [u8]), Refusal> {
        let (sealed, tag) = packet.split_last_chunk::<TAG_BYTES>().ok_or(Refusal::Malformed)?;
        let Parts { header, group, sender, payload } = Parts::read(sealed).ok_or(Refusal::Malformed)?;
        let marks = [(group, self.theirs.group), (sender, self.theirs.sender)];
        if marks.iter().any(|(found, wanted)| found != wanted) {
            return Err(Refusal::Foreign);
        }
        let mac = self.theirs.mac.clone().chain_update(sealed);
        mac.verify_truncated_left(tag).map_err(|_| Refusal::Forged)?;
        Ok((header, payload))
    }
}

/// A packet without its tag, taken apart and not yet trusted.
struct Parts<'a> {
    header: Header,
    group: [u8; 8],
    sender: [u8; 8],
    payload: &'a [u8],
}

impl<'a> Parts<'a> {
    fn read(bytes: &'a [u8]) -> Option<Parts<'a>> {
        let rest = bytes.strip_prefix(&MAGIC)?;
        let (&link, rest) = rest.split_first()?;
        let (opening, rest) = rest.split_first_chunk()?;
        let (&group, rest) = rest.split_first_chunk()?;
        let (&sender, rest) = rest.split_first_chunk()?;
        let (boot_id, rest) = rest.split_first_chunk()?;
        let (incarnation, rest) = rest.split_first_chunk()?;
        let (epoch, rest) = rest.split_first_chunk()?;
        let (counter, payload) = rest.split_first_chunk()?;
        let header = Header {
            link,
            opening: u32::from_be_bytes(*opening),
            boot_id: u64::from_be_bytes(*boot_id),
            incarnation: u64::from_be_bytes(*incarnation),
            epoch: u64::from_be_bytes(*epoch),
            counter: u64::from_be_bytes(*counter),
        };
        Some(Parts { header, group, sender, payload })
    }
}

/// The peer's sessions, as they follow each other: one for each incarnation of its daemon and each fresh start of its
/// transport.
#[derive(Debug, Default)]
pub struct Sessions {
    latest: Option<Session>,
    count: u64,
}

#[derive(Clone, Copy, Debug)]
struct Session {
    incarnation: u64,
    opening: u32,
    boot_id: u64,
}

impl Sessions {
    /// The number of the session that an opened packet belongs to, counted from 1.
    ///
    /// # Errors
    /// [`Refusal::Replayed`] where that session has ended; [`Refusal::Foreign`] where one incarnation claims two boots.
    pub fn admit(&mut self, header: &Header) -> Result<u64, Refusal> {
        let Header { incarnation, opening, boot_id, .. } = *header;
        if let Some(latest) = self.latest {
            if (incarnation, opening) < (latest.incarnation, latest.opening) {
                return Err(Refusal::Replayed);
            }
            if incarnation == latest.incarnation && boot_id != latest.boot_id {
                return Err(Refusal::Foreign);
            }
            if (incarnation, opening) == (latest.incarnation, latest.opening) {
                return Ok(self.count);
            }
        }
        Ok(self.begin(Session { incarnation, opening, boot_id }))
    }

    /// Takes the word of an authenticated stream, which cannot be a replay, for the peer's present incarnation: be it
    /// higher or, at a peer that has lost its disk, lower than what was heard before.
    pub fn declare(&mut self, incarnation: u64, boot_id: u64) {
        if self.latest.is_none_or(|latest| (latest.incarnation, latest.boot_id) != (incarnation, boot_id)) {
            self.begin(Session { incarnation, opening: 0, boot_id });
        }
    }

    fn begin(&mut self, session: Session) -> u64 {
        self.latest = Some(session);
        self.count += 1;
        self.count
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: [u8; 32] = [7; 32];
    const HEADER: Header = Header { link: 1, opening: 0, boot_id: 3, incarnation: 4, epoch: 5, counter: 6 };

    fn seal(key: &[u8; 32], group: &str, node: &str, peer: &str) -> Seal {
        Seal::new(key, group, node, peer)
    }

    fn sealed(by: &Seal, header: &Header, payload: &[u8]) -> Vec<u8> {
        let mut packet = b"left over from before".to_vec();
        by.seal(header, payload, &mut packet);
        packet
    }

    #[test]
    fn the_peer_opens_what_was_sealed_for_it() {
        let packet = sealed(&seal(&KEY, "g", "a", "b"), &HEADER, b"hello");
        assert_eq!(packet.len(), OVERHEAD_BYTES + 5);
        assert_eq!(seal(&KEY, "g", "b", "a").open(&packet), Ok((HEADER, &b"hello"[..])));
    }

    #[test]
    fn packets_of_others_are_foreign_or_forged() {
        let b = seal(&KEY, "g", "b", "a");
        let from = |key: &[u8; 32], group, node, peer| sealed(&seal(key, group, node, peer), &HEADER, b"x");
        assert_eq!(b.open(&from(&KEY, "other", "a", "b")), Err(Refusal::Foreign));
        assert_eq!(b.open(&from(&KEY, "g", "c", "b")), Err(Refusal::Foreign));
        assert_eq!(b.open(&from(&[8; 32], "g", "a", "b")), Err(Refusal::Forged));
    }

    #[test]
    fn a_reflected_packet_is_refused_even_under_the_peers_name() {
        let b = seal(&KEY, "g", "b", "a");
        let mut reflected = sealed(&b, &HEADER, b"x");
        assert_eq!(b.open(&reflected), Err(Refusal::Foreign));
        let sender = MAGIC.len() + 5 + 8;
        reflected[sender..sender + 8].copy_from_slice(&digest("node", "a"));
        assert_eq!(b.open(&reflected), Err(Refusal::Forged));
    }

    #[test]
    fn sessions_only_go_forward() {
        let mut sessions = Sessions::default();
        let mut admit =
            |incarnation, opening, boot_id| sessions.admit(&Header { incarnation, opening, boot_id, ..HEADER });
        assert_eq!(admit(4, 0, 3), Ok(1));
        assert_eq!(admit(4, 0, 3), Ok(1));
        assert_eq!(admit(4, 1, 3), Ok(2));
        assert_eq!(admit(4, 0, 3), Err(Refusal::Replayed));
        assert_eq!(admit(4, 1, 9), Err(Refusal::Foreign));
        assert_eq!(admit(7, 0, 9), Ok(3));
        assert_eq!(admit(6, 8, 3), Err(Refusal::Replayed));
        assert_eq!(admit(7, 0, 9), Ok(3));
    }

    #[test]
    fn a_stream_may_declare_a_lower_incarnation() {
        let mut sessions = Sessions::default();
        sessions.declare(4, 3);
        assert_eq!(sessions.admit(&HEADER), Ok(1));
        sessions.declare(4, 3);
        assert_eq!(sessions.admit(&HEADER), Ok(1));
        sessions.declare(1, 9);
        assert_eq!(sessions.admit(&Header { incarnation: 1, boot_id: 9, ..HEADER }), Ok(2));
    }

    proptest! {
        #[test]
        fn every_payload_comes_back(payload in proptest::collection::vec(any::<u8>(), 0..600), counter: u64) {
            let header = Header { counter, ..HEADER };
            let packet = sealed(&seal(&KEY, "g", "a", "b"), &header, &payload);
            prop_assert_eq!(seal(&KEY, "g", "b", "a").open(&packet), Ok((header, &payload[..])));
        }

        #[test]
        fn every_flipped_bit_is_refused(payload in proptest::collection::vec(any::<u8>(), 0..40)) {
            let b = seal(&KEY, "g", "b", "a");
            let packet = sealed(&seal(&KEY, "g", "a", "b"), &HEADER, &payload);
            for bit in 0..packet.len() * 8 {
                let mut flipped = packet.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                prop_assert!(b.open(&flipped).is_err(), "bit {}", bit);
            }
        }

        #[test]
        fn noise_and_cut_packets_are_refused(noise in proptest::collection::vec(any::<u8>(), 0..200), cut in 0usize..OVERHEAD_BYTES + 9) {
            let b = seal(&KEY, "g", "b", "a");
            prop_assert!(b.open(&noise).is_err());
            let packet = sealed(&seal(&KEY, "g", "a", "b"), &HEADER, b"some more");
            prop_assert!(b.open(&packet[..cut]).is_err());
            let longer = [&packet[..], &noise[..]].concat();
            prop_assert!(noise.is_empty() || b.open(&longer).is_err());
        }
    }
}
