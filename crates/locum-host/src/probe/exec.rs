//! `locum:plugin/exec`: a granted command, run without a shell.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

use super::state::State;
use crate::Grant;
use crate::bindings::probe::locum::plugin::exec::{Failure, Host, Output};

/// How much of what a command prints is kept, in bytes.
const STDOUT_BYTES_MAX: usize = 8 << 10;

impl Host for State {
    async fn run(&mut self, command: Vec<String>, timeout_ms: u32) -> Result<Output, Failure> {
        let program = command.first().cloned().unwrap_or_default();
        if !self.permits(Some(Grant::Exec(program.clone())), &format!("exec:{program}")) {
            return Err(Failure::Denied);
        }
        let child = spawn(&program, &command[1..]).map_err(|error| {
            self.note("start a command", &error);
            Failure::NotFound
        })?;
        match tokio::time::timeout(Duration::from_millis(timeout_ms.into()), output(child)).await {
            Ok(Ok(output)) => output.ok_or(Failure::Signalled),
            Ok(Err(error)) => {
                self.note("read from a command", &error);
                Err(Failure::Signalled)
            }
            Err(_) => Err(Failure::TimedOut),
        }
    }
}

/// In a process group of its own, so that what it starts ends with it, and with nothing of the daemon's environment.
fn spawn(program: &str, arguments: &[String]) -> io::Result<Child> {
    Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

/// What a command leaves behind, or nothing if a signal ended it. Given up, it kills the whole group.
async fn output(mut child: Child) -> io::Result<Option<Output>> {
    // Dropped before the child is reaped, while its number is still its own.
    let mut group = Group(child.id().and_then(|id| Pid::from_raw(id.cast_signed())));
    let mut stdout = Vec::new();
    let mut piece = [0; 4096];
    while let Some(pipe) = &mut child.stdout {
        let length = pipe.read(&mut piece).await?;
        if length == 0 {
            break;
        }
        // Read to the end in any case: a command that cannot write would never end.
        let room = STDOUT_BYTES_MAX.saturating_sub(stdout.len());
        stdout.extend_from_slice(&piece[..length.min(room)]);
    }
    let status = child.wait().await?;
    group.0 = None;
    if status.signal().is_some() {
        return Ok(None);
    }
    Ok(status.code().map(|code| Output { code, stdout }))
}

/// Kills a process group when dropped.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // It fails only if nobody is left in the group.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt as _, BufReader};

    use super::super::process::alive;
    use super::super::state::state_with;
    use super::*;

    async fn shell(script: &str) -> Result<Output, Failure> {
        let command = ["/bin/sh", "-c", script].map(String::from).to_vec();
        state_with(&["exec:/bin/sh".into()]).run(command, 20_000).await
    }

    #[tokio::test]
    async fn a_command_leaves_its_code_and_what_it_printed() {
        let output = shell("echo hello; echo there >&2; exit 3").await.unwrap();
        assert_eq!((output.code, output.stdout.as_slice()), (3, b"hello\n".as_slice()));
    }

    #[tokio::test]
    async fn what_it_prints_is_cut_off_and_does_not_hold_it_up() {
        let output = shell("head -c 200000 /dev/zero; exit 1").await.unwrap();
        assert_eq!((output.code, output.stdout.len()), (1, STDOUT_BYTES_MAX));
    }

    #[tokio::test]
    async fn it_sees_nothing_of_the_daemon_s_environment() {
        let output = shell("env | cut -d= -f1 | sort | tr '\\n' ' '").await.unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "LC_ALL PATH PWD ");
    }

    #[tokio::test]
    async fn a_signal_is_no_exit_code() {
        assert!(matches!(shell("kill -9 $$").await, Err(Failure::Signalled)));
    }

    #[tokio::test]
    async fn only_granted_commands_are_run() {
        let mut state = state_with(&["exec:/bin/sh".into(), "exec:/nowhere/to/be/found".into()]);
        assert!(matches!(state.run(vec!["/bin/true".into()], 1000).await, Err(Failure::Denied)));
        assert_eq!(state.take_trouble().unwrap(), "the probe asked for exec:/bin/true, which is not granted");
        assert!(matches!(state.run(vec![], 1000).await, Err(Failure::Denied)));
        state.take_trouble();
        assert!(matches!(state.run(vec!["/nowhere/to/be/found".into()], 1000).await, Err(Failure::NotFound)));
        assert_eq!(state.take_trouble(), None);
    }

    #[tokio::test]
    async fn one_that_takes_too_long_is_given_up() {
        let command = ["/bin/sleep", "600"].map(String::from).to_vec();
        let result = state_with(&["exec:/bin/sleep".into()]).run(command, 20).await;
        assert!(matches!(result, Err(Failure::TimedOut)));
    }

    #[tokio::test]
    async fn what_it_started_ends_with_it() {
        let mut child = spawn("/bin/sh", &["-c".into(), "sleep 600 & echo $!; wait".into()]).unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).await.unwrap();
        let grandchild = line.trim();
        assert!(alive(grandchild).is_some());
        assert!(tokio::time::timeout(Duration::from_millis(1), output(child)).await.is_err());
        let dead = async {
            while alive(grandchild).is_some() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), dead).await.expect("it is killed");
    }
}
