//! What must hold, whatever happens (`docs/behaviour.md` §5).

use std::mem::{Discriminant, discriminant};

use locum_config::Faults;
use locum_core::{Direction, Reason, State};

use super::mend::{Mender, is_well};
use crate::history::{History, Player, Trace, What};
use crate::node::{Node, Served};
use crate::parts::Parts;

/// A history that has been played and checked.
#[derive(Clone, Debug)]
pub struct Run {
    /// What happened, with what was mended in the end.
    pub history: History,
    /// What came of it.
    pub trace: Trace,
    /// What must hold and did not.
    pub fault: Option<Fault>,
}

/// What must hold, and did not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A part panicked, or a rule that holds at every step was broken: what must be durable is not visible before, and
    /// no epoch falls.
    #[error("it broke: {0}")]
    Broken(String),
    /// Users were served twice although the nodes could hear each other.
    #[error("users of {} were served twice for {ms} ms, without a partition", home.name())]
    ServedTwice {
        /// Their home.
        home: Node,
        /// For how long, in milliseconds.
        ms: u64,
    },
    /// A take-over left somebody behind.
    #[error("{} took over, and did not serve the users of {}", node.name(), home.name())]
    LeftBehind {
        /// The node that took over.
        node: Node,
        /// The home of those users.
        home: Node,
    },
    /// Users are lost, or doubled.
    #[error("there are {wanted} users, and the directory of {} holds {found}", node.name())]
    Users {
        /// The node.
        node: Node,
        /// How many there are.
        wanted: u64,
        /// How many it has.
        found: u64,
    },
    /// Everything is mended, the advice of `status` is followed, and the group is not well.
    #[error("everything is mended and the advice is followed, and the nodes are {}", words(ends))]
    NotNormal {
        /// Where they are.
        ends: [Option<(State, Reason)>; 2],
    },
    /// Both nodes are Normal, and users are not served at home.
    #[error("both nodes are Normal, and the users of {} are not served there", home.name())]
    NotServed {
        /// Their home.
        home: Node,
    },
    /// Both nodes are Normal, and their directories differ.
    #[error("both nodes are Normal, and their directories differ")]
    DirectoriesDiffer,
    /// The same history gave another trace with other parts: natively and as components everything must be the same.
    #[error("the same history gave trace {one} with the first parts and {other} with the others")]
    PartsDiffer {
        /// The digest of the one trace.
        one: String,
        /// The digest of the other.
        other: String,
    },
}

impl Fault {
    /// What kind it is: shrinking keeps that.
    pub(super) fn kind(&self) -> Discriminant<Fault> {
        discriminant(self)
    }
}

fn words(ends: &[Option<(State, Reason)>; 2]) -> String {
    let word = |end: &Option<(State, Reason)>| {
        end.map_or_else(|| "not running".into(), |(state, reason)| format!("{state} ({reason})"))
    };
    ends.iter().map(word).collect::<Vec<_>>().join(" and ")
}

/// Plays a history, mends everything, follows advice, and looks at what came of it.
///
/// # Errors
/// Its parameters are none.
pub fn check(history: &History, parts: Parts) -> Result<Run, Faults> {
    let mut player = Player::new(history, parts)?;
    let mut history = history.clone();
    let mut mended = Vec::new();
    player.guarded(|player| {
        for happening in &history.happenings {
            player.wait_until(happening.at_ms);
            player.perform(&happening.what);
        }
        player.wait_until(history.ends_ms());
        mended = Mender::new(player).mend(history.services.len());
    });
    let fault = if player.is_broken() { None } else { judge(&history, &mut player) };
    history.happenings.extend(mended);
    history.lasts_ms = player.pair().passed_ms();
    let trace = player.trace();
    let fault = trace.broken().map(|what| Fault::Broken(what.to_owned())).or(fault);
    Ok(Run { history, trace, fault })
}

fn judge(history: &History, player: &mut Player) -> Option<Fault> {
    let wanted = u64::from(player.users());
    let well = is_well(player);
    let pair = player.pair();
    let twice = Node::BOTH.map(|home| (home, pair.served_twice_ms(home)));
    if let Some((home, ms)) = twice.into_iter().find(|(_, ms)| *ms > 0)
        && !history.happenings.iter().any(|happening| parts_the_pair(&happening.what))
    {
        return Some(Fault::ServedTwice { home, ms });
    }
    if let Some(fault) = left_behind(history, player) {
        return Some(fault);
    }
    let pair = player.pair();
    if !well {
        return Some(Fault::NotNormal { ends: Node::BOTH.map(|node| pair.state(node)) });
    }
    if let Some(home) = Node::BOTH.into_iter().find(|home| pair.served(*home) != Served::By(*home)) {
        return Some(Fault::NotServed { home });
    }
    let [a, b] = Node::BOTH.map(|node| pair.directory(node));
    if (a.revision(), a.digest()) != (b.revision(), b.digest()) {
        return Some(Fault::DirectoriesDiffer);
    }
    let forgets = |node| history.happenings.iter().any(|happening| happening.what == What::LoseDisk { node });
    let found = a.len() as u64;
    let excused = Node::BOTH.into_iter().all(forgets);
    (found != wanted && !excused).then_some(Fault::Users { node: Node::A, wanted, found })
}

/// Who takes over serves everybody who is in its directory.
fn left_behind(history: &History, player: &mut Player) -> Option<Fault> {
    if history.happenings.iter().any(|happening| matches!(happening.what, What::LoseDisk { .. })) {
        return None;
    }
    let pair = player.pair();
    let inhabited = Node::BOTH.map(|home| history.at_home(home) > 0);
    let taken = pair.placements().iter().filter(|placement| placement.direction == Direction::TakeOver);
    let mut left = taken.flat_map(|placement| {
        let homes = Node::BOTH.into_iter().filter(|home| inhabited[*home as usize]);
        homes.filter(|home| !placement.homes.contains(home)).map(|home| (placement.node, home))
    });
    left.next().map(|(node, home)| Fault::LeftBehind { node, home })
}

/// Whether after this the nodes may have ceased to hear each other, or one may have forgotten what it was: then both
/// may cover. One link that is bad is no partition while the other is not; late is no partition within reason.
fn parts_the_pair(what: &What) -> bool {
    const LATE_MAX_MS: u64 = 80;
    match what {
        What::LoseDisk { .. } => true,
        What::Cut { link, .. } => *link != Some(0),
        What::Weather { link, rough, .. } => {
            *link != Some(0) && (rough.lost_percent > 0 || rough.delay_ms + rough.spread_ms > LATE_MAX_MS)
        }
        _ => false,
    }
}
