//! What the nodes of a pair are made of.

use locum_core::Core;
use locum_sdk::transport::Multipath;

use crate::machine::Factory;
use crate::policy::{PolicyFactory, builtin};
use crate::transport::TransportFactory;

/// Makes what a daemon runs, afresh with each start.
pub struct Parts {
    /// The state machine.
    pub machines: Factory,
    /// The transport.
    pub transports: TransportFactory,
    /// The policy of a mode.
    pub policies: PolicyFactory,
}

/// Native code for all of it: the state machine, the transport over all links, the built-in policies.
pub fn native() -> Parts {
    Parts {
        machines: Box::new(|settings, start| {
            let (core, effects) = Core::start(settings, start);
            (Box::new(core), effects)
        }),
        transports: Box::new(|links| Box::new(Multipath::new(links))),
        policies: builtin(),
    }
}
