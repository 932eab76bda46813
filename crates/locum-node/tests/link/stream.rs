use std::time::Duration;

use locum_node::link::{LinkConfig, LinkEvent, MESSAGE_BYTES_MAX, StreamError};

use crate::support::{Node, PATIENCE, authority, config, free_tcp, free_udp, pair};

/// Answers every request with its bytes reversed, until the link ends.
fn answering(node: Node) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let Node { link: _kept, mut events } = node;
        while let Some(event) = events.recv().await {
            if let LinkEvent::Request { mut bytes, reply } = event {
                bytes.reverse();
                reply.send(bytes).unwrap();
            }
        }
    })
}

#[tokio::test]
async fn requests_are_answered_in_both_directions() {
    let dir = authority();
    for to_listener in [true, false] {
        let (a, b) = pair(dir.path()).await;
        let (asking, answers) = if to_listener { (a, b) } else { (b, a) };
        let answers = answering(answers);
        assert_eq!(asking.link.request(b"abc".to_vec(), PATIENCE).await.unwrap(), b"cba");
        let long: Vec<u8> = (0..5_000_000_u32).map(|i| (i % 251) as u8).collect();
        let reversed: Vec<u8> = long.iter().rev().copied().collect();
        let (first, second) =
            tokio::join!(asking.link.request(long, PATIENCE), asking.link.request(b"meanwhile".to_vec(), PATIENCE));
        assert!(first.unwrap() == reversed, "five megabytes come back whole");
        assert_eq!(second.unwrap(), b"elihwnaem");
        answers.abort();
    }
}

#[tokio::test]
async fn notes_arrive_in_order() {
    let dir = authority();
    let (mut a, b) = pair(dir.path()).await;
    for number in 0..50_u8 {
        b.link.note(vec![number; usize::from(number) * 100]).unwrap();
    }
    for number in 0..50_u8 {
        let note = a.until(|event| if let LinkEvent::Note(note) = event { Some(note) } else { None }).await;
        assert_eq!(note, vec![number; usize::from(number) * 100]);
    }
    let too_long = b.link.note(vec![0; MESSAGE_BYTES_MAX + 1]);
    assert_eq!(too_long, Err(StreamError::TooLong { bytes: MESSAGE_BYTES_MAX + 1 }));
}

#[tokio::test]
async fn a_request_without_an_answer_ends() {
    let dir = authority();
    let (a, mut b) = pair(dir.path()).await;
    let limit = Duration::from_millis(20);
    let unheeded = a.link.request(b"?".to_vec(), limit).await;
    assert_eq!(unheeded, Err(StreamError::TimedOut { limit }));

    drop(b.request().await);
    let (answer, ()) = tokio::join!(a.link.request(b"?".to_vec(), PATIENCE), async { drop(b.request().await) });
    assert_eq!(answer, Err(StreamError::Unanswered));

    let ended = async {
        let promised = b.request().await;
        drop(b);
        promised
    };
    let (answer, _promised) = tokio::join!(a.link.request(b"?".to_vec(), PATIENCE), ended);
    assert_eq!(answer, Err(StreamError::Closed));
}

#[tokio::test]
async fn without_a_stream_nothing_is_sent() {
    let dir = authority();
    let ([a], [b]) = (free_udp("127.0.0.1"), free_udp("127.0.0.2"));
    let a = Node::start(config(dir.path(), ["a", "b"], &[(a, b)]));
    assert_eq!(a.link.note(Vec::new()), Err(StreamError::NotOpen));
    assert_eq!(a.link.request(Vec::new(), PATIENCE).await, Err(StreamError::NotOpen));
}

#[tokio::test]
async fn a_second_connection_takes_the_place_of_the_first() {
    let dir = authority();
    let (mut first, mut b) = pair(dir.path()).await;
    let stream_connect = b.link.stream_address().unwrap();
    let ([at_a], [at_b]) = (free_udp("127.0.0.1"), free_udp("127.0.0.2"));
    let again = LinkConfig { stream_connect, incarnation: 2, ..config(dir.path(), ["a", "b"], &[(at_a, at_b)]) };
    let mut second = Node::start(again);
    assert!(matches!(b.next().await, LinkEvent::StreamOpened), "opened again without having closed");
    first.until(|event| matches!(event, LinkEvent::StreamClosed).then_some(())).await;
    drop(first);
    second.opened().await;
    let answers = answering(b);
    // The first may have connected once more before it ended; the second comes back then.
    loop {
        match second.link.request(b"ab".to_vec(), PATIENCE).await {
            Ok(answer) => break assert_eq!(answer, b"ba"),
            Err(StreamError::Closed | StreamError::NotOpen) => second.opened().await,
            Err(other) => panic!("{other}"),
        }
    }
    answers.abort();
}

/// The listener may come later than the node that connects.
#[tokio::test]
async fn connecting_is_tried_again() {
    let dir = authority();
    let (stream, [at_a], [at_b]) = (free_tcp("127.0.0.2"), free_udp("127.0.0.1"), free_udp("127.0.0.2"));
    let mut a = Node::start(LinkConfig { stream_connect: stream, ..config(dir.path(), ["a", "b"], &[(at_a, at_b)]) });
    a.link.send_frame(b"nobody is there").unwrap();
    a.until(|event| matches!(event, LinkEvent::PortRefused).then_some(())).await;
    let mut b = Node::start(LinkConfig { stream_listen: stream, ..config(dir.path(), ["b", "a"], &[(at_b, at_a)]) });
    a.opened().await;
    b.opened().await;
}
