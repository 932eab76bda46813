//! The native state machine, with a witness of the rows of its table that apply.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use locum_core::{Core, Deadline, Effect, Input, View};
use locum_sim::{Factory, Machine};

/// The rows that have applied: those too that leave the state as it is, or refuse.
pub(crate) type Rows = Rc<RefCell<BTreeSet<String>>>;

struct Recorded {
    core: Core,
    rows: Rows,
}

/// Starts native state machines that note their rows here.
pub(crate) fn recorded(rows: &Rows) -> Factory {
    let rows = rows.clone();
    Box::new(move |settings, start| {
        let (core, effects) = Core::start(settings, start);
        (Box::new(Recorded { core, rows: rows.clone() }), effects)
    })
}

impl Machine for Recorded {
    fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        let (effects, rows) = self.core.handle_by_rows(now_ms, input);
        self.rows.borrow_mut().extend(rows.into_iter().map(str::to_owned));
        effects
    }

    fn next_deadline(&self) -> Deadline {
        self.core.next_deadline()
    }

    fn view(&mut self) -> View {
        self.core.view()
    }
}
