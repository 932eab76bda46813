//! Several workers on one pile of tasks.

use std::num::NonZeroUsize;
use std::panic;
use std::sync::Mutex;
use std::thread;

use super::player::said;

/// Works through the tasks, each worker on a thread of its own that takes the next one whenever it is free. A worker is
/// what `hire` makes on that thread. Returns what came of the tasks, in their order.
///
/// # Panics
/// If a worker does. Panics stay silent meanwhile, for cucumber reports them: it silences them only for as long as one of its own runs
/// lasts, and several at once would undo that for each other.
pub fn work<T: Sync, R: Send, W: FnMut(&T) -> R>(
    workers: NonZeroUsize,
    tasks: &[T],
    hire: impl Fn() -> W + Sync,
) -> Vec<R> {
    let pile = Mutex::new(tasks.iter().enumerate());
    let next = || pile.lock().expect("nobody panics while they take a task").next();
    let loud = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let done = thread::scope(|scope| {
        let work_on = || {
            let mut worker = hire();
            let mut done = Vec::new();
            while let Some((place, task)) = next() {
                done.push((place, worker(task)));
            }
            done
        };
        let crew: Vec<_> = (0..workers.get().min(tasks.len())).map(|_| scope.spawn(work_on)).collect();
        crew.into_iter().map(|worker| worker.join().map_err(|panic| said(&*panic))).collect::<Result<Vec<_>, _>>()
    });
    panic::set_hook(loud);
    let mut done = done.unwrap_or_else(|why| panic!("a worker fell: {why}")).into_iter().flatten().collect::<Vec<_>>();
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}
