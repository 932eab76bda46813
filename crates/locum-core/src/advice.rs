//! What an operator should do about a pair of node states: for every pair, not only the documented ones.

use serde::{Deserialize, Serialize};

use crate::state::{Reason, State, States};

/// What to do next. "This node" is the one that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Advice {
    /// Nothing.
    Nothing,
    /// Wait for a transition to end.
    Wait,
    /// Fall back to this node.
    FallBackHere,
    /// Fall back to the peer.
    FallBackToPeer,
    /// Start the critical services of this node, then fall back to it.
    RepairHere,
    /// Start the critical services of the peer, then fall back to it.
    RepairPeer,
    /// Neither node serves: start the critical services of either.
    RepairEither,
    /// Bring the peer back; it is not heard.
    BringPeerBack,
    /// This node is Idle and its peer serves nobody: bring the peer back, or force this node to take over.
    ForceHere,
    /// The peer is Idle and this node serves nobody: repair this node, or force the peer to take over.
    ForcePeer,
    /// Find what failed, then recover.
    Recover,
    /// Find why the user move failed, then recover.
    RecoverMove,
    /// Switch high availability on, or make the parameters equal.
    SwitchOn,
}

/// What to do about a pair of states; `None` for `peer` is a silent peer.
pub fn advise(own: (State, Reason), peer: Option<(State, Reason)>) -> Advice {
    let (state, reason) = own;
    let peer_state = peer.map(|(state, _)| state);
    let either = |wanted: State| state == wanted || peer_state == Some(wanted);
    let covers = |state: State| States::COVERING.has(state);
    if either(State::RunningInFailedMode) {
        return match reason {
            Reason::TakeOverUsersFailed | Reason::TakeBackUsersFailed => Advice::RecoverMove,
            _ => Advice::Recover,
        };
    }
    if state.is_transition() || peer_state.is_some_and(State::is_transition) {
        return Advice::Wait;
    }
    if state == State::Unknown || peer_state == Some(State::Unknown) {
        return Advice::SwitchOn;
    }
    match (state, peer_state) {
        (State::Normal, Some(State::Normal)) => Advice::Nothing,
        (State::Idle | State::FailedOver, Some(peer)) if covers(peer) => Advice::FallBackHere,
        (_, Some(peer)) if covers(peer) => Advice::RepairHere,
        (own, Some(State::Idle | State::FailedOver)) if covers(own) => Advice::FallBackToPeer,
        (own, Some(_)) if covers(own) => Advice::RepairPeer,
        (State::Idle, _) => Advice::ForceHere,
        (_, None) if covers(state) || state == State::Normal => Advice::BringPeerBack,
        (_, Some(State::Idle)) => Advice::ForcePeer,
        (State::FailedOver, _) | (_, Some(State::FailedOver)) => Advice::Wait,
        (State::Normal, _) | (_, Some(State::Normal)) => Advice::Wait,
        _ => Advice::RepairEither,
    }
}

impl Advice {
    /// Every advice.
    pub const ALL: [Advice; 13] = [
        Advice::Nothing,
        Advice::Wait,
        Advice::FallBackHere,
        Advice::FallBackToPeer,
        Advice::RepairHere,
        Advice::RepairPeer,
        Advice::RepairEither,
        Advice::BringPeerBack,
        Advice::ForceHere,
        Advice::ForcePeer,
        Advice::Recover,
        Advice::RecoverMove,
        Advice::SwitchOn,
    ];

    /// For people. `{here}` stands for this node's name, `{peer}` for the peer's.
    pub const fn text(self) -> &'static str {
        match self {
            Advice::Nothing => "Nothing to do.",
            Advice::Wait => "Wait: a transition is under way and ends by itself.",
            Advice::FallBackHere => "When you want {here}'s users back at home: `locum fallback {here}`.",
            Advice::FallBackToPeer => "When you want {peer}'s users back at home: `locum fallback {peer}`.",
            Advice::RepairHere => {
                "Start the critical services of {here} (`locum services start`, or reboot the host), then `locum fallback {here}`."
            }
            Advice::RepairPeer => {
                "Start the critical services of {peer} (`locum services start` there, or reboot the host), then `locum fallback {peer}`."
            }
            Advice::RepairEither => {
                "Nobody serves. Start the critical services of either node (`locum services start`): the first that is fit takes over."
            }
            Advice::BringPeerBack => {
                "Check the network between the nodes, and the daemon and the host of {peer}. Once it is back and fit: `locum fallback {peer}`; if both nodes then show Running in Failed Mode: `locum recover`."
            }
            Advice::ForceHere => {
                "Nobody serves {peer}'s users, and {here} was made Idle by an administrator. Bring {peer} back, or let {here} stand in: `locum failover {peer} --force`."
            }
            Advice::ForcePeer => {
                "{here} cannot serve, and {peer} was made Idle by an administrator. Start the critical services of {here}, or let {peer} stand in: `locum failover {here} --force`."
            }
            Advice::Recover => {
                "Find and mend what failed (`locum events`, the services' own logs), then `locum recover`. If it comes back, reboot both hosts."
            }
            Advice::RecoverMove => {
                "The users could not be moved: check the disk and the user directory (`locum events`), then `locum recover`. If it comes back, reboot both hosts."
            }
            Advice::SwitchOn => {
                "High availability is off, or the nodes' parameters differ (see `locum status`): make them equal, then `locum ha on`."
            }
        }
    }
}
