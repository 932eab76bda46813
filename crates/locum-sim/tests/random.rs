//! Whatever happens, in whatever order: nobody is served twice without a partition, and once faults are mended
//! the commands that `status` recommends lead back to Normal (`docs/behaviour.md` §5).

use locum_core::{Advice, Command, Parameters, State, advise};
use locum_sim::{NewUser, Node, Pair, Served, UserMoves, native};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// The same histories on every run; `PROPTEST_RNG_SEED` and `PROPTEST_CASES` try others, and more.
const SEED: u64 = 1;
const USERS: usize = 3;

#[derive(Clone, Copy, Debug)]
enum Act {
    Wait(u64),
    Kill(Node),
    Start(Node),
    Reboot(Node),
    LoseDisk(Node),
    Service(Node, u16, bool),
    MovesFail(Node, bool),
    Command(Node, Command),
    AddUser(Node),
    Cut(Node),
    Heal,
    KernelTells(Node),
    Freeze(Node, bool),
}

fn node() -> impl Strategy<Value = Node> {
    prop_oneof![Just(Node::A), Just(Node::B)]
}

fn act(partitions: bool) -> BoxedStrategy<Act> {
    let calm = prop_oneof![
        4 => (0u64..20).prop_map(Act::Wait),
        4 => (0u64..3_000).prop_map(Act::Wait),
        2 => node().prop_map(Act::Kill),
        3 => node().prop_map(Act::Start),
        1 => node().prop_map(Act::Reboot),
        1 => node().prop_map(Act::KernelTells),
        1 => (node(), any::<bool>()).prop_map(|(n, frozen)| Act::Freeze(n, frozen)),
        1 => node().prop_map(Act::AddUser),
        3 => (node(), 0u16..2, any::<bool>()).prop_map(|(n, s, up)| Act::Service(n, s, up)),
        1 => (node(), any::<bool>()).prop_map(|(n, fail)| Act::MovesFail(n, fail)),
        6 => (node(), 0..Command::ALL.len()).prop_map(|(n, c)| Act::Command(n, Command::ALL[c])),
    ];
    if partitions {
        prop_oneof![8 => calm, 1 => node().prop_map(Act::Cut), 1 => Just(Act::Heal), 1 => node().prop_map(Act::LoseDisk)].boxed()
    } else {
        calm.boxed()
    }
}

fn perform(pair: &mut Pair, act: Act) {
    match act {
        Act::Wait(for_ms) => pair.advance(for_ms),
        Act::Kill(node) => pair.kill(node),
        Act::Start(node) => pair.start(node),
        Act::Reboot(node) => pair.reboot(node),
        Act::LoseDisk(node) => pair.lose_disk(node),
        Act::Service(node, service, sound) => pair.set_service(node, service, sound),
        Act::MovesFail(node, fail) => pair.set_moves(node, if fail { UserMoves::Fail } else { UserMoves::Succeed }),
        Act::Command(node, command) => _ = pair.command(node, command),
        Act::AddUser(node) => {
            let name = format!("user-{}", pair.directory(node).len());
            _ = pair.add_users(node, [NewUser::new(name)]);
        }
        Act::Cut(node) => pair.set_sends(node, false),
        Act::Heal => Node::BOTH.into_iter().for_each(|node| pair.set_sends(node, true)),
        Act::KernelTells(node) if pair.state(node).is_none() => pair.kernel_tells(node),
        Act::KernelTells(_) => {}
        Act::Freeze(node, frozen) => pair.set_frozen(node, frozen),
    }
}

/// Mends every fault, then does what `status` recommends until there is nothing to do.
fn mend(pair: &mut Pair) -> Vec<Advice> {
    for node in Node::BOTH {
        pair.set_frozen(node, false);
        pair.set_sends(node, true);
        pair.set_service(node, 0, true);
        pair.set_service(node, 1, true);
        pair.set_moves(node, UserMoves::Succeed);
        if pair.view(node).is_some_and(|view| view.leaving) {
            pair.kill(node);
        }
        pair.start(node);
    }
    let mut taken = Vec::new();
    for _ in 0..6 {
        pair.settle();
        let (Some(a), Some(b)) = (pair.state(Node::A), pair.state(Node::B)) else { return taken };
        let advice = advise(a, Some(b));
        taken.push(advice);
        match advice {
            Advice::Nothing => return taken,
            Advice::FallBackHere | Advice::RepairHere => _ = pair.command(Node::A, Command::Fallback),
            Advice::FallBackToPeer | Advice::RepairPeer => _ = pair.command(Node::B, Command::Fallback),
            Advice::Recover | Advice::RecoverMove => _ = pair.command(Node::A, Command::Recover),
            Advice::SwitchOn => _ = pair.command(Node::A, Command::HighAvailabilityOn),
            Advice::ForceHere => _ = pair.command(Node::A, Command::ForceTakeOver),
            Advice::ForcePeer => _ = pair.command(Node::B, Command::ForceTakeOver),
            Advice::Wait | Advice::RepairEither | Advice::BringPeerBack => {}
        }
    }
    taken
}

fn ends_normal(pair: &mut Pair) {
    let taken = mend(pair);
    let recent: Vec<_> = pair.transitions().iter().rev().take(12).cloned().collect();
    for node in Node::BOTH {
        assert_eq!(pair.state(node).map(|(state, _)| state), Some(State::Normal), "advice {taken:?}, then {recent:#?}");
        assert_eq!(pair.served(node), Served::By(node));
    }
    let [a, b] = Node::BOTH.map(|node| pair.directory(node));
    assert_eq!((a.revision(), a.digest()), (b.revision(), b.digest()));
}

/// A pair with some users.
fn pair(automatic_fallback: bool) -> Pair {
    let users = (0..USERS).map(|number| NewUser::new(format!("user-{number}")));
    Pair::new(native(), &parameters(automatic_fallback)).with_users(users).unwrap().started()
}

fn parameters(automatic_fallback: bool) -> Parameters {
    Parameters { automatic_fallback, automatic_fallback_delay_ms: 700, ..Parameters::fast() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, rng_seed: RngSeed::Fixed(SEED), ..ProptestConfig::default() })]

    #[test]
    fn without_a_partition_nobody_is_served_twice(acts in prop::collection::vec(act(false), 1..40), automatic in any::<bool>()) {
        let mut pair = pair(automatic);
        for act in acts {
            let before = pair.directory(Node::A).len();
            perform(&mut pair, act);
            let after = pair.directory(Node::A).len();
            prop_assert!(after == before || matches!(act, Act::AddUser(_)) && after == before + 1);
        }
        ends_normal(&mut pair);
        prop_assert!(pair.directory(Node::B).len() >= USERS);
        prop_assert_eq!(Node::BOTH.map(|home| pair.served_twice_ms(home)), [0, 0]);
    }

    #[test]
    fn whatever_happens_the_advice_leads_back_to_normal(acts in prop::collection::vec(act(true), 1..40), automatic in any::<bool>()) {
        let mut pair = pair(automatic);
        let mut epochs = [0; 2];
        for act in acts {
            perform(&mut pair, act);
            for node in Node::BOTH {
                let Some(view) = pair.view(node) else { continue };
                let lost = matches!(act, Act::LoseDisk(_));
                prop_assert!(view.epoch >= epochs[node as usize] || lost);
                epochs[node as usize] = if lost { 0 } else { view.epoch };
            }
            if let Act::LoseDisk(node) | Act::Kill(node) | Act::Reboot(node) = act {
                epochs[node as usize] = 0;
            }
        }
        ends_normal(&mut pair);
    }
}
