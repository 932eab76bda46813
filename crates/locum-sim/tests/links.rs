//! Two links between the nodes, in any weather (`docs/behaviour.md` §5.2).

use locum_core::{Answer, Command, Parameters, State};
use locum_sim::{LINKS, Node, Pair, Served, Weather, native};

const HOUR_MS: u64 = 3_600_000;

fn pair() -> Pair {
    Pair::normal(native(), &Parameters::classic())
}

fn everywhere(pair: &mut Pair, weather: Weather) {
    for node in Node::BOTH {
        (0..LINKS).for_each(|link| pair.set_weather(node, link, weather));
    }
}

/// Nobody has gone anywhere since both became Normal.
fn has_stayed_normal(pair: &Pair) -> bool {
    let entered: Vec<_> = pair.transitions().iter().map(|(_, transition)| transition.to.0).collect();
    entered == [State::Normal; 2]
}

#[test]
fn heartbeats_that_get_lost_repeat_themselves_or_come_late_make_nobody_fail_over() {
    for weather in [Weather::EveryThirdLost, Weather::TwiceAndLate] {
        let mut pair = pair();
        everywhere(&mut pair, weather);
        pair.advance(HOUR_MS);
        assert!(has_stayed_normal(&pair), "{weather:?}: {:?}", pair.transitions());
    }
}

#[test]
fn one_link_is_enough() {
    for dead in 0..LINKS {
        let mut pair = pair();
        Node::BOTH.into_iter().for_each(|node| pair.set_weather(node, dead, Weather::Cut));
        pair.advance(HOUR_MS);
        assert!(has_stayed_normal(&pair), "link {dead}: {:?}", pair.transitions());
    }
}

#[test]
fn each_way_may_have_its_own_link() {
    let mut pair = pair();
    pair.set_weather(Node::A, 0, Weather::Cut);
    pair.set_weather(Node::B, 1, Weather::Cut);
    pair.advance(HOUR_MS);
    assert!(has_stayed_normal(&pair));
    pair.set_weather(Node::A, 1, Weather::Cut);
    pair.settle();
    assert!(Node::BOTH.into_iter().all(|node| pair.view(node).is_some_and(|view| view.peer_silent)));
}

#[test]
fn a_transport_that_starts_afresh_is_heard_whatever_comes_twice() {
    for node in Node::BOTH {
        let mut pair = pair();
        everywhere(&mut pair, Weather::TwiceAndLate);
        pair.advance(HOUR_MS);
        pair.renew_transport(node);
        pair.advance(HOUR_MS);
        assert!(has_stayed_normal(&pair), "{node:?}: {:?}", pair.transitions());
        assert_eq!(pair.command(node, Command::Failover), Some(Answer::Accepted));
        pair.settle();
        pair.renew_transport(node.peer());
        pair.settle();
        assert_eq!(pair.served(node), Served::By(node.peer()));
        assert_eq!(pair.served_twice_ms(node), 0);
    }
}
