//! The shepherd: a small process between the daemon and one service, by which the service dies with the daemon.
//!
//! The kernel closes the daemon's end of the shepherd's standard input when the daemon dies, however it dies. The
//! shepherd then kills the service with all its descendants: being their subreaper, it inherits those that left the
//! service's process group or lost their parent. It does the same when the [`Fence`] falls: the daemon lives, but hangs
//! or is stopped.

use std::ffi::OsString;
use std::io::{self, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};
use std::{fs, thread};

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, WaitStatus, getpid, kill_process, kill_process_group,
    set_child_subreaper, wait, waitid,
};

use super::fence::{Fence, Timer};
use super::process::cannot_run;
use crate::clock;

/// On standard input: start the service.
pub(super) const GO: u8 = b'g';
/// On standard input: stop it in an orderly way.
pub(super) const STOP: u8 = b's';
/// On standard input, before the bytes of a [`Fence`]: until when the service may serve.
pub(super) const UNTIL: u8 = b'u';
/// On standard output, before the process id of the service.
pub(super) const STARTED: &str = "started ";
/// On standard output, before the reason why there is no service.
pub(super) const FAILED: &str = "failed ";
/// On standard output, before the moment at which the fence fell.
pub(super) const FENCED: &str = "fenced ";

/// The exit code where the service could not be started, as a shell has it.
const NOT_STARTED: u8 = 127;
/// How long processes may take to die once they are killed.
const DYING_TIME: Duration = Duration::from_secs(2);

/// Starts `command` and watches over it until it has ended, with all its descendants; `stop_timeout` is between the
/// polite signal and the deadly one. Returns the exit code of the service, or 128 and the number of the signal that
/// ended it.
///
/// Standard input and output belong to the daemon: orders on one, on the other a line about the start and one about the
/// fence, should it fall. The service has neither; it writes to the standard error output. Call this before anything
/// else starts threads or processes.
pub fn shepherd(stop_timeout: Duration, command: &[OsString]) -> ExitCode {
    // Without room for waiting events: a thread that has reported goes on only when the report is taken.
    let (events, inbox) = sync_channel(0);
    let orders = events.clone();
    thread::spawn(move || read_orders(&orders));
    let mut fence = Fence::NONE;
    // The service begins only while somebody listens to the daemon's end.
    loop {
        match inbox.recv() {
            Ok(Event::Go) => break,
            Ok(Event::Until(next)) => fence = fence.then(next),
            _ => return ExitCode::from(NOT_STARTED),
        }
    }
    // Where the kernel refuses this, the process group remains.
    let _ = set_child_subreaper(Some(getpid()));
    let (leader, timer) = match begin(fence, command) {
        Ok(begun) => begun,
        Err(why) => {
            say(FAILED, &why);
            return ExitCode::from(NOT_STARTED);
        }
    };
    say(STARTED, &leader.as_raw_nonzero().to_string());
    let (due, moments) = (events.clone(), Arc::clone(&timer));
    thread::spawn(move || watch_timer(&moments, &due));
    thread::spawn(move || watch_children(&events));
    let flock = Flock { leader, end: None, killing: false, deadline: None, fence, timer };
    ExitCode::from(flock.tend(&inbox, stop_timeout))
}

/// What the shepherd reacts to.
enum Event {
    Go,
    Stop,
    /// The daemon says until when the service may serve.
    Until(Fence),
    /// That moment has come, unless a later one was named meanwhile.
    Due,
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
    fence: Fence,
    /// Set to the moment of the fence.
    timer: Arc<Timer>,
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
                Ok(Event::Until(next)) => {
                    self.fence = self.fence.then(next);
                    // Without a timer nothing would be sure any more.
                    if self.timer.set(self.fence.until_ms).is_err() {
                        self.kill();
                    }
                }
                Ok(Event::Due) => self.look_at_fence(),
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

    /// Kills what the daemon should have stopped by now, or should have given leave to go on.
    fn look_at_fence(&mut self) {
        if !self.killing && self.fence.has_fallen(clock::now_ms()) {
            self.kill();
            say(FENCED, &self.fence.until_ms.to_string());
        }
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

/// Sets the timer, then starts the service. Otherwise says why there is none.
fn begin(fence: Fence, command: &[OsString]) -> Result<(Pid, Arc<Timer>), String> {
    if fence.has_fallen(clock::now_ms()) {
        return Err("the node may serve nobody at this moment".into());
    }
    let timer = Timer::new().and_then(|timer| timer.set(fence.until_ms).map(|()| timer));
    let timer = timer.map_err(|error| format!("the shepherd has no timer: {error}"))?;
    let leader = start(command).map_err(|error| cannot_run(command.first(), &error))?;
    Ok((leader, Arc::new(timer)))
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
    let mut input = io::stdin().lock();
    loop {
        let event = read_order(&mut input).unwrap_or(Event::Lost);
        let lost = matches!(event, Event::Lost);
        if events.send(event).is_err() || lost {
            return;
        }
    }
}

fn read_order(input: &mut impl Read) -> io::Result<Event> {
    let mut order = [0];
    input.read_exact(&mut order)?;
    match order {
        [GO] => Ok(Event::Go),
        [STOP] => Ok(Event::Stop),
        [UNTIL] => {
            let mut fence = [0; Fence::BYTES];
            input.read_exact(&mut fence)?;
            Ok(Event::Until(Fence::from_bytes(fence)))
        }
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Reports each moment to which the timer was set, once it has come.
fn watch_timer(timer: &Timer, events: &SyncSender<Event>) {
    while timer.wait().is_ok() && events.send(Event::Due).is_ok() {}
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
