//! The journal.

use std::{collections::VecDeque, convert::Infallible, time::Duration};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::State,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use futures_util::stream;
use serde::Deserialize;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::timeout,
};

use super::Api;
use crate::{
    admin::{body::Asked, problem::Answer},
    api::{Event, Problem},
    handle::NodeHandle,
};

/// How many entries one answer holds.
const ENTRIES_MAX: usize = 1000;
/// How many of the last entries come where none is asked for by number.
const ENTRIES_DEFAULT: usize = 100;
/// An empty line after this long without an entry shows either side that the other still lives.
const QUIET_MAX: Duration = Duration::from_secs(15);

/// How long a follower waits where the node has too many requests.
const BUSY_PAUSE: Duration = Duration::from_millis(500);

/// Which part of the journal.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    #[serde(default)]
    from: u64,
    limit: Option<usize>,
}

impl Part {
    fn limit(&self) -> usize {
        self.limit.unwrap_or(ENTRIES_DEFAULT).clamp(1, ENTRIES_MAX)
    }
}

/// Entries of the journal, in order; from 0 (or unsaid), the last ones.
#[utoipa::path(get, path = "/v1/events", tag = "events",
    params(("from" = Option<u64>, Query, description = "The first sequence number."),
        ("limit" = Option<usize>, Query, description = "How many, up to 1000; 100 if unsaid.")),
    responses((status = 200, body = Vec<Event>), (status = "default", body = Problem)))]
pub(crate) async fn list(State(api): State<Api>, Asked(part): Asked<Part>) -> Answer<Vec<Event>> {
    api.handle.events(part.from, part.limit()).await.map(Json)
}

/// Entries of the journal as they are written, one JSON document a line; empty lines mean nothing.
#[utoipa::path(get, path = "/v1/events/follow", tag = "events",
    params(("from" = Option<u64>, Query, description = "The first sequence number; if unsaid, the last `limit` entries."),
        ("limit" = Option<usize>, Query, description = "How many of the last entries come first; 100 if unsaid.")),
    responses((status = 200, content_type = "application/x-ndjson", body = Event), (status = "default", body = Problem)))]
pub(crate) async fn follow(State(api): State<Api>, Asked(part): Asked<Part>) -> Result<Response, Problem> {
    // Listening begins before reading, so nothing falls between the two.
    let live = api.handle.follow();
    let read = api.handle.events(part.from, part.limit()).await?;
    let next = read.last().map_or(part.from.max(1), |event| event.sequence + 1);
    let reader = Reader { handle: api.handle, live, behind: !read.is_empty(), read: read.into(), next };
    let lines = stream::unfold(reader, async |mut reader| {
        let line = reader.line().await?;
        Some((Ok::<_, Infallible>(line), reader))
    });
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response())
}

/// One follower: what it has read from the journal, then what comes live.
struct Reader {
    handle: NodeHandle,
    live: Receiver<Event>,
    read: VecDeque<Event>,
    /// The sequence number that comes next.
    next: u64,
    /// Whether the journal may hold entries that were neither read nor heard.
    behind: bool,
}

impl Reader {
    /// The next line, or `None` where the node is gone.
    async fn line(&mut self) -> Option<Bytes> {
        loop {
            if let Some(event) = self.read.pop_front() {
                self.next = event.sequence + 1;
                return line(&event);
            }
            if self.behind {
                match self.handle.events(self.next, ENTRIES_MAX).await {
                    Ok(events) => {
                        self.behind = !events.is_empty();
                        self.read = events.into();
                    }
                    Err(problem) if problem.problem == "busy" => tokio::time::sleep(BUSY_PAUSE).await,
                    Err(_) => return None,
                }
                continue;
            }
            match timeout(QUIET_MAX, self.live.recv()).await {
                Err(_) => return Some(Bytes::from_static(b"\n")),
                Ok(Ok(event)) if event.sequence < self.next => {}
                // Entries may be told in another order than they were written: the journal has what is missing.
                Ok(Ok(event)) if event.sequence > self.next => self.behind = true,
                Ok(Ok(event)) => self.read.push_back(event),
                // A slow client does not slow the node down; it reads what it missed from the journal.
                Ok(Err(RecvError::Lagged(_))) => self.behind = true,
                Ok(Err(RecvError::Closed)) => return None,
            }
        }
    }
}

fn line(event: &Event) -> Option<Bytes> {
    let mut line = serde_json::to_vec(event).ok()?;
    line.push(b'\n');
    Some(line.into())
}
