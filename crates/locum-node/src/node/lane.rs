//! The lane of the admin API: threads of its own. Requests wait for each other there, however many they are and however
//! much there is to answer; the link, the state machine and the probes go on beside them.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};

/// One to answer while the other is busy with something long.
const THREADS: usize = 2;

/// The threads. They end with it; what is under way there is given up.
pub(crate) struct Lane(Option<Runtime>);

impl Lane {
    pub(crate) fn open() -> io::Result<Lane> {
        let runtime = Builder::new_multi_thread().worker_threads(THREADS).thread_name("admin").enable_all().build()?;
        Ok(Lane(Some(runtime)))
    }

    /// What runs by this handle runs there.
    pub(crate) fn handle(&self) -> Handle {
        self.0.as_ref().map_or_else(Handle::current, |runtime| runtime.handle().clone())
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        // Whoever drops it may itself be a task, which must not wait for threads.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
