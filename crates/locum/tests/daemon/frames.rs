//! Packets that are replayed, foreign or forged are counted, and change nothing.

use std::time::Duration;

use locum_core::Heartbeat;
use locum_node::{
    link::seal::{Header, Seal},
    pki::load_group_key,
};

use locum_testbed::{BACKUP, IDLE, INTERVAL, NORMAL, Pair, Relay, Setup, Weather, World, setup::GROUP, until};

/// Where a packet names its link. One that does not is a knock at the port, and carries nothing.
const LINK: usize = 4;

/// A pair with a stranger on the link.
fn overheard() -> (Pair, Relay) {
    let world = World::new();
    let relay = Relay::start(&world);
    let [b_for_a, a_for_b] = relay.addresses;
    let setup = Setup { peer: "links = [\"{relay}\"]\nstream = \"{peer_address}\"\n".into(), ..Setup::default() };
    let pair = setup.build(world);
    pair.a.edit(|text| text.replace("{relay}", &b_for_a.to_string()));
    pair.b.edit(|text| text.replace("{relay}", &a_for_b.to_string()));
    (pair, relay)
}

fn start(pair: &mut Pair) {
    pair.a.start();
    pair.b.start();
    pair.settle(NORMAL, NORMAL);
}

/// Refused packets and copies, as node b has counted them.
fn counts(pair: &Pair) -> (u64, u64) {
    let link = pair.b.status().links.swap_remove(0);
    (link.refused, link.duplicates)
}

/// Sends packets until b has counted them all: a full socket buffer may lose some.
fn refused(pair: &Pair, relay: &Relay, what: &str, packets: &[Vec<u8>]) {
    let before = counts(pair).0;
    packets.iter().for_each(|packet| relay.send_to_b(packet));
    until(what, Duration::ZERO, || {
        let now = counts(pair).0;
        if now >= before + packets.len() as u64 { Ok(()) } else { Err(format!("{before} before, {now} now")) }
    });
}

#[test]
fn packets_of_strangers_are_counted_and_change_nothing() {
    let (mut pair, relay) = overheard();
    start(&mut pair);
    let before = pair.picture();
    assert_eq!(counts(&pair), (0, 0));

    let key = load_group_key(&pair.world.path("pki/group.key")).unwrap();
    let header = Header { link: 0, opening: 0, boot_id: 1, incarnation: u64::MAX, epoch: 9, counter: 1 };
    let sealed = |key: &[u8; 32], group: &str, node: &str, peer: &str| {
        let mut packet = Vec::new();
        Seal::new(key, group, node, peer).seal(&header, b"Normal", &mut packet);
        packet
    };
    refused(&pair, &relay, "of another group", &[sealed(&key, "g2", "a", "b")]);
    refused(&pair, &relay, "of another node", &[sealed(&key, GROUP, "c", "b")]);
    refused(&pair, &relay, "without the group's key", &[sealed(&[7; 32], GROUP, "a", "b")]);
    refused(&pair, &relay, "no packet", &[b"hello".to_vec()]);
    let heard = relay.seen().pop().unwrap();
    let flipped = (0..heard.len()).map(|byte| {
        let mut packet = heard.clone();
        packet[byte] ^= 1 << (byte % 8);
        packet
    });
    refused(&pair, &relay, "with a flipped bit", &flipped.collect::<Vec<_>>());
    assert_eq!(pair.picture(), before);
    assert_eq!(pair.states(), [NORMAL, NORMAL]);
}

#[test]
fn what_was_said_before_counts_for_nothing_when_it_is_said_again() {
    let (mut pair, relay) = overheard();
    start(&mut pair);
    // What was sent before b was there is late, not a copy.
    let before_both = relay.seen().len();
    let when_normal = until("some heartbeats", 20 * INTERVAL, || {
        let heard = relay.seen().into_iter().skip(before_both);
        let heard: Vec<_> = heard.filter(|packet| packet[LINK] == 0).collect();
        if heard.len() < 20 { Err(format!("{}", heard.len())) } else { Ok(heard) }
    });
    pair.fail_over_a();
    let before = pair.picture();

    // Of this life of the daemon: copies, or too old to tell.
    let (refused_before, copies_before) = counts(&pair);
    when_normal.iter().for_each(|packet| relay.send_to_b(packet));
    until("all are counted", Duration::ZERO, || {
        let (refused, copies) = counts(&pair);
        let counted = (refused - refused_before) + (copies - copies_before);
        if counted >= when_normal.len() as u64 { Ok(()) } else { Err(format!("{counted} of {}", when_normal.len())) }
    });
    assert_eq!(pair.picture(), before);

    // Of an earlier life.
    pair.a.kill();
    pair.a.start();
    pair.settle("Idle (Initialization)", BACKUP);
    let before = pair.picture();
    refused(&pair, &relay, "of an earlier life", &when_normal);
    assert_eq!(pair.picture(), before);
    assert_ne!(pair.states(), [IDLE, BACKUP]);
}

/// A heartbeat of a that b has not heard, with another epoch, sealed as a would.
fn forged(pair: &Pair, relay: &Relay, epoch: u64) -> Vec<u8> {
    let key = load_group_key(&pair.world.path("pki/group.key")).unwrap();
    relay.set_weather(0, Weather::Cut);
    let before = relay.seen().len();
    let unheard = until("a heartbeat that is lost", INTERVAL, || {
        let lost = relay.seen().into_iter().skip(before + 1).find(|packet| packet[LINK] == 0);
        lost.ok_or_else(|| "none".to_owned())
    });
    let (header, payload) = Seal::new(&key, GROUP, "b", "a").open(&unheard).unwrap();
    // The transport puts something of its own before the frame.
    let heard = (0..payload.len()).find_map(|at| Some((&payload[..at], Heartbeat::decode(&payload[at..])?)));
    let (framing, heartbeat) = heard.expect("a heartbeat in the packet");
    let payload = [framing, &Heartbeat { epoch, ..heartbeat }.encode()].concat();
    let mut packet = Vec::new();
    Seal::new(&key, GROUP, "a", "b").seal(&Header { epoch, ..header }, &payload, &mut packet);
    packet
}

#[test]
fn an_epoch_that_no_takeover_explains_is_counted_and_changes_nothing() {
    let (mut pair, relay) = overheard();
    start(&mut pair);
    let before = pair.picture();
    for epoch in [1 << 63, u64::MAX] {
        let packet = forged(&pair, &relay, epoch);
        refused(&pair, &relay, "of a forged epoch", &[packet]);
        relay.set_weather(0, Weather::Fair);
    }
    assert_eq!(pair.picture(), before);
    assert_eq!(pair.states(), [NORMAL, NORMAL]);

    // It was the epoch: who has the group's key is believed whatever else is said.
    relay.send_to_b(&forged(&pair, &relay, 1000));
    relay.set_weather(0, Weather::Fair);
    until("b knows the higher epoch", INTERVAL, || {
        let epoch = pair.b.status().nodes[0].epoch;
        if epoch == 1000 { Ok(()) } else { Err(epoch.to_string()) }
    });
    pair.settle(NORMAL, NORMAL);
}
