//! One step of the state machine, as it happens every keep-alive interval.

use std::cell::RefCell;
use std::rc::Rc;

use locum_core::{Core, Deadline, Effect, Heartbeat, Input, Parameters, Rank, Settings, Start, View};
use locum_host::Loaded;
use locum_sim::{Machine, Pair, Parts, native};

use crate::component::Component;

/// A Normal node beside a Normal peer, which it hears once every interval.
pub struct Step<M> {
    machine: M,
    now_ms: u64,
    interval_ms: u64,
    heartbeat: Heartbeat,
}

impl Step<Core> {
    /// The native state machine.
    pub fn native() -> Self {
        Self::prepare(Core::start)
    }
}

impl Step<Component> {
    /// The component.
    pub fn component(loaded: &Loaded) -> Self {
        Self::prepare(|settings, start| Component::start(loaded, settings, start))
    }
}

impl<M: Machine> Step<M> {
    /// Brings a machine to where a simulated one has come in life.
    fn prepare(start: impl FnOnce(Settings, Start) -> (M, Vec<Effect>)) -> Self {
        let life = life();
        let interval_ms = life.settings.parameters.keep_alive_interval_ms;
        let (mut machine, _) = start(life.settings, life.start);
        let mut heard = None;
        let mut now_ms = 0;
        for (at_ms, input) in life.inputs {
            now_ms = at_ms;
            if let Input::Heartbeat(heartbeat) = &input {
                heard = Some(heartbeat.clone());
            }
            machine.handle(at_ms, input);
        }
        let heartbeat = heard.expect("a node that has settled has heard its peer");
        Self { machine, now_ms, interval_ms, heartbeat }
    }

    /// An interval passes; a heartbeat comes in, and one goes out.
    pub fn run(&mut self) -> Vec<Effect> {
        self.now_ms += self.interval_ms;
        self.heartbeat.sequence += 1;
        self.heartbeat.sent_ms = self.now_ms;
        if let Some(echo) = &mut self.heartbeat.echo {
            echo.sent_ms = self.now_ms;
        }
        self.machine.handle(self.now_ms, Input::Heartbeat(self.heartbeat.clone()))
    }

    /// What the node shows of itself.
    pub fn view(&mut self) -> View {
        self.machine.view()
    }
}

/// How a node became Normal, input by input.
struct Life {
    settings: Settings,
    start: Start,
    inputs: Vec<(u64, Input)>,
}

fn life() -> Life {
    let lives = Rc::new(RefCell::new(Vec::new()));
    let witness = lives.clone();
    let recording = move |settings: Settings, start: Start| {
        let (core, effects) = Core::start(settings.clone(), start.clone());
        if settings.rank == Rank::First {
            witness.borrow_mut().push(Life { settings: settings.clone(), start, inputs: Vec::new() });
        }
        let lives = (settings.rank == Rank::First).then(|| witness.clone());
        (Box::new(Recording { core, lives }) as Box<dyn Machine>, effects)
    };
    drop(Pair::normal(Parts { machines: Box::new(recording), ..native() }, &Parameters::fast()));
    let life = lives.borrow_mut().pop();
    life.expect("the first node has started")
}

struct Recording {
    core: Core,
    lives: Option<Rc<RefCell<Vec<Life>>>>,
}

impl Machine for Recording {
    fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        if let Some(life) =
            self.lives.as_ref().map(|lives| lives.borrow_mut()).as_mut().and_then(|lives| lives.last_mut())
        {
            life.inputs.push((now_ms, input.clone()));
        }
        self.core.handle(now_ms, input)
    }

    fn next_deadline(&self) -> Deadline {
        self.core.next_deadline()
    }

    fn view(&mut self) -> View {
        self.core.view()
    }
}

#[cfg(test)]
mod tests {
    use locum_core::State;

    use super::*;

    #[test]
    fn a_step_answers_a_heartbeat_and_changes_nothing() {
        let mut step = Step::native();
        for _ in 0..100 {
            let effects = step.run();
            assert!(matches!(effects.as_slice(), [Effect::Send(_)]), "{effects:?}");
        }
        assert_eq!(step.view().state, State::Normal);
    }
}
