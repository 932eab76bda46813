//! The state machine of a node as a component of the world `state-machine`: `locum-core`, and nothing but glue.
//!
//! **Invariant:** no decision is made here, and nothing is imported. What the component answers is what the native
//! [`Core`] answers.

mod convert;

use std::cell::RefCell;

use locum_core::{Core, Effect};
use wit::{Guest, Input, Outcome, Settings, StartUp};

#[expect(unsafe_code, reason = "generated: the component's entry points read and write its own linear memory")]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/state-machine.wit",
        world: "state-machine",
        additional_derives: [PartialEq],
    });
    export!(Machine with_types_in self);

    use super::Machine;
}
use bindings::exports::locum::plugin::machine as wit;

thread_local! {
    static CORE: RefCell<Option<Core>> = const { RefCell::new(None) };
}

struct Machine;

impl Guest for Machine {
    fn start(settings: Settings, start: StartUp) -> Outcome {
        let (core, effects) = Core::start(settings.into(), start.into());
        let outcome = outcome(&core, effects);
        CORE.set(Some(core));
        outcome
    }

    fn handle(now_ms: u64, input: Input) -> Outcome {
        with_core(|core| {
            let effects = convert::input(input).map_or_else(Vec::new, |input| core.handle(now_ms, input));
            outcome(core, effects)
        })
    }

    fn view() -> Vec<u8> {
        with_core(|core| core.view().encode())
    }

    fn snapshot() -> Vec<u8> {
        with_core(|core| core.snapshot())
    }

    fn restore(snapshot: Vec<u8>) -> bool {
        let restored = Core::restore(&snapshot);
        let is_one = restored.is_ok();
        if let Ok(core) = restored {
            CORE.set(Some(core));
        }
        is_one
    }
}

/// A host that calls anything before `start` or `restore` is wrong, and gets a trap.
fn with_core<R>(call: impl FnOnce(&mut Core) -> R) -> R {
    CORE.with_borrow_mut(|core| call(core.as_mut().expect("`start` or `restore` comes first")))
}

fn outcome(core: &Core, effects: Vec<Effect>) -> Outcome {
    Outcome { effects: effects.into_iter().map(Into::into).collect(), deadline: core.next_deadline().into() }
}

#[cfg(test)]
mod tests;
