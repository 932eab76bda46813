//! The shepherd: a small process between the daemon and one service, by which the service dies with the daemon.
//!
//! The kernel closes the daemon's end of the shepherd's standard input when the daemon dies, however it dies. The
//! shepherd then kills the service with all its descendants: being their subreaper, it inherits those that left the
//! service's process group or lost their parent.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};
use std::{fs, thread};

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, WaitStatus, getpid, kill_process, kill_process_group,
    set_child_subreaper, wait, waitid,
};

use super::process::cannot_run;

/// On standard input: start the service.
pub(super) const GO: u8 = b'g';
/// On standard input: stop it in an orderly way.
pub(super) const STOP: u8 = b's';
/// On standard output, before the process id of the service.
pub(super) const STARTED: &str = "started ";
/// On standard output, before the reason why there is no service.
pub(super) const FAILED: &str = "failed ";

/// The exit code where the service could not be started, as a shell has it.
const NOT_STARTED: u8 = 127;
/// How long processes may take to die once they are killed.
const DYING_TIME: Duration = Duration::from_secs(2);

/// Starts `command` and watches over it until it has ended, with all its descendants; `stop_timeout` is between the
/// polite signal and the deadly one. Returns the exit code of the service, or 128 and the number of the signal that
/// ended it.
///
/// Standard input and output belong to the daemon: an order a byte on one, on the other one line about the start. The
/// service has neither; it writes to the standard error output. Call this before anything else starts threads or
/// processes.
pub fn shepherd(stop_timeout: Duration, command: &[OsString]) -> ExitCode {
    // Without room for waiting events: a thread that has reported goes on only when the report is taken.
    let (events, inbox) = sync_channel(0);
    let orders = events.clone();
    thread::spawn(move || read_orders(&orders));
    // The service begins only while somebody listens to the daemon's end.
    let Ok(Event::Go) = inbox.recv() else { return ExitCode::from(NOT_STARTED) };
    // Where the kernel refuses this, the process group remains.
    let _ = set_child_subreaper(Some(getpid()));
    let leader = match start(command) {
        Ok(leader) => leader,
        Err(error) => {
            say(FAILED, &cannot_run(command.first(), &error));
            return ExitCode::from(NOT_STARTED);
        }
    };
    say(STARTED, &leader.as_raw_nonzero().to_string());
    thread::spawn(move || watch_children(&events));
    let flock = Flock { leader, end: None, killing: false, deadline: None };
    ExitCode::from(flock.tend(&inbox, stop_timeout))
}

/// What the shepherd reacts to.
enum Event {
    Go,
    Stop,
    /// The daemon is no more.
    Lost,
    /// A child has ended and waits to be reaped.
    ChildEnded,
    /// There are no children any more.
    AllEnded,
}

/// The service and its descendants.
struct Flock {
    /// The service itself, which leads the process group.
    leader: Pid,
    /// How it ended, once it is reaped.
    end: Option<WaitStatus>,
    killing: bool,
    /// When patience ends.
    deadline: Option<Instant>,
}

impl Flock {
    fn tend(mut self, inbox: &Receiver<Event>, stop_timeout: Duration) -> u8 {
        loop {
            let event = match self.deadline {
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(deadline) => inbox.recv_timeout(deadline.saturating_duration_since(Instant::now())),
            };
            match event {
                Ok(Event::Go) => {}
                Ok(Event::Stop) if self.deadline.is_none() => {
                    self.deadline = Some(Instant::now() + stop_timeout);
                    let _ = kill_process_group(self.leader, Signal::TERM);
                }
                Ok(Event::Stop) => {}
                Ok(Event::ChildEnded) => self.reap(),
                Ok(Event::AllEnded) => break,
                // They do not die: the kernel holds them, and more waiting does not help.
                Err(_) if self.killing => break,
                Ok(Event::Lost) | Err(_) => self.kill(),
            }
        }
        // The signal of a process that was killed fits in a byte, as does an exit code.
        let code = |end: WaitStatus| end.exit_status().or(end.terminating_signal().map(|signal| 128 + signal));
        self.end.and_then(code).and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
    }

    /// Kills all there is. Process ids are safe to use: nobody else reaps, so none of them is used anew.
    fn kill(&mut self) {
        self.kill_group();
        kill_children();
    }

    /// Kills what has stayed in the service's process group; all others follow.
    fn kill_group(&mut self) {
        if !self.killing {
            self.killing = true;
            self.deadline = Some(Instant::now() + DYING_TIME);
        }
        if self.end.is_none() {
            let _ = kill_process_group(self.leader, Signal::KILL);
        }
    }

    fn reap(&mut self) {
        let peek = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let ended = self.end.is_none() && matches!(waitid(WaitId::Pid(self.leader), peek), Ok(Some(_)));
        // What is left of a service that ended by itself goes at once; of one that was asked to stop, at the deadline.
        if self.killing || (ended && self.deadline.is_none()) {
            self.kill_group();
        }
        let left = loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) if pid == self.leader => self.end = Some(status),
                Ok(Some(_)) => {}
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        // They are looked for only where there are any: a shepherd that has looked at its own entries in `/proc` leaves
        // them to the kernel, which may hold up the daemon for a second or two when that takes note of its end.
        if self.killing && left {
            kill_children();
        }
    }
}

fn start(command: &[OsString]) -> io::Result<Pid> {
    let (program, arguments) = command.split_first().ok_or(io::ErrorKind::NotFound)?;
    let child =
        Command::new(program).args(arguments).stdin(Stdio::null()).stdout(io::stderr()).process_group(0).spawn()?;
    i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The daemon may be gone and with it the reader; then the orders end too, and that is acted upon.
fn say(what: &str, text: &str) {
    let mut output = io::stdout().lock();
    let _ = writeln!(output, "{what}{text}").and_then(|()| output.flush());
}

fn read_orders(events: &SyncSender<Event>) {
    let mut order = [0];
    loop {
        let event = match io::stdin().lock().read(&mut order) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Ok(1) if order == [GO] => Event::Go,
            Ok(1) if order == [STOP] => Event::Stop,
            _ => Event::Lost,
        };
        let lost = matches!(event, Event::Lost);
        if events.send(event).is_err() || lost {
            return;
        }
    }
}

/// Reports children that ended, and leaves them to be reaped by the thread that also kills.
fn watch_children(events: &SyncSender<Event>) {
    loop {
        let event = match waitid(WaitId::All, WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
            Err(Errno::INTR) => continue,
            Err(_) => Event::AllEnded,
            Ok(_) => Event::ChildEnded,
        };
        let last = matches!(event, Event::AllEnded);
        if events.send(event).is_err() || last {
            return;
        }
    }
}

/// Kills the children of this process, adopted ones included.
fn kill_children() {
    for child in children() {
        let _ = kill_process(child, Signal::KILL);
    }
}

/// The children of this process, adopted ones included.
fn children() -> Vec<Pid> {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<i32>>())
        .filter_map(Pid::from_raw)
        .collect()
}
