//! Following the journal.

use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::net::UnixStream;

use super::fake::{Fake, send};

/// The sequence numbers of the next `count` entries that come.
async fn next(body: &mut Incoming, rest: &mut String, count: usize) -> Vec<u64> {
    let mut numbers = Vec::new();
    while numbers.len() < count {
        if let Some((line, after)) = rest.split_once('\n') {
            if !line.is_empty() {
                numbers.push(serde_json::from_str::<crate::api::Event>(line).unwrap().sequence);
            }
            *rest = after.to_owned();
            continue;
        }
        let frame = body.frame().await.expect("the stream goes on").unwrap();
        rest.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
    }
    numbers
}

async fn follow(fake: &Fake, query: &str) -> Incoming {
    let stream = UnixStream::connect(&fake.socket).await.unwrap();
    send(stream, "GET", &format!("/v1/events/follow{query}"), "", &[]).await.into_body()
}

#[tokio::test]
async fn a_follower_sees_the_old_and_the_new_once_each() {
    let fake = Fake::start().await;
    (1..=5).for_each(|number| fake.write(number, false));
    let (mut body, mut rest) = (follow(&fake, "?from=3").await, String::new());
    assert_eq!(next(&mut body, &mut rest, 3).await, [3, 4, 5]);
    fake.write(6, true);
    assert_eq!(next(&mut body, &mut rest, 1).await, [6]);
    fake.write(7, true);
    assert_eq!(next(&mut body, &mut rest, 1).await, [7]);
}

#[tokio::test]
async fn a_follower_misses_nothing_that_is_told_out_of_order() {
    let fake = Fake::start().await;
    fake.write(1, false);
    let (mut body, mut rest) = (follow(&fake, "?from=1").await, String::new());
    assert_eq!(next(&mut body, &mut rest, 1).await, [1]);
    fake.write(2, false);
    fake.write(3, true);
    assert_eq!(next(&mut body, &mut rest, 2).await, [2, 3]);
}

#[tokio::test]
async fn without_a_number_the_last_entries_come_first() {
    let fake = Fake::start().await;
    (1..=5).for_each(|number| fake.write(number, false));
    let (mut body, mut rest) = (follow(&fake, "?limit=2").await, String::new());
    assert_eq!(next(&mut body, &mut rest, 2).await, [4, 5]);
}

#[tokio::test]
async fn a_follower_that_is_too_slow_reads_what_it_missed() {
    let fake = Fake::start().await;
    let (mut body, mut rest) = (follow(&fake, "").await, String::new());
    // Far more at once than the channel to followers holds.
    (1..=100).for_each(|number| fake.write(number, true));
    assert_eq!(next(&mut body, &mut rest, 100).await, (1..=100).collect::<Vec<_>>());
}
