//! The steps of `features/plugins/transport.feature`. Frames are counted from 1, links from 0.

use cucumber::{given, then, when};
use locum_host::transport::{LinkQuality, Packet, Verdict};

use super::{Arrival, TransportWorld, counters, name};

/// As long as a heartbeat, more or less.
const FRAME_BYTES: usize = 100;

#[given(expr = "a transport over {int} link(s)")]
fn over_links(world: &mut TransportWorld, links: u32) -> Result<(), String> {
    world.raise(links)
}

#[when(expr = "a frame of {int} bytes is sent")]
fn frame_is_sent(world: &mut TransportWorld, frame_bytes: usize) -> Result<(), String> {
    world.last_sent = world.sent.len();
    world.send(frame_bytes)
}

#[when(expr = "{int} frames are sent")]
fn frames_are_sent(world: &mut TransportWorld, count: usize) -> Result<(), String> {
    world.last_sent = world.sent.len();
    (0..count).try_for_each(|_| world.send(FRAME_BYTES))
}

#[when("its packets arrive")]
#[when("their packets arrive")]
#[when("their packets arrive once more")]
fn packets_arrive(world: &mut TransportWorld) -> Result<(), String> {
    world.last_arrived = world.arrivals.len();
    (world.last_sent..world.sent.len()).try_for_each(|frame| world.deliver(frame))
}

#[when(regex = r"^the packets of frame (\d+) arrive(?: once more)?$")]
fn packets_of_frame_arrive(world: &mut TransportWorld, frame: usize) -> Result<(), String> {
    world.last_arrived = world.arrivals.len();
    world.deliver(frame - 1)
}

#[when("the sender starts again")]
fn sender_starts_again(world: &mut TransportWorld) -> Result<(), String> {
    world.restart_sender()
}

#[when(expr = "{int} keep-alive intervals pass")]
fn intervals_pass(world: &mut TransportWorld, count: u32) -> Result<(), String> {
    (0..count).try_for_each(|_| world.tick())
}

#[when(expr = "link {int} dies")]
fn link_dies(world: &mut TransportWorld, link: u32) {
    world.dead_links.push(link);
}

#[when(expr = "link {int} is back")]
fn link_is_back(world: &mut TransportWorld, link: u32) {
    world.dead_links.retain(|dead| *dead != link);
}

#[when("an empty packet arrives")]
fn empty_packet(world: &mut TransportWorld) -> Result<(), String> {
    rubbish(world, Vec::new())
}

#[when("one zero byte arrives")]
fn zero_byte(world: &mut TransportWorld) -> Result<(), String> {
    rubbish(world, vec![0])
}

#[when("a line of text arrives")]
fn line_of_text(world: &mut TransportWorld) -> Result<(), String> {
    rubbish(world, b"GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec())
}

#[when(expr = "{int} zero bytes arrives")]
fn zero_bytes(world: &mut TransportWorld, count: usize) -> Result<(), String> {
    rubbish(world, vec![0; count])
}

#[when(expr = "{int} bytes 255 arrives")]
fn bytes_255(world: &mut TransportWorld, count: usize) -> Result<(), String> {
    rubbish(world, vec![255; count])
}

fn rubbish(world: &mut TransportWorld, bytes: Vec<u8>) -> Result<(), String> {
    world.last_arrived = world.arrivals.len();
    world.receive(None, world.session, &Packet { link: 0, bytes })
}

#[then("every frame was delivered once, and whole")]
fn all_delivered(world: &mut TransportWorld) -> Result<(), String> {
    (0..world.sent.len()).try_for_each(|frame| was_delivered(world, frame))?;
    let sent = |frame: &[u8]| world.sent.iter().any(|sent| sent.frame == frame);
    let strange = world.delivered().find(|frame| !sent(frame)).map(<[u8]>::len);
    strange.map_or(Ok(()), |bytes| Err(format!("a frame of {bytes} bytes was delivered that nobody sent")))
}

#[then(expr = "frame {int} was delivered once, and whole")]
fn one_delivered(world: &mut TransportWorld, frame: usize) -> Result<(), String> {
    was_delivered(world, frame - 1)
}

fn was_delivered(world: &TransportWorld, frame: usize) -> Result<(), String> {
    let wanted = &world.sent[frame].frame;
    match world.delivered().filter(|delivered| delivered == wanted).count() {
        1 => Ok(()),
        times => {
            let verdicts: Vec<_> = of_frame(world, frame).map(|arrival| name(&arrival.verdict)).collect();
            let verdicts = if verdicts.is_empty() { "no packet of it came".to_owned() } else { verdicts.join(", ") };
            Err(format!("frame {} of {} bytes was delivered {times} times: {verdicts}", frame + 1, wanted.len()))
        }
    }
}

fn of_frame(world: &TransportWorld, frame: usize) -> impl Iterator<Item = &Arrival> {
    world.arrivals.iter().filter(move |arrival| arrival.of == Some(frame))
}

#[then("nothing was delivered")]
fn nothing_delivered(world: &mut TransportWorld) -> Result<(), String> {
    match world.delivered().next() {
        Some(frame) => Err(format!("a frame of {} bytes was delivered that nobody sent", frame.len())),
        None => Ok(()),
    }
}

#[then("no packet was malformed or replayed")]
fn none_malformed_or_replayed(world: &mut TransportWorld) -> Result<(), String> {
    none_is(&world.arrivals, |verdict| matches!(verdict, Verdict::Malformed | Verdict::Replayed))
}

#[then("no packet was malformed")]
fn none_malformed(world: &mut TransportWorld) -> Result<(), String> {
    none_is(&world.arrivals, |verdict| matches!(verdict, Verdict::Malformed))
}

#[then("every copy was a duplicate")]
fn copies_were_duplicates(world: &mut TransportWorld) -> Result<(), String> {
    none_is(&world.arrivals[world.last_arrived..], |verdict| *verdict != Verdict::Duplicate)
}

#[then("it was malformed")]
fn was_malformed(world: &mut TransportWorld) -> Result<(), String> {
    none_is(&world.arrivals[world.last_arrived..], |verdict| *verdict != Verdict::Malformed)
}

#[then("they were replayed")]
fn were_replayed(world: &mut TransportWorld) -> Result<(), String> {
    none_is(&world.arrivals[world.last_arrived..], |verdict| *verdict != Verdict::Replayed)
}

/// That no packet among these met with a wrong verdict; else which.
fn none_is(arrivals: &[Arrival], is_wrong: impl Fn(&Verdict) -> bool) -> Result<(), String> {
    let Some(wrong) = arrivals.iter().find(|arrival| is_wrong(&arrival.verdict)) else { return Ok(()) };
    let Arrival { of, link, session, verdict, .. } = wrong;
    let what = of.map_or("a packet".to_owned(), |frame| format!("a packet of frame {}", frame + 1));
    Err(format!("{what} that came by link {link} in session {session} got the verdict: {}", name(verdict)))
}

#[then("every counter of every link is 0")]
fn counters_are_0(world: &mut TransportWorld) -> Result<(), String> {
    let quality = world.quality()?;
    let wrong = quality.iter().position(|link| *link != LinkQuality::default());
    wrong.map_or(Ok(()), |link| Err(counters(link, &quality[link]).trim().to_owned()))
}

#[then("each link counts the packets and the copies that came by it")]
fn links_count(world: &mut TransportWorld) -> Result<(), String> {
    each_link(world, |arrivals, quality| {
        let copies = arrivals.iter().filter(|arrival| arrival.verdict == Verdict::Duplicate).count() as u64;
        let came = arrivals.len() as u64;
        let right = (quality.received, quality.duplicates) == (came, copies);
        (!right).then(|| format!("{came} packets came by it in this session, {copies} of them copies"))
    })
}

#[then("each link knows when its last packet came")]
fn links_know_when(world: &mut TransportWorld) -> Result<(), String> {
    each_link(world, |arrivals, quality| {
        let last_ms = arrivals.last().map_or(0, |arrival| arrival.at_ms);
        (quality.last_received_ms != last_ms).then(|| format!("the last packet came by it at {last_ms} ms"))
    })
}

/// That a link's counters are those of the packets that came by it in the session that is; else what is right.
fn each_link(
    world: &mut TransportWorld,
    wrong: impl Fn(&[&Arrival], &LinkQuality) -> Option<String>,
) -> Result<(), String> {
    let session = world.session;
    for (link, quality) in world.quality()?.iter().enumerate() {
        let of_link = |arrival: &&Arrival| arrival.link as usize == link && arrival.session == session;
        let arrivals: Vec<_> = world.arrivals.iter().filter(of_link).collect();
        if let Some(right) = wrong(&arrivals, quality) {
            return Err(format!("{}But {right}", counters(link, quality)));
        }
    }
    Ok(())
}

#[then(expr = "link {int} has lost the packets of frame {int}")]
fn link_has_lost(world: &mut TransportWorld, link: u32, frame: usize) -> Result<(), String> {
    let lost = packets_on(world, link, frame);
    counter_is(world, link, "lost", |quality| quality.lost, lost)
}

#[then(expr = "link {int} has lost nothing")]
fn link_has_lost_nothing(world: &mut TransportWorld, link: u32) -> Result<(), String> {
    counter_is(world, link, "lost", |quality| quality.lost, 0)
}

#[then(expr = "link {int} has reordered the packets of frame {int}")]
fn link_has_reordered(world: &mut TransportWorld, link: u32, frame: usize) -> Result<(), String> {
    let late = packets_on(world, link, frame);
    counter_is(world, link, "reordered", |quality| quality.reordered, late)
}

fn packets_on(world: &TransportWorld, link: u32, frame: usize) -> u64 {
    world.sent[frame - 1].packets.iter().filter(|packet| packet.link == link).count() as u64
}

fn counter_is(
    world: &mut TransportWorld,
    link: u32,
    name: &str,
    counter: impl Fn(&LinkQuality) -> u64,
    right: u64,
) -> Result<(), String> {
    match counter(&world.quality()?[link as usize]) {
        found if found == right => Ok(()),
        found => Err(format!("link {link} counts {found} packets {name}, but there were {right}")),
    }
}
