//! What `locum prove` has found, for people.

use std::fmt::Write as _;

use locum_core::Parameters;
use locum_prove::counterexample::Sight;
use locum_prove::{Proof, invariants};

/// What was looked at, which rule holds, and the way to each violation.
pub(crate) fn proof(parameters: &Parameters, proof: &Proof, calm_states: usize, ways: &[Vec<Sight>]) -> String {
    let counts = &proof.counts;
    let mut text = format!(
        "\n{calm_states} joint states of a pair of which nothing but the services fail. Then, of one to which more happens:\n\
         {} joint states found, {} of them looked at on all sides, {} edges, in {:.1} s.\n",
        counts.states,
        counts.explored,
        counts.edges,
        counts.took.as_secs_f64()
    );
    text += if proof.complete {
        "That is all there are.\n\n"
    } else {
        "There are more: what is further from Normal/Normal than these was not looked at.\n\n"
    };
    for invariant in invariants::ALL {
        let broken = proof.violations.iter().zip(ways).find(|(violation, _)| violation.invariant == invariant.name);
        let mark = if broken.is_some() { "✗" } else { "✓" };
        _ = writeln!(text, "{mark} {:<20} {} ({})", invariant.name, invariant.says, invariant.cites);
        let Some((violation, way)) = broken else { continue };
        _ = writeln!(text, "  {}. The way there:", violation.what);
        for sight in way {
            let node = |place: usize| {
                let known = sight.nodes[place];
                known.map_or("not running".to_owned(), |(state, reason)| format!("{state} ({reason})"))
            };
            let action = sight.action.map_or("at first".to_owned(), |action| action.to_string());
            _ = writeln!(text, "    {action:<60} {} · {}", node(0), node(1));
        }
    }
    let s = |ms: u64| format!("{} s", ms as f64 / 1000.0);
    _ = write!(
        text,
        "\nWhat these timers mean:\n\
         - A link that is cut for longer than {} makes both nodes serve the same users, until they hear each other \
         again: there is no witness.\n\
         - Users of a node that dies without a word wait for {}; those of a critical service that fails, for {}.\n\
         - A node that starts alone serves after {}.\n",
        s(parameters.keep_alive_timeout_ms),
        s(parameters.keep_alive_timeout_ms),
        s(parameters.critical_service_delay_ms),
        s(parameters.initialization_keep_alive_timeout_ms),
    );
    text
}
