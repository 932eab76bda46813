//! The right to serve: promises and leases (`docs/behaviour.md` §9.1).

use locum_core::{Alarm, Command, LeaseRecord, LeaseReply, Parameters, Partition, Rank, Reason, Settings, State, Wish};

use crate::node::{INITIALIZATION_TIMEOUT_MS, INTERVAL_MS, Node, TIMEOUT_MS, settings};

/// Of another length than the keep-alive timeout, so that no test takes one for the other.
const LEASE_MS: u64 = 600;

fn with(partition: Partition) -> Settings {
    let settings = settings();
    Settings { parameters: Parameters { partition, ..settings.parameters }, ..settings }
}

/// A node, and a witness that answers when it is told to.
struct Witnessed {
    node: Node,
    records: [LeaseRecord; 2],
}

impl Witnessed {
    /// Normal beside a Normal peer, each with its own lease.
    fn normal() -> Witnessed {
        let peers = LeaseRecord { revision: 7, holder: Some(Rank::Second), epoch: 3 };
        let node = Node::normal_with(with(Partition::Witness { lease_ms: LEASE_MS }));
        let mut witnessed = Witnessed { node, records: [LeaseRecord::default(), peers] };
        // The first answer shows the records, a later one the lease: what is not there is watched first.
        for _ in 0..=LEASE_MS / INTERVAL_MS {
            witnessed.node.live(INTERVAL_MS);
            witnessed.records[1].revision += 10;
            witnessed.settle();
        }
        assert_eq!(witnessed.records[0].holder, Some(Rank::First));
        witnessed
    }

    /// The witness does what it was asked, and answers at once; once more, if it is asked again.
    fn settle(&mut self) {
        while let Some(request) = self.node.asked.take() {
            let leases = [0, 1].map(|home| self.swap(home, request.wishes[home]));
            self.node.input(locum_core::Input::Witness { token: request.token, leases: Some(leases) });
        }
    }

    fn swap(&mut self, home: usize, wish: Wish) -> LeaseReply {
        let record = &mut self.records[home];
        let (revision, epoch, holder) = match wish {
            Wish::Read => return LeaseReply { swapped: false, record: *record },
            Wish::Hold { revision, epoch } => (revision, epoch, Some(Rank::First)),
            Wish::Release { revision, epoch } => (revision, epoch, None),
        };
        let swapped = revision == record.revision;
        if swapped {
            *record = LeaseRecord { revision: revision + 10, holder, epoch };
        }
        LeaseReply { swapped, record: *record }
    }

    /// Time passes in silence, and the witness answers whatever it is asked. If the peer lives, it renews its lease.
    fn pass(&mut self, for_ms: u64, peer_lives: bool) {
        for _ in 0..for_ms / INTERVAL_MS {
            self.node.pass(INTERVAL_MS);
            if peer_lives {
                self.records[1].revision += 10;
            }
            self.settle();
        }
    }
}

#[test]
fn a_promise_counts_from_the_sending_of_what_it_echoes_and_a_hundredth_less() {
    let mut node = Node::normal_with(with(Partition::Witness { lease_ms: LEASE_MS }));
    let sent_ms = node.said.as_ref().unwrap().sent_ms;
    node.sleep(50);
    node.hear();
    let until_ms = sent_ms + TIMEOUT_MS - TIMEOUT_MS / 100;
    assert_eq!(node.core.view().serve_until_ms, until_ms);
    node.pass(until_ms - node.now_ms - 1);
    assert_eq!(node.serves(), (true, false));
    node.pass(1);
    assert_eq!(node.serves(), (false, false));
    node.expect(State::Normal, Reason::Normal);
}

#[test]
fn a_link_that_breaks_changes_nothing_while_the_peer_renews_its_lease() {
    let mut witnessed = Witnessed::normal();
    witnessed.pass(20 * LEASE_MS, true);
    witnessed.node.expect(State::Normal, Reason::Normal);
    assert_eq!(witnessed.node.serves(), (true, false));
    assert_eq!(witnessed.node.alarms(), [Alarm::PeerApart]);
}

#[test]
fn a_witness_that_is_lost_changes_nothing_while_the_peer_is_heard() {
    let mut witnessed = Witnessed::normal();
    witnessed.node.live(20 * LEASE_MS);
    witnessed.node.expect(State::Normal, Reason::Normal);
    assert_eq!(witnessed.node.serves(), (true, false));
    assert_eq!(witnessed.node.alarms(), [Alarm::WitnessLost]);
}

#[test]
fn without_peer_and_witness_nobody_is_served() {
    let mut witnessed = Witnessed::normal();
    witnessed.node.pass(LEASE_MS.max(TIMEOUT_MS));
    witnessed.node.expect(State::Normal, Reason::Normal);
    assert_eq!(witnessed.node.serves(), (false, false));
    assert_eq!(witnessed.node.alarms(), [Alarm::NobodyServes, Alarm::PeerApart, Alarm::WitnessLost]);
}

#[test]
fn a_lease_that_stands_still_is_taken_after_its_whole_time_and_raises_the_epoch() {
    let mut witnessed = Witnessed::normal();
    let epoch = witnessed.node.core.view().epoch.max(3);
    witnessed.pass(LEASE_MS - INTERVAL_MS, false);
    assert_eq!(witnessed.records[1].holder, Some(Rank::Second));
    witnessed.pass(2 * INTERVAL_MS, false);
    assert_eq!(witnessed.records[1].holder, Some(Rank::First));
    assert!(witnessed.records[1].epoch > epoch);
    witnessed.node.expect(State::TakingOver, Reason::PeerDown);
    witnessed.node.users_moved(true);
    witnessed.node.expect(State::RunningInBackupMode, Reason::PeerDown);
    assert_eq!(witnessed.node.serves(), (true, true));
}

#[test]
fn a_lease_counts_from_the_sending_of_the_request() {
    let mut witnessed = Witnessed::normal();
    witnessed.node.pass(INTERVAL_MS);
    let sent_ms = witnessed.node.now_ms;
    assert!(matches!(witnessed.node.asked.unwrap().wishes, [Wish::Hold { .. }, Wish::Read]));
    witnessed.node.sleep(40);
    witnessed.settle();
    // What the peer has promised ends sooner.
    assert_eq!(witnessed.node.core.view().serve_until_ms, sent_ms + LEASE_MS - LEASE_MS / 100);
}

/// The peer covers, so this node has promised it both homes.
#[test]
fn a_node_is_bound_until_its_peer_gives_the_promise_back() {
    let mut node = Node::normal_with(with(Partition::Witness { lease_ms: LEASE_MS }));
    node.hear_state(State::FailingOver, Reason::CriticalServiceDown);
    node.expect(State::TakingOver, Reason::CriticalServiceDown);
    node.users_moved(true);
    // It had promised the peer's users to the peer, which has not said since that it knows of the takeover.
    assert_eq!(node.serves(), (true, false));
    node.hear();
    assert_eq!(node.serves(), (true, true));
}

#[test]
fn a_node_that_starts_is_bound_for_the_whole_keep_alive_timeout() {
    let settings = with(Partition::PreferredNode(Rank::First));
    let parameters = Parameters { initialization_keep_alive_timeout_ms: TIMEOUT_MS / 2, ..settings.parameters.clone() };
    let (mut node, _) = Node::start(Settings { parameters, ..settings }, None);
    node.all_up();
    node.pass(TIMEOUT_MS - 1);
    node.expect(State::Initializing, Reason::Initialization);
    node.pass(1);
    node.expect(State::TakingOver, Reason::PeerDownDuringInitialization);
}

#[test]
fn of_two_nodes_only_the_preferred_one_takes_over() {
    let preferred = |rank| {
        let mut node = Node::normal_with(with(Partition::PreferredNode(rank)));
        node.pass(2 * TIMEOUT_MS);
        (node.state(), node.serves())
    };
    assert_eq!(preferred(Rank::First), (State::TakingOver, (true, false)));
    assert_eq!(preferred(Rank::Second), (State::Normal, (false, false)));
}

#[test]
fn an_administrator_vouches_for_a_peer_that_is_apart() {
    let mut node = Node::normal_with(with(Partition::Manual));
    node.pass(2 * TIMEOUT_MS);
    node.expect(State::Normal, Reason::Normal);
    assert_eq!((node.serves(), node.alarms()), ((true, false), vec![Alarm::PeerApart]));
    node.accepts(Command::ForceTakeOver);
    node.expect(State::TakingOver, Reason::PeerDown);
    node.users_moved(true);
    assert_eq!(node.serves(), (true, true));
}

#[test]
fn a_node_that_starts_apart_serves_its_own_users_with_its_own_lease() {
    let (mut node, _) = Node::start(with(Partition::Witness { lease_ms: LEASE_MS }), None);
    node.all_up();
    let peers = LeaseRecord { revision: 7, holder: Some(Rank::Second), epoch: 3 };
    let mut witnessed = Witnessed { node, records: [LeaseRecord::default(), peers] };
    // There is no record: it might have been there a moment ago.
    witnessed.pass(INTERVAL_MS, true);
    assert_eq!(witnessed.records[0].revision, 0);
    witnessed.pass(INITIALIZATION_TIMEOUT_MS + LEASE_MS, true);
    witnessed.node.expect(State::Normal, Reason::Normal);
    assert_eq!(witnessed.node.serves(), (true, false));
}

#[test]
fn who_leaves_lets_its_lease_go() {
    let mut witnessed = Witnessed::normal();
    witnessed.node.accepts(Command::Goodbye);
    witnessed.settle();
    assert_eq!(witnessed.records[0].holder, None);
}

/// Its peer takes over with both leases meanwhile: when they hear each other again, it is the one that is covered.
#[test]
fn a_node_that_covers_and_loses_the_right_to_it_gives_way() {
    let mut witnessed = Witnessed::normal();
    witnessed.pass(2 * LEASE_MS, false);
    witnessed.node.users_moved(true);
    witnessed.node.expect(State::RunningInBackupMode, Reason::PeerDown);
    witnessed.node.pass(LEASE_MS);
    witnessed.node.expect(State::FailedOver, Reason::PeerDown);
    assert_eq!(witnessed.node.serves(), (false, false));
    witnessed.node.hear_state(State::RunningInBackupMode, Reason::PeerDown);
    witnessed.node.hear();
    witnessed.node.expect(State::FailedOver, Reason::PeerDown);
}

#[test]
fn a_lease_that_somebody_else_has_is_over_at_once() {
    let mut witnessed = Witnessed::normal();
    witnessed.node.pass(TIMEOUT_MS);
    witnessed.settle();
    assert_eq!(witnessed.node.serves(), (true, false));
    witnessed.records[0] = LeaseRecord { revision: 900, holder: Some(Rank::Second), epoch: 9 };
    witnessed.node.pass(INTERVAL_MS);
    witnessed.settle();
    assert_eq!(witnessed.node.serves(), (false, false));
}

#[test]
fn vouching_ends_where_leases_take_its_place_and_a_goodbye_does_not_end_it() {
    let mut witnessed = Witnessed::normal();
    witnessed.node.pass(2 * LEASE_MS);
    witnessed.node.accepts(Command::ForceTakeOver);
    witnessed.node.users_moved(true);
    assert_eq!(witnessed.node.core.view().serve_until_ms, u64::MAX);
    witnessed.node.peer.announced.goodbye = true;
    witnessed.node.hear();
    assert!(witnessed.node.core.vouched());
    // The witness answers again.
    witnessed.pass(2 * LEASE_MS, false);
    assert!(!witnessed.node.core.vouched());
    assert_eq!(witnessed.node.serves(), (true, true));
}

/// It may have been switched on there since, and then the peer may take over.
#[test]
fn high_availability_that_was_off_at_a_peer_that_is_not_heard_gives_no_right() {
    let mut node = Node::normal_with(with(Partition::PreferredNode(Rank::Second)));
    node.accepts(Command::HighAvailabilityOff);
    node.peer.announced.high_availability = locum_core::Switch { decision: 1, on: false };
    node.hear_state(State::Unknown, Reason::Unknown);
    node.hear();
    assert_eq!(node.serves(), (true, false));
    node.pass(2 * TIMEOUT_MS);
    assert_eq!(node.serves(), (false, false));
}

#[test]
fn an_epoch_that_no_pair_can_have_come_to_is_not_adopted() {
    let mut witnessed = Witnessed::normal();
    witnessed.records[1].epoch = u64::MAX;
    witnessed.node.pass(INTERVAL_MS);
    witnessed.settle();
    assert!(witnessed.node.core.view().epoch < 100);
}
