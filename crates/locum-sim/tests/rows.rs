//! Every documented row is reached by the events that lead there in life (`docs/behaviour.md` §4).

use Command::{Failover, Fallback, Recover};
use Node::{A, B};
use locum_core::{Command, Parameters, joint_row};
use locum_sim::{Node, Pair, Served, UserMoves, native};

/// `f` is the node whose users move, `b` its backup.
struct Rows {
    pair: Pair,
    f: Node,
    b: Node,
}

impl Rows {
    fn row(&mut self) -> Option<(u8, bool)> {
        let own = self.pair.state(self.b)?;
        let silent = self.pair.view(self.b)?.peer_silent;
        let peer = self.pair.state(self.f).filter(|_| !silent);
        joint_row(own, peer).map(|(row, own_is_first)| (row.number, own_is_first))
    }

    fn settles_in(&mut self, number: u8) {
        self.pair.settle();
        let states = (self.pair.state(self.f), self.pair.state(self.b));
        assert_eq!(
            self.row().map(|row| row.0),
            Some(number),
            "{states:?} {:#?}",
            self.pair.transitions().iter().rev().take(8).collect::<Vec<_>>()
        );
    }

    fn passes(&mut self, number: u8) {
        for _ in 0..200 {
            if self.row().is_some_and(|row| row.0 == number) {
                return;
            }
            self.pair.advance(1);
        }
        panic!("row {number} not passed: {:#?}", self.pair.transitions().iter().rev().take(8).collect::<Vec<_>>());
    }

    fn accepts(&mut self, node: Node, command: Command) {
        let answer = self.pair.command(node, command);
        assert_eq!(answer, Some(locum_core::Answer::Accepted));
    }

    fn restarts(&mut self, node: Node) {
        self.pair.kill(node);
        self.pair.start(node);
    }

    fn idle(&mut self) {
        self.accepts(self.f, Failover);
        self.settles_in(3);
    }

    fn failed_service(&mut self, service: u16) {
        self.pair.set_service(self.f, service, false);
        self.settles_in(if service == 0 { 12 } else { 13 });
    }

    /// Row 11's kind: failed over and fit.
    fn failed_over(&mut self) {
        self.failed_service(0);
        self.pair.set_service(self.f, 0, true);
        self.settles_in(11);
    }

    fn ends_normal(&mut self) {
        self.settles_in(1);
        for home in Node::BOTH {
            assert_eq!(self.pair.served(home), Served::By(home));
            assert_eq!(self.pair.served_twice_ms(home), 0);
        }
    }
}

fn both_ways(scenario: impl Fn(Rows)) {
    both_ways_with(&Parameters::classic(), scenario);
}

fn both_ways_with(parameters: &Parameters, scenario: impl Fn(Rows)) {
    for f in Node::BOTH {
        let mut rows = Rows { pair: Pair::normal(native(), parameters), f, b: f.peer() };
        rows.settles_in(1);
        scenario(rows);
    }
}

#[test]
fn rows_1_to_4_manual_failover_and_fallback() {
    both_ways(|mut rows| {
        rows.accepts(rows.f, Failover);
        rows.passes(2);
        rows.settles_in(3);
        assert_eq!(rows.pair.served(rows.f), Served::By(rows.b));
        rows.accepts(rows.f, Fallback);
        rows.passes(4);
        rows.ends_normal();
    });
}

#[test]
fn rows_5_to_7_restarts_while_idle() {
    both_ways(|mut rows| {
        rows.idle();
        rows.restarts(rows.f);
        rows.settles_in(5);
        rows.accepts(rows.f, Fallback);
        rows.ends_normal();
    });
    both_ways(|mut rows| {
        rows.idle();
        rows.pair.kill(rows.f);
        rows.restarts(rows.b);
        rows.pair.start(rows.f);
        rows.settles_in(6);
        rows.accepts(rows.f, Fallback);
        rows.ends_normal();
    });
    both_ways(|mut rows| {
        rows.idle();
        rows.restarts(rows.b);
        rows.settles_in(7);
        rows.accepts(rows.f, Fallback);
        rows.ends_normal();
    });
}

#[test]
fn row_8_restart_while_taking_over_ends_as_row_7() {
    both_ways(|mut rows| {
        rows.accepts(rows.f, Failover);
        rows.passes(2);
        rows.restarts(rows.b);
        rows.passes(8);
        rows.settles_in(7);
        rows.accepts(rows.f, Fallback);
        rows.ends_normal();
    });
}

#[test]
fn row_9_restart_while_taking_back_ends_as_row_1() {
    both_ways(|mut rows| {
        rows.idle();
        rows.accepts(rows.f, Fallback);
        rows.passes(4);
        rows.restarts(rows.f);
        rows.passes(9);
        rows.ends_normal();
    });
}

#[test]
fn row_10_automatic_fallback() {
    let parameters = Parameters { automatic_fallback: true, ..Parameters::classic() };
    both_ways_with(&parameters, |mut rows| {
        rows.failed_service(0);
        rows.pair.set_service(rows.f, 0, true);
        rows.settles_in(11);
        rows.pair.advance(29 * 60_000 - 3 * 60_000);
        assert_eq!(rows.row().map(|row| row.0), Some(11));
        for _ in 0..6 * 60_000 {
            if rows.row().is_some_and(|row| row.0 == 10) {
                break;
            }
            rows.pair.advance(1);
        }
        rows.passes(10);
        rows.ends_normal();
    });
}

#[test]
fn rows_11_to_13_service_and_database() {
    both_ways(|mut rows| {
        rows.failed_over();
        rows.accepts(rows.f, Fallback);
        rows.ends_normal();
    });
    both_ways(|mut rows| {
        rows.failed_service(0);
        rows.pair.set_service(rows.f, 0, true);
        rows.pair.reboot(rows.f);
        rows.pair.start(rows.f);
        rows.settles_in(11);
        assert_eq!(rows.pair.state(rows.f).map(|(_, reason)| reason), Some(locum_core::Reason::Initialization));
    });
    both_ways(|mut rows| rows.failed_service(1));
}

#[test]
fn row_14_start_fails_while_taking_back() {
    both_ways(|mut rows| {
        rows.idle();
        rows.pair.set_service(rows.f, 0, false);
        rows.accepts(rows.f, Fallback);
        rows.settles_in(14);
        rows.pair.set_service(rows.f, 0, true);
        rows.accepts(rows.b, Recover);
        rows.ends_normal();
    });
}

#[test]
fn row_15_backup_fails_too() {
    both_ways(|mut rows| {
        rows.idle();
        rows.pair.set_service(rows.b, 0, false);
        rows.settles_in(15);
        rows.pair.set_service(rows.b, 0, true);
        rows.accepts(rows.f, Recover);
        rows.ends_normal();
    });
}

#[test]
fn rows_16_and_17_peer_lost() {
    both_ways(|mut rows| {
        rows.pair.kill(rows.f);
        rows.settles_in(16);
        assert_eq!(rows.pair.served(rows.f), Served::By(rows.b));
        rows.pair.start(rows.f);
        rows.pair.settle();
        rows.accepts(rows.f, Fallback);
        rows.ends_normal();
    });
    both_ways(|mut rows| {
        rows.accepts(rows.f, Command::Goodbye);
        rows.pair.advance(100);
        assert!(rows.pair.has_left(rows.f));
        assert_eq!(rows.pair.served(rows.f), Served::By(rows.b));
        rows.pair.reboot(rows.f);
        rows.settles_in(17);
        rows.pair.start(rows.f);
        rows.pair.settle();
        rows.accepts(rows.f, Fallback);
        rows.ends_normal();
    });
    both_ways(|mut rows| {
        rows.pair.reboot(rows.f);
        rows.pair.start(rows.f);
        rows.pair.settle();
        assert_eq!(rows.pair.state(rows.b).map(|(_, reason)| reason), Some(locum_core::Reason::PeerReboot));
    });
}

#[test]
fn row_18_peer_absent_at_start() {
    both_ways(|mut rows| {
        rows.pair.kill(rows.f);
        rows.restarts(rows.b);
        rows.pair.advance(125_000);
        rows.pair.start(rows.f);
        rows.settles_in(18);
        rows.accepts(rows.f, Fallback);
        rows.ends_normal();
    });
}

#[test]
fn rows_19_and_20_user_move_fails() {
    both_ways(|mut rows| {
        rows.pair.set_moves(rows.b, UserMoves::Fail);
        rows.accepts(rows.f, Failover);
        rows.settles_in(19);
        rows.pair.set_moves(rows.b, UserMoves::Succeed);
        rows.accepts(rows.f, Recover);
        rows.ends_normal();
    });
    both_ways(|mut rows| {
        rows.idle();
        rows.pair.set_moves(rows.b, UserMoves::Fail);
        rows.accepts(rows.f, Fallback);
        rows.settles_in(20);
        rows.pair.set_moves(rows.b, UserMoves::Succeed);
        rows.accepts(rows.b, Recover);
        rows.ends_normal();
    });
}

#[test]
fn row_21_restart_beside_failed_mode_and_healed_partition() {
    both_ways(|mut rows| {
        rows.idle();
        rows.pair.set_service(rows.b, 0, false);
        rows.settles_in(15);
        rows.restarts(rows.f);
        rows.settles_in(21);
        rows.pair.set_service(rows.b, 0, true);
        rows.accepts(rows.f, Recover);
        rows.ends_normal();
    });
    both_ways(|mut rows| {
        for sends in [false, true] {
            rows.pair.set_sends(A, sends);
            rows.pair.set_sends(B, sends);
            rows.pair.settle();
        }
        rows.settles_in(21);
        rows.accepts(rows.b, Recover);
        rows.settles_in(1);
    });
}

#[test]
fn rows_22_and_23_auto_recovery() {
    for (service, number) in [(1, 22), (0, 23)] {
        both_ways(|mut rows| {
            rows.failed_over();
            rows.pair.set_service(rows.b, service, false);
            rows.settles_in(number);
            assert_eq!(rows.pair.served(rows.b), Served::By(rows.f));
            rows.pair.set_service(rows.b, service, true);
            rows.pair.settle();
            rows.accepts(rows.b, Fallback);
            rows.ends_normal();
        });
    }
}

#[test]
fn row_24_high_availability_off() {
    both_ways(|mut rows| {
        rows.accepts(rows.b, Command::HighAvailabilityOff);
        rows.settles_in(24);
        rows.accepts(rows.f, Command::HighAvailabilityOn);
        rows.ends_normal();
    });
    both_ways(|mut rows| {
        rows.pair.settings_mut(rows.f).parameters.keep_alive_timeout_ms += 1;
        rows.restarts(rows.f);
        rows.settles_in(24);
    });
}

#[test]
fn a_node_that_was_paused_serves_nobody_before_it_has_heard_its_peer() {
    both_ways(|mut rows| {
        rows.pair.set_frozen(rows.f, true);
        rows.pair.advance(100_000);
        assert_eq!(rows.pair.served(rows.f), Served::By(rows.b));
        rows.pair.set_frozen(rows.f, false);
        assert_eq!(rows.pair.served(rows.f), Served::By(rows.b));
        rows.pair.settle();
        rows.accepts(rows.f, Fallback);
        rows.ends_normal();
    });
}

#[test]
fn a_fallback_starts_what_is_down_first() {
    both_ways(|mut rows| {
        rows.failed_over();
        rows.pair.set_service(rows.f, 0, false);
        rows.pair.advance(10);
        rows.accepts(rows.f, Fallback);
        rows.settles_in(14);
    });
}
