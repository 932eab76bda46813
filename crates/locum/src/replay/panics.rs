//! Which panics people are told of.

use std::panic;

use locum_sim::history::is_caught;

/// From now on, nobody is told of a panic in a simulated pair: it is caught, and stands in the trace. All others are
/// told as ever.
pub(crate) fn leave_caught_panics() {
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !is_caught() {
            tell(panic);
        }
    }));
}
