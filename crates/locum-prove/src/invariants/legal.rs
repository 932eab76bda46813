//! Only documented states, reasons and pairs (`docs/behaviour.md` §3, §4).

use std::collections::BTreeSet;
use std::sync::LazyLock;

use locum_core::{Reason, State, States};

use super::{Invariant, Sight, Stepped};
use crate::Side;
use crate::joint::Gap;

pub(super) const INVARIANT: Invariant = Invariant {
    name: "legal-pairs",
    cites: "docs/behaviour.md §3, §4",
    says: "A node shows only the reasons that its state has, and two nodes that hear each other rest only in pairs that \
           belong together.",
};

/// The states and the reasons that each can show, as `docs/behaviour.md` §3 lists them.
static REASONS: LazyLock<BTreeSet<(State, Reason)>> = LazyLock::new(|| {
    use Reason::*;
    let moving: &[Reason] = &[
        OnAdminRequest,
        Initialization,
        CriticalServiceDown,
        DatabaseFailure,
        PeerDown,
        PeerReboot,
        PeerDownDuringInitialization,
        AutoRecoverDatabaseFailure,
        AutoRecoverCriticalServiceDown,
    ];
    let all = |state: State| -> &[Reason] {
        match state {
            State::Initializing => &[Initialization],
            State::Idle => &[OnAdminRequest, Initialization],
            State::Normal => &[Normal],
            State::RunningInBackupMode
            | State::TakingOver
            | State::FailingOver
            | State::FailedOver
            | State::FailedOverWithCriticalServicesNotRunning => moving,
            State::FallingBack | State::TakingBack => &[OnAdminRequest, Initialization, AutomaticFallback],
            State::RunningInFailedMode => {
                &[CriticalServiceDown, StartOfCriticalServicesFailed, TakeOverUsersFailed, TakeBackUsersFailed, Unknown]
            }
            State::Unknown => &[Unknown],
            State::BackupActivated | State::FailoverAffectedServices => {
                &[AutoRecoverDatabaseFailure, AutoRecoverCriticalServiceDown]
            }
        }
    };
    State::ALL.into_iter().flat_map(|state| all(state).iter().map(move |reason| (state, *reason))).collect()
});

pub(super) fn step(stepped: &Stepped) -> Option<(&'static str, String)> {
    let view = stepped.after.view();
    let legal = REASONS.contains(&(view.state, view.reason));
    (!legal).then(|| (INVARIANT.name, format!("{} ({}) is no pair of state and reason", view.state, view.reason)))
}

pub(super) fn state(sight: &Sight) -> Option<(&'static str, String)> {
    let hears = |side| sight.runs(side) && sight.joint.worlds[side as usize].gap == Gap::None;
    if !sight.rests || sight.joint.is_cut() || !Side::BOTH.into_iter().all(hears) {
        return None;
    }
    let [a, b] = sight.nodes.map(|node| node.state);
    let legal = belongs(a, b) || belongs(b, a);
    (!legal).then(|| (INVARIANT.name, format!("{a} and {b} rest beside each other, and hear each other")))
}

/// Pairs in which two nodes that hear each other may rest.
fn belongs(one: State, other: State) -> bool {
    let covered = States::COVERED;
    match one {
        State::Normal | State::RunningInFailedMode | State::Unknown => other == one,
        State::RunningInBackupMode | State::BackupActivated => covered.has(other),
        // Neither is fit, or an administrator has made one Idle.
        _ => covered.has(one) && covered.has(other),
    }
}
