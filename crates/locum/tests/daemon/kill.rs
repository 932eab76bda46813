//! SIGKILL at any moment of any act: the store opens, every user is there once, and the recommended actions mend all.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use locum_testbed::{
    ALL_TIMERS, BACKUP, IDLE, NORMAL, Node, Pair, SERVICE_DELAY, Setup, locum,
    pair::{marked, names, users},
    until, until_true,
};

/// Enough for every act to meet both victims.
const ROUNDS: usize = 24;
const USERS: u32 = 300;

#[derive(Clone, Copy, Debug)]
enum Act {
    Failover,
    Fallback,
    Import,
    ServiceStop,
    Recovery,
    Goodbye,
}

const ACTS: [Act; 6] = [Act::Failover, Act::Fallback, Act::Import, Act::ServiceStop, Act::Recovery, Act::Goodbye];

/// The same numbers for the same seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 33) % end
    }
}

/// `LOCUM_TEST_SEED` repeats a run, as far as the machine lets it.
fn seed() -> u64 {
    let given = std::env::var("LOCUM_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64)
}

#[test]
fn a_daemon_killed_at_any_moment_of_any_act_loses_nobody() {
    let seed = seed();
    println!("LOCUM_TEST_SEED={seed}");
    let mut dice = Dice(seed);
    let mut pair = Setup::default().start();
    assert!(pair.both().iter().all(|node| !marked(&node.mark()).is_empty()), "running services are found");
    let mut known = 0;
    let lengths = ACTS.map(|act| rehearse(&mut pair, act, &mut known));
    for round in 0..ROUNDS {
        let (act, length) = (ACTS[round % ACTS.len()], lengths[round % ACTS.len()]);
        let kills_a = dice.below(2) == 0;
        let moment = Duration::from_micros(dice.below(length.as_micros() as u64));
        prepare(&pair, act);
        let more = more_users(&pair, known);
        let socket = pair.a.socket();
        let acting = thread::spawn(move || perform(act, &socket, &more, "1ms"));
        thread::sleep(moment);
        let victim = if kills_a { &mut pair.a } else { &mut pair.b };
        victim.kill();
        println!("round {round}: {act:?}, {} killed after {moment:?} of about {length:?}", victim.name);
        // A process that this test is starting meanwhile holds what was open at its fork until it executes.
        let report = until("the store of the killed daemon can be read", Duration::ZERO, || {
            locum_store::check(&victim.state_directory()).map_err(|error| error.to_string())
        });
        assert!([known, known + USERS].contains(&(report.users as u32)), "{report:?}");
        let mark = victim.mark();
        until("the services of the killed daemon are gone", Duration::ZERO, || {
            let left = marked(&mark);
            if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
        });
        let acknowledged = acting.join().unwrap() && matches!(act, Act::Import);

        mend(&mut pair);
        pair.agree();
        let [a, b] = pair.both().map(Node::export);
        assert_eq!(a, b);
        let there = names(&a);
        let now = there.len() as u32;
        assert!(now == known || now == known + USERS, "{now} users, {known} before");
        assert!(there == names(&users(0..now)), "other users than were imported");
        assert!(now > known || !acknowledged, "an acknowledged import is lost");
        known = now;
    }
}

/// Does the act undisturbed. Returns how long that takes here: the moment of death is to be somewhere in it.
fn rehearse(pair: &mut Pair, act: Act, known: &mut u32) -> Duration {
    prepare(pair, act);
    let more = more_users(pair, *known);
    let start = Instant::now();
    assert!(perform(act, &pair.a.socket(), &more, "60s"), "{act:?}");
    match act {
        Act::ServiceStop => until_true("a is failed over", SERVICE_DELAY, || pair.a.state().starts_with("Failed Over")),
        Act::Goodbye => assert!(pair.a.ended(Duration::ZERO).success()),
        Act::Import => *known += USERS,
        Act::Failover | Act::Fallback | Act::Recovery => {}
    }
    let length = start.elapsed();
    mend(pair);
    length
}

fn more_users(pair: &Pair, known: u32) -> String {
    pair.a.file("more.csv", &users(known..known + USERS))
}

/// From Normal and Normal to where the act begins.
fn prepare(pair: &Pair, act: Act) {
    match act {
        Act::Failover | Act::Import | Act::ServiceStop | Act::Goodbye => {}
        Act::Fallback => pair.fail_over_a(),
        Act::Recovery => {
            pair.fail_over_a();
            pair.b.locum(&["services", "stop", "web"]).ok();
            let failed = "Running in Failed Mode (Critical Service Down)";
            pair.settle(failed, failed);
        }
    }
}

/// Begins the act at node a. Returns whether the node says that it is done, or has begun; it may die on the way.
fn perform(act: Act, socket: &Path, file: &str, patience: &str) -> bool {
    let arguments: &[&str] = match act {
        Act::Failover => &["failover", "a", "--timeout", patience],
        Act::Fallback => &["fallback", "a", "--timeout", patience],
        Act::Import => &["users", "import", file],
        Act::ServiceStop => &["services", "stop", "web"],
        Act::Recovery => &["recover", "--timeout", patience],
        Act::Goodbye => &["stop", "--timeout", patience],
    };
    locum(&["--socket", socket.to_str().unwrap()], arguments).code == 0
}

/// Does what the status recommends, and nothing else, until both nodes are Normal.
pub(crate) fn mend(pair: &mut Pair) {
    let mut done = Vec::new();
    let mut turn = 0;
    until("the recommended actions lead to Normal and Normal", 4 * ALL_TIMERS, || {
        turn += 1;
        for node in [&mut pair.a, &mut pair.b] {
            // A daemon that died, or left, is started again, as an init system would.
            if node.gone() {
                node.start();
                done.push(format!("{} started", node.name));
            }
        }
        let (asked, other) = if turn % 2 == 0 { (&pair.a, &pair.b) } else { (&pair.b, &pair.a) };
        let status = asked.look()?;
        let act = |node: &Node, arguments: &[&str]| {
            let said = node.locum(arguments);
            format!("{} {arguments:?}: {}", node.name, said.code)
        };
        match status.advice.as_str() {
            "Nothing" if pair.states() == [NORMAL, NORMAL] => return Ok(()),
            "FallBackHere" => done.push(act(asked, &["fallback", asked.name, "--timeout", "1s"])),
            "FallBackToPeer" => done.push(act(asked, &["fallback", other.name, "--timeout", "1s"])),
            "RepairHere" => done.push(act(asked, &["services", "start"])),
            "RepairPeer" => done.push(act(other, &["services", "start"])),
            "RepairEither" => {
                done.push(act(asked, &["services", "start"]));
                done.push(act(other, &["services", "start"]));
            }
            "ForceHere" => done.push(act(asked, &["failover", other.name, "--force", "--timeout", "1s"])),
            "ForcePeer" => done.push(act(asked, &["failover", asked.name, "--force", "--timeout", "1s"])),
            "Recover" | "RecoverMove" => done.push(act(asked, &["recover", "--timeout", "1s"])),
            "SwitchOn" => done.push(act(asked, &["ha", "on"])),
            "Nothing" | "Wait" | "BringPeerBack" => {}
            unknown => panic!("no such advice: {unknown}"),
        }
        Err(format!("{} at {}, {:?}, done {done:?}{}", status.advice, asked.name, pair.states(), pair.logs()))
    });
}

#[test]
fn both_daemons_killed_at_once_remember_who_covers() {
    let mut pair = Setup::default().start();
    pair.fail_over_a();
    pair.a.kill();
    pair.b.kill();
    for node in pair.both() {
        locum_store::check(&node.state_directory()).unwrap();
        until_true("the services are gone", Duration::ZERO, || marked(&node.mark()).is_empty());
    }
    pair.a.start();
    pair.b.start();
    // Row 6.
    pair.settle("Idle (Initialization)", "Running in Backup Mode (Initialization)");
    assert_eq!(pair.a.status().row, Some(6));
    assert_ne!(pair.states(), [IDLE, BACKUP]);
    mend(&mut pair);
}
