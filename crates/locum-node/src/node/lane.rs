//! Lanes: threads of their own for what may be busy for long. Requests to the admin API wait for each other there, however
//! many they are and however much there is to answer, and so do probes, however they compute; the link and the state
//! machine go on beside them.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};

/// Who has threads of its own.
#[derive(Clone, Copy)]
pub(crate) enum User {
    /// The admin API: one to answer while the other is busy with something long.
    Admin,
    /// The probes: they take turns, every ten milliseconds, and leave the other processors alone.
    Probes,
}

/// The threads. They end with it; what is under way there is given up.
pub(crate) struct Lane(Option<Runtime>);

impl Lane {
    pub(crate) fn open(user: User) -> io::Result<Lane> {
        let (name, threads) = match user {
            User::Admin => ("admin", 2),
            User::Probes => ("probes", 1),
        };
        let runtime = Builder::new_multi_thread().worker_threads(threads).thread_name(name).enable_all().build()?;
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
