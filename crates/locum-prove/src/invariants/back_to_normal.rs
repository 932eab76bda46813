//! There is always a way back (`docs/behaviour.md` §5.11). Looked for over the whole graph, by [`crate::ways`].

use super::Invariant;

pub(crate) const INVARIANT: Invariant = Invariant {
    name: "back-to-normal",
    cites: "docs/behaviour.md §5.11",
    says: "From every joint state, Normal/Normal can be reached by mending faults and by the commands that `status` \
           recommends.",
};
