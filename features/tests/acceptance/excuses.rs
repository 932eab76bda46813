//! The rows of the transition table that no scenario can show, each with why.

use features::run::Excuse;

/// Two things would have to come in the same millisecond, or in the time that one message travels.
const ONE_MOMENT: &str = "only where two messages cross within the time that one of them travels";
/// The table answers every input in every state, those too that the machine never brings to it.
const TOTAL: &str =
    "kept so that the table has an answer to everything: the machine drops a move that lost its purpose";

/// Scenarios leave `partition` at `available`. What the others do is in `locum-core/tests/machine/rights.rs`, and with a real
/// witness in `locum/tests/daemon/witness.rs`.
const APART: &str = "only where `partition` is not `available`: scenarios have neither a witness nor a preferred node";

pub(crate) const EXCUSES: &[Excuse] = &[
    Excuse { row: "failing-peer-unfit", why: ONE_MOMENT },
    Excuse { row: "falling-back-clash", why: ONE_MOMENT },
    Excuse { row: "falling-back-moves-2", why: ONE_MOMENT },
    Excuse { row: "init-waits-recovery", why: ONE_MOMENT },
    Excuse { row: "init-failing-idle", why: ONE_MOMENT },
    Excuse { row: "init-both-gave-back", why: ONE_MOMENT },
    Excuse { row: "normal-covered-unfit", why: ONE_MOMENT },
    Excuse { row: "taking-back-overtaken", why: ONE_MOMENT },
    Excuse { row: "taking-back-clash", why: ONE_MOMENT },
    Excuse { row: "apart-serves-own", why: APART },
    Excuse { row: "apart-gives-way", why: APART },
    Excuse { row: "force-takeover-apart", why: APART },
    Excuse { row: "late-move", why: TOTAL },
    Excuse { row: "late-move-failed", why: TOTAL },
];
