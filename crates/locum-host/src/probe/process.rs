//! `locum:plugin/process`: what the process table says.

use std::{fs, io};

use super::state::State;
use crate::Grant;
use crate::bindings::probe::locum::plugin::process::{Failure, Host};

impl Host for State {
    async fn count(&mut self, pid_file_or_name: String) -> Result<u32, Failure> {
        let asked = format!("process:{pid_file_or_name}");
        if !self.permits(Some(Grant::Process(pid_file_or_name.clone())), &asked) {
            return Err(Failure::Denied);
        }
        let count = move || {
            if pid_file_or_name.starts_with('/') { by_pid_file(&pid_file_or_name) } else { by_name(&pid_file_or_name) }
        };
        match tokio::task::spawn_blocking(count).await {
            Ok(Ok(count)) => Ok(count),
            Ok(Err(error)) => {
                self.note("read the process table", &error);
                Err(Failure::Unreadable)
            }
            Err(_) => Err(Failure::Unreadable),
        }
    }
}

fn by_pid_file(path: &str) -> io::Result<u32> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        text => text?,
    };
    let pid: u32 = text.trim().parse().map_err(io::Error::other)?;
    Ok(alive(&pid.to_string()).is_some().into())
}

fn by_name(name: &str) -> io::Result<u32> {
    let mut count = 0;
    for entry in fs::read_dir("/proc")? {
        let entry = entry?.file_name();
        let Some(pid) = entry.to_str().filter(|pid| pid.bytes().all(|byte| byte.is_ascii_digit())) else { continue };
        count += u32::from(alive(pid).is_some_and(|command| is_named(pid, &command, name)));
    }
    Ok(count)
}

/// The kernel cuts names off at 15 bytes; the command line has the whole of it.
fn is_named(pid: &str, command: &str, name: &str) -> bool {
    if command == name {
        return true;
    }
    let cut = name.len() > 15 && name.as_bytes().starts_with(command.as_bytes());
    let line = || fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    cut && line()
        .split(|byte| *byte == 0)
        .next()
        .is_some_and(|program| program.rsplit(|byte| *byte == b'/').next() == Some(name.as_bytes()))
}

/// The name of a process that lives. Zombies do not.
pub(super) fn alive(pid: &str) -> Option<String> {
    // `PID (NAME) STATE ...`, where the name may hold anything, brackets too.
    let stat = String::from_utf8_lossy(&fs::read(format!("/proc/{pid}/stat")).ok()?).into_owned();
    let (head, rest) = stat.rsplit_once(')')?;
    let name = head.split_once('(')?.1;
    let dead = rest.trim_start().starts_with(['Z', 'X', 'x']);
    (!dead).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::super::state::state_with;
    use super::*;

    async fn count(what: &str) -> Result<u32, Failure> {
        state_with(&[format!("process:{what}")]).count(what.into()).await
    }

    #[tokio::test]
    async fn a_pid_file_stands_for_its_process() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("x.pid");
        let name = file.to_str().unwrap();
        assert!(matches!(count(name).await, Ok(0)));
        fs::write(&file, format!("{}\n", std::process::id())).unwrap();
        assert!(matches!(count(name).await, Ok(1)));
        fs::write(&file, "soon").unwrap();
        assert!(matches!(count(name).await, Err(Failure::Unreadable)));
    }

    #[tokio::test]
    async fn a_zombie_does_not_live() {
        let mut child = Command::new("/bin/true").spawn().unwrap();
        let until = Instant::now() + Duration::from_secs(20);
        while alive(&child.id().to_string()).is_some() {
            assert!(Instant::now() < until, "it ends");
            std::thread::yield_now();
        }
        assert!(fs::exists(format!("/proc/{}", child.id())).unwrap(), "it has not been reaped");
        child.wait().unwrap();
    }

    #[tokio::test]
    async fn processes_are_found_by_name_even_by_a_long_one() {
        let dir = tempfile::tempdir().unwrap();
        let name = format!("locum-test-sleeper-{}", std::process::id());
        let program = dir.path().join(&name);
        std::os::unix::fs::symlink("/bin/sleep", &program).unwrap();
        let mut child = Command::new(&program).arg("600").spawn().unwrap();
        let found = count(&name).await;
        let other = count(&format!("{name}-2")).await;
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(matches!((found, other), (Ok(1), Ok(0))));
    }

    #[tokio::test]
    async fn only_granted_names_are_counted() {
        let mut state = state_with(&["process:nginx".into()]);
        assert!(matches!(state.count("sshd".into()).await, Err(Failure::Denied)));
        assert_eq!(state.take_trouble().unwrap(), "the probe asked for process:sshd, which is not granted");
    }
}
