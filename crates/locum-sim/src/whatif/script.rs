//! From what is asked to what happens in one run.

use std::collections::BTreeMap;

use locum_config::{Event, Happens, Home, Kept, Trouble, WhatIf};
use locum_core::Command;

use crate::chance::Chance;
use crate::history::{Happening, History, What, usual_services};
use crate::host::UserMoves;
use crate::network::Rough;
use crate::node::Node;

/// How many users a simulated directory holds: one at each home. Moving users is one step, however many there are.
const USERS: u32 = 2;

/// What lasts for a while, and may be brought about by more than one thing at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Held {
    Down(Node),
    Frozen(Node),
    Cut(Node),
    Service(Node, u16),
    Moves(Node),
}

/// What a happening does to what lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// It begins, until then.
    Begins { until_ms: u64 },
    /// What began it until now is over.
    Ends,
    /// It is over, whatever began it.
    IsOver,
}

/// It begins, and only somebody ends it.
const BEGINS: Turn = Turn::Begins { until_ms: u64::MAX };

/// Something that happens in a run.
#[derive(Clone, Debug)]
struct Step {
    at_ms: u64,
    what: Vec<What>,
    held: Option<(Held, Turn)>,
}

/// How long the pair has to find its place before the run begins, in milliseconds.
pub(super) fn prelude_ms(what_if: &WhatIf) -> u64 {
    let parameters = what_if.set.parameters();
    parameters.initialization_keep_alive_timeout_ms + 4 * parameters.keep_alive_interval_ms
}

/// What happens in a run, by its number: the same for the same seed, whatever the timers are.
pub(super) fn history(what_if: &WhatIf, run: u32) -> History {
    let prelude_ms = prelude_ms(what_if);
    let lasts_ms = ms(what_if.lasts);
    let mut chance = Chance::new((u64::from(what_if.seed) << 32) | u64::from(run));
    // A starting node answers the other at once: where in an interval heartbeats are sent follows from the later start.
    let interval_ms = what_if.set.keep_alive_interval.as_millis() as f64;
    let offset = unit(&mut chance);
    let starts = Node::BOTH.map(|node| (node, ((offset + unit(&mut chance)) * interval_ms) as u64));
    let mut steps: Vec<Step> = what_if.events.iter().flat_map(|event| scripted(event, &mut chance)).collect();
    steps.extend(random(what_if, lasts_ms, &mut chance));
    steps.retain(|step| step.at_ms < lasts_ms);
    steps.sort_by_key(|step| step.at_ms);
    let loss = loss(what_if.background.loss_ppm);
    let mut happenings: Vec<Happening> =
        starts.into_iter().map(|(node, at_ms)| Happening { at_ms, what: What::Start { node } }).collect();
    happenings.sort_by_key(|happening| happening.at_ms);
    let at = |at_ms: u64, what: What| Happening { at_ms: prelude_ms + at_ms, what };
    let fair = Node::BOTH.into_iter().flat_map(|node| weather(node, loss));
    happenings.extend(fair.filter(|_| loss.is_some()).map(|what| at(0, what)));
    happenings.extend(
        untangled(steps, loss).into_iter().flat_map(|step| step.what.into_iter().map(move |what| at(step.at_ms, what))),
    );
    History {
        title: what_if.title.clone(),
        profile: what_if.profile,
        set: what_if.set.named(),
        services: usual_services(),
        users: USERS,
        seed: chance.draw(),
        lasts_ms: prelude_ms + lasts_ms,
        happenings,
        ..History::default()
    }
}

/// What happens at the word of the file, each time, and what ends it.
fn scripted(event: &Event, chance: &mut Chance) -> Vec<Step> {
    let every_ms = event.every.map_or(0, ms);
    let nodes = match (event.node, event.what) {
        (None, Happens::Cut | Happens::Heal) => &Node::BOTH[..],
        (Some(Home::B), _) => &[Node::B],
        _ => &[Node::A],
    };
    let mut steps = Vec::new();
    for time in 0..u64::from(event.times) {
        let at_ms = ms(event.at) + time * every_ms + (unit(chance) * ms(event.jitter) as f64) as u64;
        for node in nodes {
            match event.lasts {
                Some(lasts) => steps.extend(trouble(at_ms, at_ms + ms(lasts), event.what, *node, event.service)),
                None => steps.push(step(at_ms, event.what, *node, event.service)),
            }
        }
    }
    steps
}

/// What happens, and what ends it.
fn trouble(at_ms: u64, until_ms: u64, what: Happens, node: Node, service: Kept) -> Vec<Step> {
    let turned = |step: Step, turn| Step { held: step.held.map(|(held, _)| (held, turn)), ..step };
    let begins = turned(step(at_ms, what, node, service), Turn::Begins { until_ms });
    let ends = what.end().map(|end| turned(step(until_ms, end, node, service), Turn::Ends));
    [begins].into_iter().chain(ends).collect()
}

/// What goes wrong at random.
fn random(what_if: &WhatIf, lasts_ms: u64, chance: &mut Chance) -> Vec<Step> {
    let background = &what_if.background;
    let of_each_node = [
        (background.stalls.as_ref(), Happens::Freeze),
        (background.crashes.as_ref(), Happens::Crash),
        (background.service_faults.as_ref(), Happens::ServiceFails),
    ];
    let mut steps = Vec::new();
    let mut again = |often: Option<&Trouble>, what: Happens, nodes: &[Node]| {
        for (from_ms, to_ms) in often.map_or_else(Vec::new, |often| times(often, lasts_ms, chance)) {
            steps.extend(nodes.iter().flat_map(|node| trouble(from_ms, to_ms, what, *node, Kept::Service)));
        }
    };
    again(background.burst_loss.as_ref(), Happens::Cut, &Node::BOTH);
    for (of_node, what) in of_each_node {
        Node::BOTH.into_iter().for_each(|node| again(of_node, what, &[node]));
    }
    steps
}

/// From when to when, again and again.
fn times(trouble: &Trouble, lasts_ms: u64, chance: &mut Chance) -> Vec<(u64, u64)> {
    let mut times = Vec::new();
    let mut now_ms = 0;
    loop {
        let from_ms = now_ms + exponential(chance, ms(trouble.every));
        if from_ms >= lasts_ms {
            return times;
        }
        now_ms = from_ms + exponential(chance, ms(trouble.lasts)).max(1);
        times.push((from_ms, now_ms));
    }
}

fn step(at_ms: u64, what: Happens, node: Node, service: Kept) -> Step {
    let service = match service {
        Kept::Service => 0,
        Kept::Database => 1,
    };
    let command = |command| (vec![What::Command { node, command }], None);
    let (what, held) = match what {
        Happens::Start => (vec![What::Start { node }], Some((Held::Down(node), Turn::IsOver))),
        Happens::Kill => (vec![What::Kill { node }, What::KernelTells { node }], Some((Held::Down(node), BEGINS))),
        Happens::Crash => (vec![What::Reboot { node }], Some((Held::Down(node), BEGINS))),
        Happens::Goodbye | Happens::Reboot => (vec![What::Goodbye { node }], Some((Held::Down(node), BEGINS))),
        Happens::LoseDisk => (vec![What::LoseDisk { node }], None),
        Happens::ServiceFails => {
            (vec![What::ServiceFails { node, service }], Some((Held::Service(node, service), BEGINS)))
        }
        Happens::ServiceMends => {
            (vec![What::ServiceMends { node, service }], Some((Held::Service(node, service), Turn::IsOver)))
        }
        Happens::Cut | Happens::CutOneWay => (vec![What::Cut { node, link: None }], Some((Held::Cut(node), BEGINS))),
        Happens::Heal => (vec![What::Heal { node, link: None }], Some((Held::Cut(node), Turn::IsOver))),
        Happens::Freeze => (vec![What::Freeze { node }], Some((Held::Frozen(node), BEGINS))),
        Happens::Thaw => (vec![What::Thaw { node }], Some((Held::Frozen(node), Turn::IsOver))),
        Happens::MovesFail => (vec![What::Moves { node, moves: UserMoves::Fail }], Some((Held::Moves(node), BEGINS))),
        Happens::MovesSucceed => {
            (vec![What::Moves { node, moves: UserMoves::Succeed }], Some((Held::Moves(node), Turn::IsOver)))
        }
        Happens::Failover => command(Command::Failover),
        Happens::Fallback => command(Command::Fallback),
        Happens::ForceTakeOver => command(Command::ForceTakeOver),
        Happens::Recover => command(Command::Recover),
        Happens::CancelFallback => command(Command::CancelFallback),
        Happens::HaOn => command(Command::HighAvailabilityOn),
        Happens::HaOff => command(Command::HighAvailabilityOff),
    };
    Step { at_ms, what, held }
}

/// What is held twice ends once, with the last of what holds it; and where packets get lost all the time, they do so
/// again after a cut.
fn untangled(steps: Vec<Step>, loss: Option<[u8; 2]>) -> Vec<Step> {
    // Until when those last that began it.
    let mut holds: BTreeMap<Held, Vec<u64>> = BTreeMap::new();
    let mut left = Vec::new();
    for mut step in steps {
        if let Some((held, turn)) = step.held {
            let holders = holds.entry(held).or_default();
            match turn {
                Turn::Begins { until_ms } => holders.push(until_ms),
                Turn::Ends => {
                    let Some(place) = holders.iter().position(|until_ms| *until_ms == step.at_ms) else {
                        // Somebody has ended it before its time.
                        continue;
                    };
                    holders.swap_remove(place);
                    if !holders.is_empty() {
                        continue;
                    }
                }
                Turn::IsOver => holders.clear(),
            }
            if let Held::Cut(node) = held
                && holders.is_empty()
            {
                step.what.extend(weather(node, loss));
            }
        }
        left.push(step);
    }
    left
}

fn weather(node: Node, loss: Option<[u8; 2]>) -> Vec<What> {
    let links = loss.into_iter().flat_map(|loss| (0..).zip(loss));
    let rough = |lost_percent| Rough { lost_percent, ..Rough::default() };
    links.map(|(link, percent)| What::Weather { node, link: Some(link), rough: rough(percent) }).collect()
}

/// Two links lose packets by whole percents, each by itself: those whose product comes closest to this share of
/// heartbeats.
fn loss(loss_ppm: u32) -> Option<[u8; 2]> {
    let pairs = (1..=100u8).flat_map(|one| (one..=100).map(move |other| [one, other]));
    let off = |[one, other]: &[u8; 2]| (u32::from(*one) * u32::from(*other) * 100).abs_diff(loss_ppm);
    pairs.min_by_key(|pair| (off(pair), pair[0].abs_diff(pair[1]))).filter(|_| loss_ppm > 0)
}

/// The share of heartbeats that gets lost in fact, in millionths.
pub(super) fn played_loss_ppm(loss_ppm: u32) -> u32 {
    loss(loss_ppm).map_or(0, |[one, other]| u32::from(one) * u32::from(other) * 100)
}

/// Evenly from 0 up to, but not, 1.
fn unit(chance: &mut Chance) -> f64 {
    (chance.draw() >> 11) as f64 / (1u64 << 53) as f64
}

fn exponential(chance: &mut Chance, mean_ms: u64) -> u64 {
    (-(1.0 - unit(chance)).ln() * mean_ms as f64) as u64
}

fn ms(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn asked(text: &str) -> WhatIf {
        WhatIf::parse(text, Path::new("w.toml")).unwrap_or_else(|faults| panic!("{faults}"))
    }

    fn told(what_if: &WhatIf, run: u32) -> Vec<String> {
        let begin_ms = prelude_ms(what_if);
        let history = history(what_if, run);
        let later = history.happenings.iter().filter(|happening| happening.at_ms >= begin_ms);
        later.map(|happening| format!("{} {}", (happening.at_ms - begin_ms) / 1_000, happening.what)).collect()
    }

    #[test]
    fn what_is_held_by_two_ends_with_the_last() {
        let what_if = asked(
            "lasts = \"1h\"\n[[event]]\nat = \"10s\"\nwhat = \"cut-one-way\"\nnode = \"a\"\nlasts = \"20s\"\n\
             [[event]]\nat = \"20s\"\nwhat = \"cut-one-way\"\nnode = \"a\"\nlasts = \"60s\"\n\
             [[event]]\nat = \"90s\"\nwhat = \"freeze\"\nnode = \"b\"\nlasts = \"60s\"\n\
             [[event]]\nat = \"100s\"\nwhat = \"thaw\"\nnode = \"b\"\n",
        );
        let lines = [
            "10 What a sends is lost.",
            "20 What a sends is lost.",
            "80 What a sends arrives.",
            "90 The host of b stops running.",
            "100 The host of b runs on.",
        ];
        assert_eq!(told(&what_if, 0), lines);
    }

    #[test]
    fn what_was_ended_before_its_time_does_not_end_what_comes_after_it() {
        let what_if = asked(
            "lasts = \"1h\"\n[[event]]\nat = \"10s\"\nwhat = \"freeze\"\nnode = \"a\"\nlasts = \"20s\"\n\
             [[event]]\nat = \"15s\"\nwhat = \"thaw\"\nnode = \"a\"\n\
             [[event]]\nat = \"20s\"\nwhat = \"freeze\"\nnode = \"a\"\nlasts = \"5min\"\n",
        );
        let lines = [
            "10 The host of a stops running.",
            "15 The host of a runs on.",
            "20 The host of a stops running.",
            "320 The host of a runs on.",
        ];
        assert_eq!(told(&what_if, 0), lines);
    }

    #[test]
    fn packets_go_on_getting_lost_after_a_cut() {
        let text =
            "lasts = \"1h\"\n[background]\nloss = 0.005\n[[event]]\nat = \"10s\"\nwhat = \"cut\"\nlasts = \"5s\"\n";
        let lines = told(&asked(text), 0);
        assert_eq!(
            lines.iter().filter(|line| line.contains("on link 0 is 0 to 0 ms late; 5 % is lost")).count(),
            4,
            "{lines:#?}"
        );
        assert_eq!(lines.len(), 4 + 2 + 2 + 4, "{lines:#?}");
    }

    #[test]
    fn a_share_of_heartbeats_is_a_product_of_percents() {
        assert_eq!(
            [0, 100, 5_000, 20_000, 123_456, 1_000_000].map(played_loss_ppm),
            [0, 100, 5_000, 20_000, 123_500, 1_000_000]
        );
    }

    #[test]
    fn what_is_random_differs_from_run_to_run_and_not_from_time_to_time_nor_with_the_timers() {
        let text = "lasts = \"30d\"\n[background]\nstalls = { every = \"1d\", lasts = \"5s\" }\n\
             [[event]]\nat = \"1h\"\njitter = \"10min\"\nwhat = \"kill\"\nnode = \"a\"\n";
        let other = WhatIf::parse_with(text, Path::new("w.toml"), None, &["keep_alive_timeout=30s".into()]).unwrap();
        let what_if = asked(text);
        assert_eq!(told(&what_if, 1), told(&what_if, 1));
        assert_ne!(told(&what_if, 1), told(&what_if, 2));
        assert_eq!(told(&what_if, 1), told(&other, 1));
        let stalls =
            (0..20).map(|run| told(&what_if, run).iter().filter(|line| line.ends_with("stops running.")).count());
        let stalls = stalls.sum::<usize>();
        assert!((1_000..1_400).contains(&stalls), "two nodes, 30 days, 20 runs: {stalls}");
    }
}
