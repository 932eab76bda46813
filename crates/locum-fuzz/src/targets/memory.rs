use locum_core::{Core, Effect, Input, Memory, PeerLoss};

use super::heartbeat::{go_on, start};

/// Beyond this no machine has counted. What would is a fault of its component at the start, which the daemon reports.
const COUNT_MAX: u64 = 1 << 62;

/// Until these have passed a node has found its place without its peer.
const DEADLINES: u32 = 40;

/// The first byte says which of the two follows: a memory, or a whole machine.
const MEMORY: u8 = 0;
const MACHINE: u8 = 1;

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let (core, effects) = start(true, None);
    let memories =
        effects.into_iter().filter_map(|effect| if let Effect::Persist(memory) = effect { Some(memory) } else { None });
    let memories = memories.map(|memory| [&[MEMORY][..], &memory.encode()].concat());
    memories.chain([[&[MACHINE][..], &core.snapshot()].concat()]).collect()
}

pub(super) fn attempt() -> impl FnMut(&[u8]) -> String {
    |bytes| match bytes.split_first() {
        Some((&MEMORY, bytes)) => remember(bytes),
        Some((&MACHINE, bytes)) => restore(bytes),
        _ => "neither".into(),
    }
}

fn remember(bytes: &[u8]) -> String {
    let Some(memory) = Memory::decode(bytes) else { return "no memory".into() };
    assert_eq!(Memory::decode(&memory.encode()).as_ref(), Some(&memory), "it is not read as it was written");
    if [memory.incarnation, memory.epoch, memory.high_availability.decision].iter().any(|count| *count >= COUNT_MAX) {
        return "implausible".into();
    }
    go_on(&mut start(true, Some(memory)).0, Input::PeerLoss(PeerLoss::PortRefused), DEADLINES)
}

/// A machine is only ever restored from what the same machine has written: it need not go on from anything else.
fn restore(bytes: &[u8]) -> String {
    match Core::restore(bytes) {
        Ok(core) => {
            let snapshot = core.snapshot();
            let again = Core::restore(&snapshot).map(|core| core.snapshot());
            assert_eq!(again.as_ref(), Ok(&snapshot), "it is not read as it was written");
            "restored".into()
        }
        Err(error) => error.to_string(),
    }
}
