//! Mending every fault, and then doing what `status` recommends (`docs/behaviour.md` §5.11).

use locum_core::{Advice, Command, State, advise};

use crate::history::{Happening, Player, What};
use crate::host::{DiskHealth, UserMoves};
use crate::node::Node;

/// How often advice is followed: from every pair of states one command leads back, and a second one where the first
/// has only let things settle.
const ADVICE_MAX: usize = 6;

/// Someone who mends, and writes down what they do.
pub(super) struct Mender<'a> {
    player: &'a mut Player,
    done: Vec<Happening>,
}

impl<'a> Mender<'a> {
    pub(super) fn new(player: &'a mut Player) -> Mender<'a> {
        Mender { player, done: Vec::new() }
    }

    /// Mends everything, and follows advice until there is none. Gives what has been done.
    pub(super) fn mend(mut self, services: usize) -> Vec<Happening> {
        for node in Node::BOTH {
            self.mend_host(node, services);
        }
        for _ in 0..ADVICE_MAX {
            self.player.pair().settle();
            let [a, b] = Node::BOTH.map(|node| self.player.pair().state(node));
            let Some(command) = a.and_then(|a| followed(advise(a, b))) else { break };
            if let Some((node, command)) = command {
                self.perform(What::Command { node, command });
            }
        }
        self.done
    }

    fn mend_host(&mut self, node: Node, services: usize) {
        self.perform(What::Thaw { node });
        self.perform(What::Heal { node, link: None });
        self.perform(What::Disk { node, disk: DiskHealth::Well });
        for service in (0..services).filter_map(|service| u16::try_from(service).ok()) {
            self.perform(What::ServicePace { node, service, start_ms: 0, probe_ms: 1 });
            self.perform(What::ServiceMends { node, service });
        }
        self.perform(What::Moves { node, moves: UserMoves::Succeed });
        if self.player.pair().view(node).is_some_and(|view| view.leaving) {
            self.perform(What::Kill { node });
        }
        if !self.player.pair().is_running(node) {
            self.perform(What::Start { node });
        }
    }

    fn perform(&mut self, what: What) {
        let at_ms = self.player.pair().passed_ms();
        self.player.perform(&what);
        self.done.push(Happening { at_ms, what });
    }
}

/// The command that goes with an advice, if it needs one; `None` where there is nothing to do.
fn followed(advice: Advice) -> Option<Option<(Node, Command)>> {
    let command = match advice {
        Advice::Nothing => return None,
        Advice::FallBackHere | Advice::RepairHere => (Node::A, Command::Fallback),
        Advice::FallBackToPeer | Advice::RepairPeer => (Node::B, Command::Fallback),
        Advice::Recover | Advice::RecoverMove => (Node::A, Command::Recover),
        Advice::SwitchOn => (Node::A, Command::HighAvailabilityOn),
        Advice::ForceHere => (Node::A, Command::ForceTakeOver),
        Advice::ForcePeer => (Node::B, Command::ForceTakeOver),
        Advice::Wait | Advice::RepairEither | Advice::BringPeerBack => return Some(None),
    };
    Some(Some(command))
}

/// Whether both nodes are Normal.
pub(super) fn is_well(player: &mut Player) -> bool {
    Node::BOTH.into_iter().all(|node| player.pair().state(node).is_some_and(|(state, _)| state == State::Normal))
}
