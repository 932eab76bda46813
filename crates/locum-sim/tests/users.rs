//! The users of a group are on both nodes' disks (`docs/behaviour.md` §7).

use locum_core::{Answer, Command, Direction, Parameters};
use locum_sim::{NewUser, Node, Pair, Parts, Placement, Snapshot, UsersRefusal, failing, native};

fn users(count: u32) -> impl Iterator<Item = NewUser> {
    (0..count).map(|number| NewUser::new(format!("user-{number}")))
}

fn pair(parts: Parts, at_home: [u32; 2]) -> Pair {
    let homes = Node::BOTH.into_iter().zip(at_home).flat_map(|(home, count)| (0..count).map(move |_| home));
    let users = users(at_home.iter().sum());
    let users = users.zip(homes).map(|(user, home)| NewUser { home: Some(home.name().into()), ..user });
    Pair::new(parts, &Parameters::fast()).with_users(users).unwrap().started()
}

/// How many users are at home where, on both disks.
fn homes(pair: &Pair) -> [usize; 2] {
    let [a, b] = Node::BOTH.map(|node| pair.directory(node));
    assert_eq!((a.revision(), a.digest()), (b.revision(), b.digest()));
    Node::BOTH.map(|node| a.count_at_home(node.name()))
}

#[test]
fn users_are_added_on_both_disks_and_the_policy_gives_them_homes() {
    let mut pair = pair(native(), [3, 0]);
    for node in Node::BOTH {
        let name = format!("new-at-{}", node.name());
        pair.add_users(node, [NewUser::new(name)]).unwrap();
        pair.advance(1);
    }
    assert_eq!(homes(&pair), [3, 2]);
    let twice = [NewUser::new("same"), NewUser::new("same")];
    assert!(matches!(pair.add_users(Node::A, twice), Err(UsersRefusal::Directory(_))));
    assert_eq!(homes(&pair), [3, 2]);
}

#[test]
fn no_users_are_added_while_a_node_is_failed_over_or_away() {
    let mut pair = pair(native(), [1, 1]);
    let add = |pair: &mut Pair, node| pair.add_users(node, [NewUser::new("new")]).unwrap_err();
    assert_eq!(pair.command(Node::A, Command::Failover), Some(Answer::Accepted));
    pair.settle();
    for node in Node::BOTH {
        assert!(matches!(add(&mut pair, node), UsersRefusal::NotCalm { node: not_calm, .. } if not_calm == node));
    }
    assert_eq!(pair.command(Node::A, Command::Fallback), Some(Answer::Accepted));
    pair.settle();
    pair.kill(Node::B);
    assert_eq!(add(&mut pair, Node::A), UsersRefusal::Unreachable(Node::B));
    assert_eq!(add(&mut pair, Node::B), UsersRefusal::Unreachable(Node::B));
    pair.start(Node::B);
    pair.settle();
    Node::BOTH.into_iter().for_each(|node| pair.set_sends(node, false));
    pair.command(Node::A, Command::HighAvailabilityOff);
    pair.advance(Parameters::fast().keep_alive_timeout_ms);
    assert_eq!(add(&mut pair, Node::A), UsersRefusal::NotHeard(Node::B));
    assert_eq!(homes(&pair), [1, 1]);
}

#[test]
fn directories_that_differ_stay_as_they_are() {
    let mut pair = pair(native(), [1, 1]);
    let moved = pair.directory(Node::A).with_homes(&["a", "b"], &[1, 1]).unwrap();
    let same_revision = Snapshot { revision: 1, ..moved.snapshot() };
    pair.set_directory(Node::A, same_revision.to_directory().unwrap());
    pair.settle();
    assert_eq!(pair.add_users(Node::B, users(1)), Err(UsersRefusal::Differ));
    assert_eq!(Node::BOTH.map(|node| pair.directory(node).count_at_home("a")), [0, 1]);
}

#[test]
fn a_node_that_has_lost_its_disk_catches_up() {
    let mut pair = pair(native(), [4, 3]);
    pair.kill(Node::A);
    pair.lose_disk(Node::A);
    assert_eq!(pair.directory(Node::A).len(), 0);
    pair.start(Node::A);
    pair.settle();
    assert_eq!(homes(&pair), [4, 3]);
}

#[test]
fn a_policy_that_fails_is_counted_and_users_move_all_the_same() {
    for (fails, faults) in [(false, 0), (true, 2)] {
        let policies = if fails { failing() } else { native().policies };
        let mut pair = pair(Parts { policies, ..native() }, [4, 3]);
        for command in [Command::Failover, Command::Fallback] {
            assert_eq!(pair.command(Node::A, command), Some(Answer::Accepted));
            pair.settle();
        }
        let placement = |direction, homes: &[Node]| Placement { node: Node::B, direction, homes: homes.to_vec() };
        let taken = placement(Direction::TakeOver, &Node::BOTH);
        assert_eq!(pair.placements(), [taken, placement(Direction::GiveBack, &[Node::B])]);
        assert_eq!(pair.policy_faults().iter().filter(|(node, _)| *node == Node::B).count(), faults);
        assert_eq!(pair.policy_faults().len(), faults);
        assert_eq!(homes(&pair), [4, 3]);
    }
}
