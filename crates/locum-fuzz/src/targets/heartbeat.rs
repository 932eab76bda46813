use std::collections::VecDeque;

use locum_core::{Core, Effect, Heartbeat, Input, Memory, Settings, Start, State};
use locum_node::link::is_plausible;

use super::config;

/// For so long two machines talk to each other, in milliseconds: they are Normal long before.
const TALK_MS: u64 = 3000;

/// A node without services, which are healthy then.
fn settings(first: bool) -> Settings {
    Settings { services: Vec::new(), ..config::example(first).settings() }
}

pub(super) fn start(first: bool, memory: Option<Memory>) -> (Core, Vec<Effect>) {
    Core::start(settings(first), Start { now_ms: 1000, boot_id: 1, incarnation_min: 2, memory })
}

/// Two machines that have become Normal, and what the second has said to the first.
fn pair() -> ([Core; 2], Vec<Heartbeat>) {
    let (a, from_a) = start(true, None);
    let (b, from_b) = start(false, None);
    let (mut nodes, mut heard) = ([a, b], Vec::new());
    let mut effects: VecDeque<_> = [(0, from_a), (1, from_b)].into();
    loop {
        let Some((node, doing)) = effects.pop_front() else {
            let (node, deadline) =
                nodes.iter().map(Core::next_deadline).enumerate().min_by_key(|(_, due)| due.at_ms).expect("two");
            if deadline.at_ms > 1000 + TALK_MS {
                return (nodes, heard);
            }
            effects.push_back((node, nodes[node].handle(deadline.at_ms, Input::Timer { token: deadline.token })));
            continue;
        };
        for effect in doing {
            let (to, input) = match effect {
                Effect::Send(heartbeat) => (1 - node, Input::Heartbeat(heartbeat)),
                Effect::MoveUsers { token, .. } => (node, Input::UsersMoved { token, moved: true }),
                _ => continue,
            };
            if let (0, Input::Heartbeat(heartbeat)) = (to, &input) {
                heard.push(heartbeat.clone());
            }
            effects.push_back((to, nodes[to].handle(0, input)));
        }
    }
}

/// What a machine does after an input, while so many of its deadlines pass.
pub(super) fn go_on(core: &mut Core, input: Input, deadlines: u32) -> String {
    let mut effects = core.handle(0, input);
    for _ in 0..deadlines {
        let deadline = core.next_deadline();
        effects.extend(core.handle(deadline.at_ms, Input::Timer { token: deadline.token }));
    }
    let view = core.view();
    let kinds = effects.iter().map(|effect| format!("{effect:?}").chars().take_while(|c| c.is_alphabetic()).collect());
    format!("{} {} {} {}", view.state, view.reason, view.row, kinds.collect::<Vec<String>>().join(" "))
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let (_, mut heard) = pair();
    heard.dedup_by_key(|heartbeat| (heartbeat.version, heartbeat.echo.map(|echo| echo.version)));
    let last = heard.last().cloned();
    // And a goodbye, and every other state that a peer can announce.
    let others = State::ALL.into_iter().flat_map(|state| {
        let mut said = last.clone()?;
        (said.announced.state, said.sequence, said.version) = (state, said.sequence + 9, said.version + 1);
        said.announced.goodbye = state == State::Normal;
        Some(said)
    });
    heard.iter().cloned().chain(others).map(|heartbeat| heartbeat.encode()).collect()
}

pub(super) fn attempt() -> impl FnMut(&[u8]) -> String {
    let ([normal, _], _) = pair();
    let beginnings = [start(true, None).0, normal];
    move |frame| {
        let Some(heartbeat) = Heartbeat::decode(frame) else { return "no heartbeat".into() };
        assert_eq!(
            Heartbeat::decode(&heartbeat.encode()).as_ref(),
            Some(&heartbeat),
            "it is not read as it was written"
        );
        if !is_plausible(&heartbeat, 0) {
            return "implausible".into();
        }
        beginnings.each_ref().map(|core| go_on(&mut core.clone(), Input::Heartbeat(heartbeat.clone()), 2)).concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_have_become_normal() {
        assert_eq!(pair().0.map(|core| core.view().state), [State::Normal; 2]);
        assert!(seeds().len() > State::ALL.len());
    }
}
