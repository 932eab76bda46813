//! The 24 documented pairs of node states (`docs/behaviour.md` §4).

use crate::state::{Reason, State};

/// A documented pair. `first` is the node whose users move, `second` its backup; a real pair matches either way
/// round.
#[derive(Clone, Copy, Debug)]
pub struct JointRow {
    /// 1 to 24.
    pub number: u8,
    /// The node whose users move.
    pub first: Side,
    /// Its backup.
    pub second: Side,
    /// How it comes about, in a line for people.
    pub cause: &'static str,
}

/// One node of a documented pair.
#[derive(Clone, Copy, Debug)]
pub enum Side {
    /// In one of these states, for one of these reasons.
    Heard(&'static [State], &'static [Reason]),
    /// Not heard by the other.
    Silent,
}

impl Side {
    fn fits(&self, node: Option<(State, Reason)>) -> bool {
        match (self, node) {
            (Side::Heard(states, reasons), Some((state, reason))) => {
                states.contains(&state) && reasons.contains(&reason)
            }
            (Side::Silent, None) => true,
            _ => false,
        }
    }
}

/// The documented row that a pair is in, and whether `own` is its first node. `None` for `peer` is a silent peer.
pub fn joint_row(own: (State, Reason), peer: Option<(State, Reason)>) -> Option<(&'static JointRow, bool)> {
    JOINT_ROWS.iter().find_map(|row| {
        if row.first.fits(Some(own)) && row.second.fits(peer) {
            Some((row, true))
        } else if row.second.fits(Some(own)) && row.first.fits(peer) {
            Some((row, false))
        } else {
            None
        }
    })
}

macro_rules! joint_rows {
    ($($number:literal [$($first:ident)|+ ($($first_reason:ident)|+)] [$($second:ident)|+ ($($second_reason:ident)|+)] $cause:literal;)*) => {
        [$(JointRow { number: $number, first: joint_rows!(@side $($first)|+ ($($first_reason)|+)), second: joint_rows!(@side $($second)|+ ($($second_reason)|+)), cause: $cause }),*]
    };
    (@side Silent (Silent)) => { Side::Silent };
    (@side $($state:ident)|+ ($($reason:ident)|+)) => { Side::Heard(&[$(State::$state),+], &[$(Reason::$reason),+]) };
}

/// The documented pairs, in their order.
pub static JOINT_ROWS: [JointRow; 24] = joint_rows! {
    1  [Normal (Normal)] [Normal (Normal)]
        "Each node serves its own users.";
    2  [FailingOver (OnAdminRequest)] [TakingOver (OnAdminRequest)]
        "A manual failover is in progress.";
    3  [Idle (OnAdminRequest)] [RunningInBackupMode (OnAdminRequest)]
        "A manual failover is complete.";
    4  [TakingBack (OnAdminRequest)] [FallingBack (OnAdminRequest)]
        "A manual fallback is in progress.";
    5  [Idle (Initialization)] [RunningInBackupMode (OnAdminRequest)]
        "After a manual failover, the Idle node's daemon restarted.";
    6  [Idle (Initialization)] [RunningInBackupMode (Initialization)]
        "After a manual failover, both daemons restarted.";
    7  [Idle (OnAdminRequest)] [RunningInBackupMode (Initialization)]
        "After a manual failover, the covering node's daemon restarted before its peer's timeout.";
    8  [FailingOver (OnAdminRequest)] [TakingOver (Initialization)]
        "During a manual failover, the node that takes over restarted its daemon before its peer's timeout.";
    9  [TakingBack (Initialization)] [FallingBack (OnAdminRequest)]
        "During a manual fallback, the node that takes back restarted its daemon before its peer's timeout.";
    10 [TakingBack (AutomaticFallback)] [FallingBack (AutomaticFallback)]
        "An automatic fallback is in progress.";
    11 [FailedOver (Initialization | CriticalServiceDown)] [RunningInBackupMode (CriticalServiceDown)]
        "After an automatic failover, the failed node's critical services run again.";
    12 [FailedOverWithCriticalServicesNotRunning (CriticalServiceDown)] [RunningInBackupMode (CriticalServiceDown)]
        "A critical service failed on one node, and the other covers.";
    13 [FailedOverWithCriticalServicesNotRunning (DatabaseFailure)] [RunningInBackupMode (DatabaseFailure)]
        "A database failed on one node, and the other covers.";
    14 [RunningInFailedMode (StartOfCriticalServicesFailed)] [RunningInFailedMode (StartOfCriticalServicesFailed)]
        "The critical services did not start while a node was taking its users back.";
    15 [RunningInFailedMode (CriticalServiceDown)] [RunningInFailedMode (CriticalServiceDown)]
        "A critical service failed on the covering node while the other was not fit to serve.";
    16 [Silent (Silent)] [RunningInBackupMode (PeerDown)]
        "One node is not heard: its network, its daemon or its host has failed.";
    17 [Silent (Silent)] [RunningInBackupMode (PeerReboot)]
        "One node's host was stopped or rebooted.";
    18 [FailedOver | FailedOverWithCriticalServicesNotRunning (Initialization)] [RunningInBackupMode (PeerDownDuringInitialization)]
        "One node started without hearing the other, which started later.";
    19 [RunningInFailedMode (TakeOverUsersFailed)] [RunningInFailedMode (TakeOverUsersFailed)]
        "The users could not be moved while a node was taking over.";
    20 [RunningInFailedMode (TakeBackUsersFailed)] [RunningInFailedMode (TakeBackUsersFailed)]
        "The users could not be moved while a node was falling back.";
    21 [RunningInFailedMode (Unknown)] [RunningInFailedMode (Unknown)]
        "A daemon restarted beside a node in Failed Mode, both nodes covered, or an internal error occurred.";
    22 [BackupActivated (AutoRecoverDatabaseFailure)] [FailoverAffectedServices (AutoRecoverDatabaseFailure)]
        "The covering node's database failed, and the covered node took all users.";
    23 [BackupActivated (AutoRecoverCriticalServiceDown)] [FailoverAffectedServices (AutoRecoverCriticalServiceDown)]
        "The covering node's critical service failed, and the covered node took all users.";
    24 [Unknown (Unknown)] [Unknown (Unknown)]
        "High availability is off, or not the same on both nodes.";
};
