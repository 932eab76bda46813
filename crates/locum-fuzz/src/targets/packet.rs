use locum_node::link::seal::{Header, Seal};

const KEY: [u8; 32] = [7; 32];
const HEADER: Header = Header { link: 0, opening: 1, boot_id: 3, incarnation: 4, epoch: 5, counter: 6 };

fn sealed(payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    Seal::new(&KEY, "g", "a", "b").seal(&HEADER, payload, &mut packet);
    packet
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    vec![sealed(b""), sealed(b"a frame"), sealed(&[0; 300])]
}

pub(super) fn attempt() -> impl FnMut(&[u8]) -> String {
    let (ours, theirs) = (Seal::new(&KEY, "g", "b", "a"), Seal::new(&KEY, "g", "a", "b"));
    move |packet| match ours.open(packet) {
        Ok((header, payload)) => {
            let mut again = Vec::new();
            theirs.seal(&header, payload, &mut again);
            assert!(again == packet, "a packet was opened that the peer did not seal like this");
            "opened".into()
        }
        Err(refusal) => refusal.to_string(),
    }
}
