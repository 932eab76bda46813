//! Transports: two ends, the packets between them, and what became of each.

mod steps;

use std::fmt;

use cucumber::{World as _, step};
use locum_host::transport::{LinkQuality, Packet, Transport, Verdict};
use locum_host::{HostError, Loaded};

use crate::run::Subject;

/// The tag of transports that send each frame over every link.
const EVERY_LINK: &str = "every-link";
/// Between two calls, in milliseconds.
const STEP_MS: u64 = 1;
/// Between two ticks, in milliseconds.
const KEEP_ALIVE_INTERVAL_MS: u64 = 1_000;

/// A frame on its way.
struct Sent {
    frame: Vec<u8>,
    packets: Vec<Packet>,
    session: u64,
}

/// A packet that came.
struct Arrival {
    /// The frame that it was sent for, counted from 0; nothing for what no frame was sent for.
    of: Option<usize>,
    link: u32,
    session: u64,
    at_ms: u64,
    verdict: Verdict,
}

/// The state of a transport's scenario.
#[derive(cucumber::World)]
#[world(init = Self::empty)]
struct TransportWorld {
    loaded: Option<Loaded>,
    links: u32,
    sender: Option<Transport>,
    receiver: Option<Transport>,
    now_ms: u64,
    /// The sender's incarnation.
    session: u64,
    sent: Vec<Sent>,
    /// The frames that the last step of sending sent begin here.
    last_sent: usize,
    arrivals: Vec<Arrival>,
    /// The packets that came in the last step begin here.
    last_arrived: usize,
    dead_links: Vec<u32>,
    asked: Option<String>,
    answered: Option<String>,
}

impl TransportWorld {
    fn empty() -> Self {
        Self {
            loaded: None,
            links: 0,
            sender: None,
            receiver: None,
            now_ms: 1_000_000,
            session: 7,
            sent: Vec::new(),
            last_sent: 0,
            arrivals: Vec::new(),
            last_arrived: 0,
            dead_links: Vec::new(),
            asked: None,
            answered: None,
        }
    }

    fn open(&self) -> Result<Transport, String> {
        let loaded = self.loaded.as_ref().expect("the run hands the component over");
        Transport::new(loaded, self.links).map_err(|error| error.to_string())
    }

    /// Both ends start.
    fn raise(&mut self, links: u32) -> Result<(), String> {
        self.links = links;
        self.asked = Some(format!("open, over {links} links"));
        self.sender = Some(self.open()?);
        self.receiver = Some(self.open()?);
        Ok(())
    }

    /// The sender's daemon starts again: a fresh transport, and a higher session.
    fn restart_sender(&mut self) -> Result<(), String> {
        self.session += 1;
        self.now_ms += KEEP_ALIVE_INTERVAL_MS;
        self.sender = Some(self.open()?);
        Ok(())
    }

    /// Sends a frame that no other is like, but for the empty one.
    fn send(&mut self, frame_bytes: usize) -> Result<(), String> {
        self.now_ms += STEP_MS;
        let number = self.sent.len();
        let frame: Vec<u8> = number.to_be_bytes().into_iter().rev().cycle().take(frame_bytes).collect();
        self.ask(format!("send, frame {} of {frame_bytes} bytes", number + 1));
        let packets = end(&mut self.sender)?.send(self.now_ms, &frame).map_err(|fault| fault.to_string())?;
        self.answered = Some(format!("packets for {}", links_of(&packets)));
        self.sent.push(Sent { frame, packets, session: self.session });
        Ok(())
    }

    /// The packets of a frame arrive, but for those on dead links.
    fn deliver(&mut self, frame: usize) -> Result<(), String> {
        let sent = self.sent.get(frame).ok_or_else(|| format!("there is no frame {}", frame + 1))?;
        let session = sent.session;
        for packet in sent.packets.clone() {
            self.receive(Some(frame), session, &packet)?;
        }
        Ok(())
    }

    /// A packet arrives, unless its link is dead.
    fn receive(&mut self, of: Option<usize>, session: u64, packet: &Packet) -> Result<(), String> {
        if self.dead_links.contains(&packet.link) {
            return Ok(());
        }
        self.now_ms += STEP_MS;
        let Packet { link, bytes } = packet;
        let what = of.map_or(String::new(), |frame| format!(" of frame {}", frame + 1));
        self.ask(format!("receive, a packet{what}, {} bytes, on link {link} in session {session}", bytes.len()));
        let verdict = end(&mut self.receiver)?.receive(self.now_ms, *link, session, bytes);
        let verdict = verdict.map_err(|fault| fault.to_string())?;
        self.answered = Some(name(&verdict));
        self.arrivals.push(Arrival { of, link: *link, session, at_ms: self.now_ms, verdict });
        Ok(())
    }

    /// A keep-alive interval passes at both ends, and what the sender wants sent arrives.
    fn tick(&mut self) -> Result<(), String> {
        self.now_ms += KEEP_ALIVE_INTERVAL_MS;
        self.ask("tick".to_owned());
        end(&mut self.receiver)?.tick(self.now_ms).map_err(|fault| fault.to_string())?;
        let packets = end(&mut self.sender)?.tick(self.now_ms).map_err(|fault| fault.to_string())?;
        self.answered = Some(format!("packets for {}", links_of(&packets)));
        packets.iter().try_for_each(|packet| self.receive(None, self.session, packet))
    }

    fn quality(&mut self) -> Result<Vec<LinkQuality>, String> {
        self.ask("quality".to_owned());
        let links = end(&mut self.receiver)?.quality().map_err(|fault| fault.to_string())?;
        self.answered = Some(links.iter().enumerate().map(|(link, quality)| counters(link, quality)).collect());
        Ok(links)
    }

    /// What was delivered, with the number of its arrival.
    fn delivered(&self) -> impl Iterator<Item = &[u8]> {
        self.arrivals.iter().filter_map(|arrival| match &arrival.verdict {
            Verdict::Deliver(frame) => Some(&frame[..]),
            _ => None,
        })
    }

    fn ask(&mut self, what: String) {
        self.asked = Some(what);
        self.answered = None;
    }
}

impl Subject for TransportWorld {
    fn begin(&mut self, loaded: Loaded) {
        self.loaded = Some(loaded);
    }

    fn asked(&self) -> Option<String> {
        self.asked.clone()
    }

    fn answered(&self) -> Option<String> {
        self.answered.clone()
    }
}

impl fmt::Debug for TransportWorld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportWorld").field("asked", &self.asked).finish_non_exhaustive()
    }
}

fn end(end: &mut Option<Transport>) -> Result<&mut Transport, String> {
    end.as_mut().ok_or_else(|| "the transport has not been opened".to_owned())
}

fn links_of(packets: &[Packet]) -> String {
    let links: Vec<_> = packets.iter().map(|packet| format!("link {}", packet.link)).collect();
    if links.is_empty() { "no link".to_owned() } else { links.join(", ") }
}

/// A verdict, for people.
fn name(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Deliver(frame) => format!("deliver, a frame of {} bytes", frame.len()),
        Verdict::Duplicate => "duplicate".to_owned(),
        Verdict::Replayed => "replayed".to_owned(),
        Verdict::Malformed => "malformed".to_owned(),
    }
}

fn counters(link: usize, quality: &LinkQuality) -> String {
    let LinkQuality { received, lost, duplicates, reordered, last_received_ms } = quality;
    format!(
        "link {link}: received {received}, lost {lost}, duplicates {duplicates}, reordered {reordered}, \
         last received at {last_received_ms} ms. "
    )
}

pub(super) fn steps() -> step::Collection<impl Subject> {
    TransportWorld::collection()
}

/// Whether the transport sends each frame over every link; nothing where it fails to.
///
/// # Errors
/// The component does not fit its world.
pub(super) fn claims(loaded: &Loaded) -> Result<Vec<String>, HostError> {
    let mut transport = match Transport::new(loaded, 2) {
        Ok(transport) => transport,
        Err(HostError::Faulty { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let packets = transport.send(STEP_MS, b"frame").unwrap_or_default();
    let every_link = (0..2).all(|link| packets.iter().any(|packet| packet.link == link));
    Ok(every_link.then(|| EVERY_LINK.to_owned()).into_iter().collect())
}
