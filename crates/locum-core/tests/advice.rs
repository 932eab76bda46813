//! What to do about every pair of states, and which pairs are documented (`docs/behaviour.md` §4).

use Advice::{
    BringPeerBack as Bring, FallBackHere as Here, FallBackToPeer as ToPeer, ForceHere, ForcePeer, Nothing, Recover,
    RecoverMove, RepairEither as Either, RepairHere, RepairPeer, SwitchOn, Wait,
};
use State::{
    BackupActivated, FailedOver, FailedOverWithCriticalServicesNotRunning as NotRunning,
    FailoverAffectedServices as Affected, Idle, Normal, RunningInBackupMode as BackupMode,
    RunningInFailedMode as FailedMode, Unknown,
};
use locum_core::{Advice, Alarm, JOINT_ROWS, Reason, Side, State, advise, joint_row};

/// Of the states in which a node can stay; Failed Mode and Unknown outweigh whatever the peer is in.
const STEADY: [State; 7] = [Normal, Idle, FailedOver, NotRunning, Affected, BackupMode, BackupActivated];

/// What to do where neither node is in a transition, by this node's state and the peer's, in the order of [`STEADY`];
/// the last column is a silent peer.
const ADVICE: [[Advice; 8]; 7] = [
    // Normal
    [Nothing, ForcePeer, Wait, Wait, Wait, RepairHere, RepairHere, Bring],
    // Idle
    [ForceHere, ForceHere, ForceHere, ForceHere, ForceHere, Here, Here, ForceHere],
    // Failed Over
    [Wait, ForcePeer, Wait, Wait, Wait, Here, Here, Wait],
    // Failed Over with Critical Services not Running
    [Wait, ForcePeer, Wait, Either, Either, RepairHere, RepairHere, Either],
    // Failover Affected Services
    [Wait, ForcePeer, Wait, Either, Either, RepairHere, RepairHere, Either],
    // Running in Backup Mode
    [RepairPeer, ToPeer, ToPeer, RepairPeer, RepairPeer, RepairHere, RepairHere, Bring],
    // Backup Activated
    [RepairPeer, ToPeer, ToPeer, RepairPeer, RepairPeer, RepairHere, RepairHere, Bring],
];

const REASON: Reason = Reason::Initialization;

fn advice(own: State, peer: Option<State>) -> Advice {
    advise((own, REASON), peer.map(|peer| (peer, REASON)))
}

fn peers() -> impl Iterator<Item = Option<State>> {
    State::ALL.into_iter().map(Some).chain([None])
}

#[test]
fn every_pair_of_steady_states_has_its_advice() {
    for (own, row) in STEADY.into_iter().zip(ADVICE) {
        let peers = STEADY.into_iter().map(Some).chain([None]);
        for (peer, expected) in peers.zip(row) {
            assert_eq!(advice(own, peer), expected, "{own} beside {peer:?}");
        }
    }
}

#[test]
fn whoever_is_in_failed_mode_needs_a_recovery() {
    for peer in peers() {
        for reason in Reason::ALL {
            let expected = match reason {
                Reason::TakeOverUsersFailed | Reason::TakeBackUsersFailed => RecoverMove,
                _ => Recover,
            };
            assert_eq!(advise((FailedMode, reason), peer.map(|peer| (peer, REASON))), expected);
        }
    }
    for own in State::ALL {
        assert_eq!(advice(own, Some(FailedMode)), Recover, "{own}");
    }
}

#[test]
fn a_transition_is_waited_for_wherever_nobody_is_in_failed_mode() {
    for own in State::ALL.into_iter().filter(|own| *own != FailedMode) {
        for peer in peers().filter(|peer| *peer != Some(FailedMode)) {
            let transition = own.is_transition() || peer.is_some_and(State::is_transition);
            if transition {
                assert_eq!(advice(own, peer), Wait, "{own} beside {peer:?}");
            } else if own == Unknown || peer == Some(Unknown) {
                assert_eq!(advice(own, peer), SwitchOn, "{own} beside {peer:?}");
            }
        }
    }
}

#[test]
fn every_advice_and_every_alarm_has_words_of_its_own() {
    let distinct = |texts: &[&str]| texts.iter().collect::<std::collections::BTreeSet<_>>().len();
    let advice = Advice::ALL.map(Advice::text);
    assert_eq!(distinct(&advice), Advice::ALL.len());
    assert!(advice.iter().all(|text| text.ends_with('.')));
    let alarms = Alarm::ALL.map(Alarm::text);
    assert_eq!(distinct(&alarms), Alarm::ALL.len());
    assert!(alarms.iter().all(|text| text.contains(' ')));
}

/// Every state and reason of a side; a silent one is `None`.
fn nodes(side: &Side) -> Vec<Option<(State, Reason)>> {
    match side {
        Side::Silent => vec![None],
        Side::Heard(states, reasons) => {
            states.iter().flat_map(|state| reasons.iter().map(|reason| Some((*state, *reason)))).collect()
        }
    }
}

#[test]
fn a_documented_pair_is_recognised_either_way_round() {
    for row in &JOINT_ROWS {
        for first in nodes(&row.first) {
            for second in nodes(&row.second) {
                for (own, peer, own_is_first) in [(first, second, true), (second, first, false)] {
                    let Some(own) = own else { continue };
                    let found = joint_row(own, peer).map(|(row, own_is_first)| (row.number, own_is_first));
                    // Where both nodes look the same, the one that was asked comes first.
                    assert_eq!(found, Some((row.number, own_is_first || Some(own) == peer)), "{own:?}, {peer:?}");
                }
            }
        }
    }
}

#[test]
fn a_pair_that_is_like_a_documented_one_in_part_has_no_number() {
    use Reason::{CriticalServiceDown, DatabaseFailure, OnAdminRequest, PeerDown};
    for (own, peer) in [
        ((Idle, OnAdminRequest), None),
        ((Normal, Reason::Normal), None),
        ((BackupMode, CriticalServiceDown), None),
        ((Idle, OnAdminRequest), Some((BackupMode, PeerDown))),
        ((Idle, CriticalServiceDown), Some((BackupMode, OnAdminRequest))),
        ((FailedOver, OnAdminRequest), Some((BackupMode, OnAdminRequest))),
        ((NotRunning, CriticalServiceDown), Some((BackupMode, DatabaseFailure))),
        ((BackupMode, PeerDown), Some((BackupMode, PeerDown))),
        ((Normal, Reason::Normal), Some((Idle, OnAdminRequest))),
    ] {
        assert!(joint_row(own, peer).is_none(), "{own:?}, {peer:?}");
    }
}
