//! What travels on an open stream: messages, each with its length before it; requests find their answers by number.

use std::{
    collections::HashMap,
    io,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufWriter},
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{LinkEvent, MESSAGE_BYTES_MAX, StreamError};
use crate::{clock::now_ms, pki::why};

/// How many messages may wait to be sent.
const QUEUE: usize = 256;
const HEADER_BYTES: usize = 4 + 1 + 8;

/// What a message is for. The numbers are those on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The first message in either direction.
    Hello = 0,
    /// Says nothing, so that a stream at rest is known to be alive.
    Ping = 1,
    Note = 2,
    Request = 3,
    /// The answer to the request of the same number.
    Answer = 4,
    /// There is no answer to that request.
    Failed = 5,
}

impl Kind {
    const ALL: [Kind; 6] = [Kind::Hello, Kind::Ping, Kind::Note, Kind::Request, Kind::Answer, Kind::Failed];
}

pub(super) struct Message {
    pub(super) kind: Kind,
    pub(super) id: u64,
    pub(super) body: Vec<u8>,
}

/// How a stream ended, or why there was none.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The peer's kernel closed it.
    Closed,
    /// It is of no use any more, for another reason.
    Lost(String),
    /// One end did not accept the other.
    Refused(String),
    /// Nobody listens to this link's events any more.
    Unwanted,
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> End {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
        if let Some(refused) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
            return End::Refused(why(refused));
        }
        match error.kind() {
            BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof => End::Closed,
            _ => End::Lost(error.to_string()),
        }
    }
}

impl Message {
    pub(super) async fn write(&self, writer: &mut (impl AsyncWrite + Unpin)) -> Result<(), End> {
        let length = u32::try_from(self.body.len()).map_err(|_| End::Lost("a message is too long".into()))?;
        let mut header = [0; HEADER_BYTES];
        header[..4].copy_from_slice(&length.to_be_bytes());
        header[4] = self.kind as u8;
        header[5..].copy_from_slice(&self.id.to_be_bytes());
        writer.write_all(&header).await?;
        writer.write_all(&self.body).await?;
        Ok(())
    }

    /// Reads one. Any byte within `silence` is a sign of life, which `heard` is told of.
    pub(super) async fn read(
        reader: &mut (impl AsyncRead + Unpin),
        silence: Duration,
        heard: impl Fn(),
    ) -> Result<Message, End> {
        let header = fill(reader, HEADER_BYTES, silence, &heard).await?;
        let header: [u8; HEADER_BYTES] = header.try_into().map_err(|_| End::Closed)?;
        let [l0, l1, l2, l3, kind, id @ ..] = header;
        let length = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
        let kind = Kind::ALL.into_iter().find(|known| *known as u8 == kind);
        let Some(kind) = kind.filter(|_| length <= MESSAGE_BYTES_MAX) else {
            return Err(End::Lost("it does not speak this protocol".into()));
        };
        let body = fill(reader, length, silence, &heard).await?;
        Ok(Message { kind, id: u64::from_be_bytes(id), body })
    }
}

/// Exactly this many bytes. The buffer grows as they come, not as they are announced.
async fn fill(
    reader: &mut (impl AsyncRead + Unpin),
    length: usize,
    silence: Duration,
    heard: &impl Fn(),
) -> Result<Vec<u8>, End> {
    let mut bytes = Vec::with_capacity(length.min(64 << 10));
    let mut rest = reader.take(length as u64);
    while bytes.len() < length {
        match timeout(silence, rest.read_buf(&mut bytes)).await {
            Ok(Ok(0)) => return Err(End::Closed),
            Ok(read) => drop(read?),
            Err(_) => return Err(End::Lost("it has been silent for too long".into())),
        }
        heard();
    }
    Ok(bytes)
}

/// The place of the one open stream. Whoever sends finds it here.
#[derive(Default)]
pub(super) struct Stream {
    slot: Mutex<Slot>,
    requests: AtomicU64,
    pub(super) received: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) heard_ms: AtomicU64,
}

#[derive(Default)]
struct Slot {
    outgoing: Option<mpsc::Sender<Message>>,
    pending: HashMap<u64, oneshot::Sender<Result<Vec<u8>, StreamError>>>,
}

impl Slot {
    fn send(&self, kind: Kind, id: u64, body: Vec<u8>) -> Result<(), StreamError> {
        if body.len() > MESSAGE_BYTES_MAX {
            return Err(StreamError::TooLong { bytes: body.len() });
        }
        let outgoing = self.outgoing.as_ref().ok_or(StreamError::NotOpen)?;
        outgoing.try_send(Message { kind, id, body }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StreamError::Busy,
            mpsc::error::TrySendError::Closed(_) => StreamError::NotOpen,
        })
    }
}

impl Stream {
    pub(super) fn note(&self, body: Vec<u8>) -> Result<(), StreamError> {
        self.slot().send(Kind::Note, 0, body)
    }

    pub(super) async fn request(&self, body: Vec<u8>, limit: Duration) -> Result<Vec<u8>, StreamError> {
        let id = self.requests.fetch_add(1, Relaxed);
        let (reply, answer) = oneshot::channel();
        {
            let mut slot = self.slot();
            slot.send(Kind::Request, id, body)?;
            slot.pending.insert(id, reply);
        }
        timeout(limit, answer).await.map_or_else(
            |_| {
                self.slot().pending.remove(&id);
                Err(StreamError::TimedOut { limit })
            },
            |answer| answer.unwrap_or(Err(StreamError::Closed)),
        )
    }

    pub(super) fn is_open(&self) -> bool {
        self.slot().outgoing.is_some()
    }

    /// Makes this the stream that messages travel on. What the one before it has not answered, nobody will.
    fn attach(&self) -> (mpsc::Sender<Message>, mpsc::Receiver<Message>) {
        let (outgoing, queue) = mpsc::channel(QUEUE);
        *self.slot() = Slot { outgoing: Some(outgoing.clone()), pending: HashMap::new() };
        (outgoing, queue)
    }

    pub(super) fn detach(&self) {
        *self.slot() = Slot::default();
    }

    pub(super) fn heard(&self) {
        self.heard_ms.store(now_ms(), Relaxed);
    }

    /// Carries messages both ways until the stream ends. A ping goes out when nothing else has for that long.
    pub(super) async fn serve(
        &self,
        connection: impl AsyncRead + AsyncWrite,
        ping: Duration,
        silence: Duration,
        events: &mpsc::Sender<LinkEvent>,
    ) -> End {
        let (outgoing, queue) = self.attach();
        if events.send(LinkEvent::StreamOpened).await.is_err() {
            return End::Unwanted;
        }
        let (reader, writer) = tokio::io::split(connection);
        let result = tokio::select! {
            result = self.read(reader, silence, &outgoing, events) => result,
            result = write(writer, queue, ping) => result,
        };
        result.err().unwrap_or(End::Closed)
    }

    async fn read(
        &self,
        mut reader: impl AsyncRead + Unpin,
        silence: Duration,
        outgoing: &mpsc::Sender<Message>,
        events: &mpsc::Sender<LinkEvent>,
    ) -> Result<(), End> {
        loop {
            let Message { kind, id, body } = Message::read(&mut reader, silence, || self.heard()).await?;
            self.received.fetch_add(1, Relaxed);
            let event = match kind {
                Kind::Note => LinkEvent::Note(body),
                Kind::Request => LinkEvent::Request { bytes: body, reply: promise(id, outgoing.clone()) },
                Kind::Answer | Kind::Failed => {
                    // Too late, if nobody waits any more.
                    if let Some(reply) = self.slot().pending.remove(&id) {
                        let _ = reply.send(if kind == Kind::Answer { Ok(body) } else { Err(StreamError::Unanswered) });
                    }
                    continue;
                }
                Kind::Ping => continue,
                Kind::Hello => return Err(End::Lost("it greets twice".into())),
            };
            events.send(event).await.map_err(|_| End::Unwanted)?;
        }
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the answer to a request goes; that there will be none is sent too.
fn promise(id: u64, outgoing: mpsc::Sender<Message>) -> oneshot::Sender<Vec<u8>> {
    let (reply, answer) = oneshot::channel();
    tokio::spawn(async move {
        let message = match answer.await {
            Ok(body) if Vec::len(&body) <= MESSAGE_BYTES_MAX => Message { kind: Kind::Answer, id, body },
            _ => Message { kind: Kind::Failed, id, body: Vec::new() },
        };
        // Nothing to do where the stream has ended meanwhile.
        let _ = outgoing.send(message).await;
    });
    reply
}

async fn write(writer: impl AsyncWrite + Unpin, mut queue: mpsc::Receiver<Message>, ping: Duration) -> Result<(), End> {
    let mut writer = BufWriter::with_capacity(16 << 10, writer);
    loop {
        let message = match timeout(ping, queue.recv()).await {
            Ok(Some(message)) => message,
            Ok(None) => return Ok(()),
            Err(_) => Message { kind: Kind::Ping, id: 0, body: Vec::new() },
        };
        message.write(&mut writer).await?;
        while let Ok(message) = queue.try_recv() {
            message.write(&mut writer).await?;
        }
        writer.flush().await?;
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{DuplexStream, duplex};

    use super::*;

    const LONG: Duration = Duration::from_secs(10);

    /// Serves one end until it ends; `act` has the other.
    async fn end_of<F: Future<Output = Option<DuplexStream>>>(
        silence: Duration,
        act: impl FnOnce(DuplexStream) -> F,
    ) -> End {
        let (near, far) = duplex(1 << 10);
        let (events, _kept) = mpsc::channel(9);
        let stream = Stream::default();
        let (end, _far) = tokio::join!(stream.serve(near, LONG, silence, &events), act(far));
        end
    }

    #[tokio::test]
    async fn a_closed_stream_and_a_silent_one_are_told_apart() {
        assert_eq!(end_of(LONG, async |_| None).await, End::Closed);
        let End::Lost(why) = end_of(Duration::from_millis(20), async |far| Some(far)).await else { panic!("lost") };
        assert!(why.contains("silent"), "{why}");
    }

    #[tokio::test]
    async fn a_message_that_is_too_long_or_of_no_kind_ends_the_stream() {
        let too_long = [&u32::MAX.to_be_bytes()[..], &[2, 0, 0, 0, 0, 0, 0, 0, 0]].concat();
        let no_kind = [0, 0, 0, 0, 99, 0, 0, 0, 0, 0, 0, 0, 0].to_vec();
        for bytes in [too_long, no_kind] {
            let end = end_of(LONG, async |mut far| {
                far.write_all(&bytes).await.unwrap();
                Some(far)
            });
            assert_eq!(end.await, End::Lost("it does not speak this protocol".into()));
        }
    }

    #[tokio::test]
    async fn a_stream_at_rest_is_pinged() {
        let (near, mut far) = duplex(1 << 10);
        let (events, _kept) = mpsc::channel(9);
        let stream = Stream::default();
        let served = stream.serve(near, Duration::from_millis(5), LONG, &events);
        let heard = async {
            for _ in 0..3 {
                assert_eq!(Message::read(&mut far, LONG, || ()).await.unwrap().kind, Kind::Ping);
            }
            drop(far);
        };
        assert_eq!(tokio::join!(served, heard).0, End::Closed);
    }
}
