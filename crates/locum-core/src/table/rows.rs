//! The rows, to be read beside `docs/behaviour.md` §4 and §5. The first that applies wins.

use super::Action::{
    CancelFallback, Forget, ForgetAndMark, GiveUsersBack, RaiseEpoch, RestartServices, SayGoodbye, StartServices,
    StopServices, SwitchOff, SwitchOn, TakeOverUsers, Vouch,
};
use super::Next::{AlreadyDone, Go, Ignore, Refuse, Stay};
use super::On::{Asked, Facts, UsersMoveFailed, UsersMoved};
use super::When::{
    Alone, ByAdmin, ByAutoRecover, Countdown, DirectoriesAgree, FallbackDue, First, Healthy, HighAvailabilityOff,
    HighAvailabilityOn, Leaving, NotMoving, OwnLease, Peer, PeerApart, PeerByAdmin, PeerOutranks, PeerRebooted,
    PeerRecovering, PeerRemembers, PeerSilent, PeerStarted, PeersRightLost, Recovering, Remembers, RemembersAdmin,
    Started, SwitchedOff, SwitchedOn, Unhealthy,
};
use super::Why::{AutoRecover, Fault, Is, Own, Peers, Silence};
use super::{Action, Row};
use crate::effect::Obstacle;
use crate::input::Command;
use crate::state::State::{
    BackupActivated, FailedOver, FailedOverWithCriticalServicesNotRunning as FailedOverNotRunning, FailingOver,
    FailoverAffectedServices, FallingBack, Idle, Initializing, Normal, RunningInBackupMode as BackupMode,
    RunningInFailedMode as FailedMode, TakingBack, TakingOver, Unknown,
};
use crate::state::{Reason, States};

const ANY: States = States::ALL;
const COVERING: States = States::COVERING;
const COVERED: States = States::COVERED;
const SERVES_BOTH_OR_WILL: States = COVERING.and(&[TakingOver, FallingBack]);
const UNFIT: States = States::of(&[Idle, FailedOverNotRunning, FailoverAffectedServices]);
const TAKE_OVER: &[Action] = &[RaiseEpoch, TakeOverUsers];

macro_rules! rows {
    ($($id:literal $states:expr, $on:expr, [$($when:expr),*] => $next:expr, $does:expr, $why:literal;)*) => {
        &[$(Row { id: $id, states: $states, on: $on, when: &[$($when),*], next: $next, does: $does, why: $why }),*]
    };
}

const fn one(state: crate::state::State) -> States {
    States::of(&[state])
}

/// The table.
pub static ROWS: &[Row] = rows! {
    // Whatever the state.
    "any-leaving"            ANY, Facts, [Leaving] => Stay, &[],
        "The node is leaving: it changes its state no more.";
    "leaving-moved"          ANY, UsersMoved, [Leaving] => Ignore, &[],
        "The node is leaving: the peer decides what becomes of the users.";
    "leaving-move-failed"    ANY, UsersMoveFailed, [Leaving] => Ignore, &[],
        "The node is leaving: the peer decides what becomes of the users.";
    "any-ha-off"             ANY.but(&[Unknown]), Facts, [HighAvailabilityOff] => Go(Unknown, Is(Reason::Unknown)), &[StartServices],
        "High availability is off, or not the same on both nodes: nobody fails over.";
    "unknown-ha-on"          one(Unknown), Facts, [HighAvailabilityOn] => Go(Initializing, Is(Reason::Initialization)), &[Forget],
        "High availability is on at both nodes: the node finds its place afresh.";
    "any-peer-failed"        ANY.but(&[FailedMode, Initializing, Unknown]), Facts, [Peer(one(FailedMode))] => Go(FailedMode, Peers), &[StartServices],
        "Failed Mode is shared: the peer is in it, so this node enters it too.";

    // A leaving node does nothing more that it is asked.
    "leaving-failover"       ANY, Asked(Command::Failover), [Leaving] => Refuse(Obstacle::Leaving), &[], "The node is leaving.";
    "leaving-fallback"       ANY, Asked(Command::Fallback), [Leaving] => Refuse(Obstacle::Leaving), &[], "The node is leaving.";
    "leaving-takeover"       ANY, Asked(Command::ForceTakeOver), [Leaving] => Refuse(Obstacle::Leaving), &[], "The node is leaving.";
    "leaving-recover"        ANY, Asked(Command::Recover), [Leaving] => Refuse(Obstacle::Leaving), &[], "The node is leaving.";
    "leaving-cancel"         ANY, Asked(Command::CancelFallback), [Leaving] => Refuse(Obstacle::Leaving), &[], "The node is leaving.";
    "leaving-ha-on"          ANY, Asked(Command::HighAvailabilityOn), [Leaving] => Refuse(Obstacle::Leaving), &[], "The node is leaving.";
    "leaving-ha-off"         ANY, Asked(Command::HighAvailabilityOff), [Leaving] => Refuse(Obstacle::Leaving), &[], "The node is leaving.";

    // Normal: the node serves its own users.
    "normal-covered"         one(Normal), Facts, [Peer(COVERING), Healthy] => Go(FailedOver, Is(Reason::PeerDown)), &[],
        "The peer already covers this node, which is fit to have its users back.";
    "normal-covered-unfit"   one(Normal), Facts, [Peer(COVERING)] => Go(FailedOverNotRunning, Is(Reason::PeerDown)), &[],
        "The peer already covers this node, whose critical services do not run.";
    "normal-unhealthy"       one(Normal), Facts, [Unhealthy] => Go(FailingOver, Fault), &[],
        "A critical service has been down for the critical service delay.";
    "normal-silent"          one(Normal), Facts, [PeerSilent] => Go(TakingOver, Silence), TAKE_OVER,
        "The peer is silent: this node takes over its users.";
    "normal-peer-down"       one(Normal), Facts, [Peer(COVERED.and(&[FailingOver]))] => Go(TakingOver, Peers), TAKE_OVER,
        "The peer no longer serves its users: this node takes them over.";
    "normal-yields"          one(Normal), Facts, [Peer(one(TakingOver))] => Go(FailingOver, Peers), &[],
        "The peer is already taking over this node's users: this node lets it.";
    "normal-peer-rebooted"   one(Normal), Facts, [PeerRebooted] => Go(TakingOver, Is(Reason::PeerReboot)), TAKE_OVER,
        "The peer's host has booted: this node takes over its users.";
    "failover"               one(Normal), Asked(Command::Failover), [Peer(one(Normal))] => Go(FailingOver, Is(Reason::OnAdminRequest)), &[],
        "An administrator fails this node over to its peer.";

    // Failing Over: the node serves nobody and waits for the peer to cover.
    "failing-silent"         one(FailingOver), Facts, [PeerSilent, Healthy] => Go(TakingOver, Silence), TAKE_OVER,
        "The peer fell silent before it covered, and this node is healthy: it serves again, for both.";
    "failing-alone-admin"    one(FailingOver), Facts, [PeerSilent, ByAdmin] => Go(FailedOverNotRunning, Fault), &[],
        "The peer fell silent before it covered, and this node cannot serve: nobody serves its users.";
    "failing-alone"          one(FailingOver), Facts, [PeerSilent] => Go(FailedOverNotRunning, Own), &[],
        "The peer fell silent before it covered, and this node cannot serve: nobody serves its users.";
    "failing-idle"           one(FailingOver), Facts, [Peer(COVERING), ByAdmin] => Go(Idle, Is(Reason::OnAdminRequest)), &[StopServices],
        "The peer covers: the manual failover is complete.";
    "failing-recovered"      one(FailingOver), Facts, [Peer(COVERING), Healthy] => Go(FailedOver, Own), &[],
        "The peer covers, and this node is already fit again.";
    "failing-affected"       one(FailingOver), Facts, [Peer(COVERING), ByAutoRecover] => Go(FailoverAffectedServices, Own), &[],
        "The peer covers in this node's stead: the auto-recovery is complete.";
    "failing-done"           one(FailingOver), Facts, [Peer(COVERING)] => Go(FailedOverNotRunning, Own), &[],
        "The peer covers: the automatic failover is complete.";
    "failing-both-admin"     one(FailingOver), Facts, [Peer(one(FailingOver)), ByAdmin, PeerByAdmin, First] => Stay, &[],
        "Both nodes were failed over at once: the second by name takes over.";
    "failing-both-admin-2"   one(FailingOver), Facts, [Peer(one(FailingOver)), ByAdmin, PeerByAdmin] => Go(TakingOver, Peers), TAKE_OVER,
        "Both nodes were failed over at once: the second by name takes over.";
    "failing-admin-unfit"    one(FailingOver), Facts, [Peer(one(FailingOver)), ByAdmin, Unhealthy] => Go(FailedMode, Is(Reason::CriticalServiceDown)), &[],
        "Neither node is healthy.";
    "failing-admin-yields"   one(FailingOver), Facts, [Peer(one(FailingOver)), ByAdmin] => Go(TakingOver, Peers), TAKE_OVER,
        "The peer fails for a fault: that outweighs the administrator's failover of this node.";
    "failing-peer-yields"    one(FailingOver), Facts, [Peer(one(FailingOver)), PeerByAdmin] => Stay, &[],
        "The peer was failed over by an administrator: it gives that up and takes over.";
    "failing-both"           one(FailingOver), Facts, [Peer(one(FailingOver))] => Go(FailedMode, Is(Reason::CriticalServiceDown)), &[],
        "Both nodes fail at once.";
    "failing-peer-unfit"     one(FailingOver), Facts, [Peer(UNFIT), Healthy] => Go(TakingOver, Peers), TAKE_OVER,
        "The peer cannot cover, and this node is healthy.";
    "failing-none-fit"       one(FailingOver), Facts, [Peer(UNFIT)] => Go(FailedMode, Is(Reason::CriticalServiceDown)), &[],
        "The peer cannot cover, and neither can this node.";

    // Taking Over: the user move is under way.
    "taking-over-unhealthy"  one(TakingOver), Facts, [Unhealthy] => Go(FailedMode, Is(Reason::CriticalServiceDown)), &[],
        "A critical service failed while this node was taking over.";
    "taking-over-clash"      one(TakingOver), Facts, [Peer(SERVES_BOTH_OR_WILL)] => Go(FailedMode, Is(Reason::Unknown)), &[],
        "Both nodes take over, or cover, at once.";
    "taken-over-auto"        one(TakingOver), UsersMoved, [ByAutoRecover] => Go(BackupActivated, Own), &[],
        "All users are here, after the node that covered failed.";
    "taken-over"             one(TakingOver), UsersMoved, [] => Go(BackupMode, Own), &[],
        "The peer's users are here.";
    "taking-over-failed"     one(TakingOver), UsersMoveFailed, [] => Go(FailedMode, Is(Reason::TakeOverUsersFailed)), &[],
        "The peer's users could not be moved here.";

    // Running in Backup Mode, Backup Activated: the node serves all users.
    "covering-clash"         COVERING, Facts, [Peer(SERVES_BOTH_OR_WILL)] => Go(FailedMode, Is(Reason::Unknown)), &[],
        "Both nodes cover, as after a partition that has healed.";
    "covering-gives-back"    COVERING, Facts, [Peer(one(TakingBack))] => Go(FallingBack, Peers), &[],
        "The peer takes its users back.";
    "covering-auto-recover"  COVERING, Facts, [Unhealthy, Peer(one(FailedOver))] => Go(FailingOver, AutoRecover), &[],
        "This node fails while it covers, and the covered node is fit: all users go there.";
    "covering-none-fit"      COVERING, Facts, [Unhealthy, Peer(UNFIT)] => Go(FailedMode, Is(Reason::CriticalServiceDown)), &[],
        "This node fails while it covers, and the covered node is not fit.";
    "covering-alone"         COVERING, Facts, [Unhealthy, PeerSilent] => Go(FailedOverNotRunning, Fault), &[],
        "This node fails while it covers a silent peer: whichever is fit first will serve.";
    "covering-waits"         COVERING, Facts, [Unhealthy] => Stay, &[],
        "This node fails while it covers, and the peer has not found its place yet.";

    // Failed Over: the peer serves this node's users, and this node is fit.
    "failed-over-unhealthy"  one(FailedOver), Facts, [Unhealthy] => Go(FailedOverNotRunning, Fault), &[],
        "A critical service has been down for the critical service delay.";
    "failed-over-silent"     one(FailedOver), Facts, [PeerSilent, Started] => Go(TakingOver, Silence), TAKE_OVER,
        "The node that covered is silent: this node takes over.";
    "failed-over-peer-down"  one(FailedOver), Facts, [Peer(UNFIT.and(&[FailingOver])), Started] => Go(TakingOver, Peers), TAKE_OVER,
        "The peer serves nobody: this node takes over.";
    "failed-over-both"       one(FailedOver), Facts, [Peer(one(FailedOver)), First, Started] => Go(TakingOver, Peers), TAKE_OVER,
        "Both nodes are failed over and fit: the first by name takes over.";
    "automatic-fallback"     one(FailedOver), Facts, [FallbackDue, Peer(COVERING), DirectoriesAgree] => Go(TakingBack, Is(Reason::AutomaticFallback)), &[StartServices],
        "This node has been healthy for the whole automatic fallback delay.";
    "cancel-fallback"        one(FailedOver), Asked(Command::CancelFallback), [Countdown] => Stay, &[CancelFallback],
        "An administrator does not want this fallback.";

    // Failed Over with Critical Services not Running, Failover Affected Services.
    "repaired"               States::of(&[FailedOverNotRunning, FailoverAffectedServices]), Facts, [Healthy, Started] => Go(FailedOver, Own), &[],
        "The critical services run again.";

    // Idle, and the fallback that ends it.
    "force-takeover-silent"  one(Idle), Asked(Command::ForceTakeOver), [PeerSilent] => Go(FailedOver, Is(Reason::OnAdminRequest)), &[StartServices],
        "An administrator forces this Idle node to stand in for its silent peer.";
    "force-takeover"         one(Idle), Asked(Command::ForceTakeOver), [Peer(COVERED)] => Go(FailedOver, Is(Reason::OnAdminRequest)), &[StartServices],
        "An administrator forces this Idle node to stand in for a peer that serves nobody.";
    "fallback"               States::of(&[Idle, FailedOver]), Asked(Command::Fallback), [Peer(COVERING), DirectoriesAgree] => Go(TakingBack, Is(Reason::OnAdminRequest)), &[StartServices],
        "An administrator lets this node take its users back.";
    "fallback-catching-up"   States::of(&[Idle, FailedOver]), Asked(Command::Fallback), [Peer(COVERING)] => Refuse(Obstacle::Directory), &[],
        "This node's user directory has not caught up with the peer's.";

    // Taking Back: the services start, the peer gives the users back.
    "taking-back-unhealthy"  one(TakingBack), Facts, [Unhealthy] => Go(FailedMode, Is(Reason::StartOfCriticalServicesFailed)), &[],
        "The critical services did not start.";
    "taking-back-silent"     one(TakingBack), Facts, [PeerSilent, Started] => Go(TakingOver, Silence), TAKE_OVER,
        "The peer fell silent: this node goes on, and covers.";
    "taking-back-overtaken"  one(TakingBack), Facts, [Peer(one(TakingOver))] => Go(FailingOver, Peers), &[],
        "The peer is taking over: this node lets it.";
    "taking-back-clash"      one(TakingBack), Facts, [Peer(one(TakingBack))] => Go(FailedMode, Is(Reason::Unknown)), &[],
        "Both nodes take back at once.";
    "taken-back"             one(TakingBack), Facts, [Started, Peer(one(Normal))] => Go(Normal, Is(Reason::Normal)), &[],
        "The peer has given the users back.";
    "taking-back-peer-down"  one(TakingBack), Facts, [Started, Peer(COVERED.and(&[FailingOver]))] => Go(TakingOver, Peers), TAKE_OVER,
        "The peer no longer serves: this node goes on, and covers.";

    // Falling Back: the covering node gives the users back.
    "falling-back-silent"    one(FallingBack), Facts, [PeerSilent] => Go(BackupMode, Silence), &[],
        "The peer fell silent before it had its users back: this node goes on covering.";
    "falling-back-off"       one(FallingBack), Facts, [Peer(COVERED.and(&[FailingOver]))] => Go(BackupMode, Peers), &[],
        "The peer cannot take its users back after all.";
    "falling-back-clash"     one(FallingBack), Facts, [Peer(SERVES_BOTH_OR_WILL)] => Go(FailedMode, Is(Reason::Unknown)), &[],
        "Both nodes cover, or give back, at once.";
    "falling-back-moves"     one(FallingBack), Facts, [Peer(one(TakingBack)), PeerStarted, NotMoving] => Stay, &[RaiseEpoch, GiveUsersBack],
        "The peer's services have started: its users move back.";
    "falling-back-moves-2"   one(FallingBack), Facts, [Peer(one(Normal)), NotMoving] => Stay, &[RaiseEpoch, GiveUsersBack],
        "The peer serves its users again: they move back.";
    "fallen-back"            one(FallingBack), UsersMoved, [] => Go(Normal, Is(Reason::Normal)), &[],
        "The peer's users are back with it.";
    "falling-back-failed"    one(FallingBack), UsersMoveFailed, [] => Go(FailedMode, Is(Reason::TakeBackUsersFailed)), &[],
        "The peer's users could not be moved back.";

    // The peer is apart: not heard, and perhaps serving. Whoever has its own lease serves its own users.
    "apart-serves-own"       States::of(&[FailingOver, FailedOver, TakingBack, Initializing]), Facts, [PeerApart, OwnLease, Healthy] => Go(Normal, Is(Reason::Normal)), &[RaiseEpoch, StartServices],
        "The peer is not heard and does not cover this node, as the witness shows: the node serves its own users.";
    "apart-gives-way"        COVERING.and(&[FallingBack]), Facts, [PeerApart, PeersRightLost] => Go(FailedOver, Is(Reason::PeerDown)), &[],
        "The peer is not heard, and this node may serve its users no longer: the peer may cover by now.";
    "force-takeover-apart"   SERVES_BOTH_OR_WILL.and(&[Normal, FailingOver, FailedOver, TakingBack, Initializing]), Asked(Command::ForceTakeOver), [PeerApart] => Stay, &[Vouch],
        "An administrator vouches that the peer, which is not heard, serves nobody.";

    // Running in Failed Mode.
    "recover"                one(FailedMode), Asked(Command::Recover), [] => Go(Initializing, Is(Reason::Initialization)), &[ForgetAndMark, RestartServices],
        "An administrator recovers the group.";
    "peer-recovers"          one(FailedMode), Facts, [Peer(one(Initializing)), PeerRecovering] => Go(Initializing, Is(Reason::Initialization)), &[ForgetAndMark, RestartServices],
        "The group is being recovered from the peer.";
    "failed-adopts"          one(FailedMode), Facts, [Peer(one(FailedMode)), PeerOutranks] => Go(FailedMode, Peers), &[],
        "Both nodes show the weightier of their reasons.";

    // Initializing: the peer is silent, or in Failed Mode.
    "init-waits-recovery"    one(Initializing), Facts, [Peer(one(FailedMode)), Recovering] => Stay, &[],
        "This node is recovering: the peer follows.";
    "init-peer-failed"       one(Initializing), Facts, [Peer(one(FailedMode))] => Go(FailedMode, Is(Reason::Unknown)), &[StartServices],
        "The daemon started beside a peer in Failed Mode.";
    "init-silent-idle"       one(Initializing), Facts, [PeerSilent, Remembers(one(Idle))] => Go(Idle, Is(Reason::Initialization)), &[],
        "An administrator made this node Idle, so it stays so, though its peer is silent.";
    "init-silent-unfit"      one(Initializing), Facts, [PeerSilent, Unhealthy] => Go(FailedOverNotRunning, Is(Reason::Initialization)), &[],
        "The peer is silent, and this node's critical services do not run.";
    "init-silent"            one(Initializing), Facts, [PeerSilent, Healthy] => Go(TakingOver, Is(Reason::PeerDownDuringInitialization)), TAKE_OVER,
        "The peer was not heard within the initialization keep-alive timeout.";

    // Initializing: the peer covers, or is about to.
    "init-takes-back"        one(Initializing), Facts, [Peer(COVERING.and(&[FallingBack])), Remembers(one(TakingBack))] => Go(TakingBack, Is(Reason::Initialization)), &[],
        "The daemon restarted while it was taking its users back, and goes on.";
    "init-covered-idle"      one(Initializing), Facts, [Peer(SERVES_BOTH_OR_WILL), Remembers(one(Idle))] => Go(Idle, Is(Reason::Initialization)), &[],
        "The daemon restarted while Idle.";
    "init-covered-admin"     one(Initializing), Facts, [Peer(COVERING.and(&[TakingOver])), Remembers(one(FailingOver)), RemembersAdmin] => Go(Idle, Is(Reason::Initialization)), &[StopServices],
        "The daemon restarted during a manual failover that the peer is completing.";
    "init-covered"           one(Initializing), Facts, [Peer(SERVES_BOTH_OR_WILL), Healthy] => Go(FailedOver, Is(Reason::Initialization)), &[],
        "The peer covers this node, which is fit.";
    "init-covered-unfit"     one(Initializing), Facts, [Peer(SERVES_BOTH_OR_WILL), Unhealthy] => Go(FailedOverNotRunning, Is(Reason::Initialization)), &[],
        "The peer covers this node, whose critical services do not run.";

    // Initializing: the peer is covered.
    "init-covers"            one(Initializing), Facts, [Peer(COVERED), Remembers(COVERING.and(&[FallingBack]))] => Go(BackupMode, Is(Reason::Initialization)), &[],
        "The daemon restarted while it was covering.";
    "init-both-idle"         one(Initializing), Facts, [Peer(COVERED), Remembers(one(Idle))] => Go(Idle, Is(Reason::Initialization)), &[],
        "An administrator made this node Idle, so it stays so, though the peer does not serve either.";
    "init-peer-covered"      one(Initializing), Facts, [Peer(COVERED), Healthy] => Go(TakingOver, Is(Reason::Initialization)), TAKE_OVER,
        "Nobody serves the peer's users, and this node is fit.";
    "init-none-fit"          one(Initializing), Facts, [Peer(COVERED), Unhealthy] => Go(FailedOverNotRunning, Is(Reason::Initialization)), &[],
        "Nobody serves the peer's users, and this node is not fit either.";

    // Initializing: the peer is failing over.
    "init-failing-covers"    one(Initializing), Facts, [Peer(one(FailingOver)), Remembers(COVERING)] => Go(BackupMode, Is(Reason::Initialization)), &[],
        "The daemon restarted while it was covering.";
    "init-failing-takes"     one(Initializing), Facts, [Peer(one(FailingOver)), Remembers(one(TakingOver))] => Go(TakingOver, Is(Reason::Initialization)), TAKE_OVER,
        "The daemon restarted while it was taking over, and goes on.";
    "init-failing-idle"      one(Initializing), Facts, [Peer(one(FailingOver)), Remembers(one(Idle))] => Go(Idle, Is(Reason::Initialization)), &[],
        "An administrator made this node Idle, so it stays so.";
    "init-failing"           one(Initializing), Facts, [Peer(one(FailingOver)), Remembers(COVERED.and(&[TakingBack])), Healthy] => Go(FailedOver, Is(Reason::Initialization)), &[],
        "The daemon restarted while its users were with the peer.";
    "init-failing-unfit"     one(Initializing), Facts, [Peer(one(FailingOver)), Remembers(COVERED.and(&[TakingBack])), Unhealthy] => Go(FailedOverNotRunning, Is(Reason::Initialization)), &[],
        "The daemon restarted while its users were with the peer, and its critical services do not run.";

    // Initializing: the peer is taking back.
    "init-gives-back"        one(Initializing), Facts, [Peer(one(TakingBack)), Remembers(COVERING)] => Go(BackupMode, Is(Reason::Initialization)), &[],
        "The daemon restarted while it was covering.";
    "init-falls-back"        one(Initializing), Facts, [Peer(one(TakingBack)), Remembers(one(FallingBack))] => Go(FallingBack, Is(Reason::Initialization)), &[],
        "The daemon restarted while it was falling back, and goes on.";

    // Initializing: both start. Who remembers serving decides first, and the other waits.
    "init-both-covered"      one(Initializing), Facts, [Peer(one(Initializing)), Remembers(COVERING), PeerRemembers(COVERING)] => Go(FailedMode, Is(Reason::Unknown)), &[],
        "Both nodes remember covering.";
    "init-both-took-over"    one(Initializing), Facts, [Peer(one(Initializing)), Remembers(one(TakingOver)), PeerRemembers(one(TakingOver))] => Go(FailedMode, Is(Reason::Unknown)), &[],
        "Both nodes remember taking over.";
    "init-both-gave-back"    one(Initializing), Facts, [Peer(one(Initializing)), Remembers(one(FallingBack)), PeerRemembers(one(FallingBack))] => Go(FailedMode, Is(Reason::Unknown)), &[],
        "Both nodes remember falling back.";
    "init-both-covers"       one(Initializing), Facts, [Peer(one(Initializing)), Remembers(COVERING), PeerRemembers(COVERED.and(&[FailingOver, TakingBack]))] => Go(BackupMode, Is(Reason::Initialization)), &[],
        "Both daemons restarted while this one was covering.";
    "init-both-takes-over"   one(Initializing), Facts, [Peer(one(Initializing)), Remembers(one(TakingOver)), PeerRemembers(one(FailingOver))] => Go(TakingOver, Is(Reason::Initialization)), TAKE_OVER,
        "Both daemons restarted while this one was taking over.";
    "init-both-gives-back"   one(Initializing), Facts, [Peer(one(Initializing)), Remembers(one(FallingBack)), PeerRemembers(one(TakingBack))] => Go(FallingBack, Is(Reason::Initialization)), &[],
        "Both daemons restarted while this one was falling back.";
    "init-both-waits"        one(Initializing), Facts, [Peer(one(Initializing)), Remembers(COVERED.and(&[FailingOver, TakingBack])), PeerRemembers(COVERING)] => Stay, &[],
        "Both daemons restarted while the peer was covering: the peer decides first.";
    "init-both-waits-2"      one(Initializing), Facts, [Peer(one(Initializing)), Remembers(one(FailingOver)), PeerRemembers(one(TakingOver))] => Stay, &[],
        "Both daemons restarted while the peer was taking over: the peer decides first.";
    "init-both-waits-3"      one(Initializing), Facts, [Peer(one(Initializing)), Remembers(one(TakingBack)), PeerRemembers(one(FallingBack))] => Stay, &[],
        "Both daemons restarted while the peer was falling back: the peer decides first.";

    // Initializing: nothing stands against serving one's own users.
    "init-normal"            one(Initializing), Facts, [Peer(States::of(&[Normal, FailingOver, TakingBack, Initializing])), Healthy] => Go(Normal, Is(Reason::Normal)), &[StartServices],
        "The peer is there, and this node is healthy.";
    "init-unhealthy"         one(Initializing), Facts, [Peer(States::of(&[Normal, FailingOver, TakingBack, Initializing])), Unhealthy] => Go(FailingOver, Fault), &[],
        "The peer is there, and this node's critical services do not run.";

    // What is left: everything stays as it is.
    "stay"                   ANY, Facts, [] => Stay, &[],
        "Nothing that is known calls for a change.";
    "late-move"              ANY, UsersMoved, [] => Ignore, &[],
        "A user move that ended after its purpose did.";
    "late-move-failed"       ANY, UsersMoveFailed, [] => Ignore, &[],
        "A user move that failed after its purpose had ended.";

    // Commands that are done already, and those that are refused.
    "failover-again"         one(Idle), Asked(Command::Failover), [] => AlreadyDone, &[], "The node was failed over before.";
    "failover-under-way"     one(FailingOver), Asked(Command::Failover), [ByAdmin] => AlreadyDone, &[], "The failover is under way.";
    "failover-no-peer"       one(Normal), Asked(Command::Failover), [] => Refuse(Obstacle::Peer), &[], "The peer cannot take the users.";
    "failover-refused"       ANY, Asked(Command::Failover), [] => Refuse(Obstacle::State), &[], "Only a Normal node can be failed over.";
    "fallback-again"         one(TakingBack), Asked(Command::Fallback), [] => AlreadyDone, &[], "The fallback is under way.";
    "fallback-no-peer"       States::of(&[Idle, FailedOver]), Asked(Command::Fallback), [] => Refuse(Obstacle::Peer), &[], "The peer is not covering, or not heard.";
    "fallback-refused"       ANY, Asked(Command::Fallback), [] => Refuse(Obstacle::State), &[], "Only an Idle or Failed Over node can take its users back.";
    "force-takeover-peer"    one(Idle), Asked(Command::ForceTakeOver), [] => Refuse(Obstacle::Peer), &[], "The peer is serving.";
    "force-takeover-refused" ANY, Asked(Command::ForceTakeOver), [] => Refuse(Obstacle::State), &[], "Only an Idle node needs forcing.";
    "recover-again"          one(Initializing), Asked(Command::Recover), [Recovering] => AlreadyDone, &[], "The recovery is under way.";
    "recover-refused"        ANY, Asked(Command::Recover), [] => Refuse(Obstacle::State), &[], "Only Failed Mode needs recovering.";
    "cancel-refused"         ANY, Asked(Command::CancelFallback), [] => Refuse(Obstacle::NoCountdown), &[], "No automatic fallback counts down.";
    "ha-on-again"            ANY, Asked(Command::HighAvailabilityOn), [SwitchedOn] => AlreadyDone, &[], "High availability is on.";
    "ha-on-alone"            ANY, Asked(Command::HighAvailabilityOn), [Alone] => Refuse(Obstacle::OneNode), &[], "High availability needs two nodes.";
    "ha-on-silent"           ANY, Asked(Command::HighAvailabilityOn), [PeerSilent] => Refuse(Obstacle::Peer), &[], "The peer is not heard.";
    "ha-on"                  ANY, Asked(Command::HighAvailabilityOn), [DirectoriesAgree] => Stay, &[SwitchOn], "An administrator switches high availability on.";
    "ha-on-directory"        ANY, Asked(Command::HighAvailabilityOn), [] => Refuse(Obstacle::Directory), &[], "The user directories differ.";
    "ha-off-again"           ANY, Asked(Command::HighAvailabilityOff), [SwitchedOff] => AlreadyDone, &[], "High availability is off.";
    "ha-off"                 ANY, Asked(Command::HighAvailabilityOff), [] => Stay, &[SwitchOff], "An administrator switches high availability off.";
    "goodbye-again"          ANY, Asked(Command::Goodbye), [Leaving] => AlreadyDone, &[], "The node is leaving.";
    "goodbye"                ANY, Asked(Command::Goodbye), [] => Stay, &[SayGoodbye], "The node leaves, and hands over first.";
};
