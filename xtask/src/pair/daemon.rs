//! One daemon: its files, its process, its command line.

use std::{
    ffi::OsString,
    fs::{self, File},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail};

use super::node::Node;

/// A daemon and the folder that it lives in. Dropping it kills the process, and only that.
pub(crate) struct Daemon {
    node: Node,
    folder: PathBuf,
    program: PathBuf,
    /// What runs the program in a place of its own; empty where nothing does.
    within: Vec<String>,
    child: Mutex<Option<Child>>,
}

impl Daemon {
    pub(crate) fn new(node: Node, folder: &Path, program: &Path) -> Daemon {
        Daemon {
            node,
            folder: folder.to_owned(),
            program: program.to_owned(),
            within: Vec::new(),
            child: Mutex::default(),
        }
    }

    /// The same, run by this command, which must become the daemon.
    pub(crate) fn within(mut self, command: Vec<String>) -> Daemon {
        self.within = command;
        self
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.file("sock")
    }

    /// While this file exists, one of the node's services does not start.
    pub(crate) fn breakage(&self) -> PathBuf {
        self.file("broken")
    }

    /// Writes the configuration file.
    pub(crate) fn configure(&self, text: &str) -> Result<()> {
        let file = self.file("toml");
        fs::write(&file, text).with_context(|| file.display().to_string())
    }

    /// Starts the process, in a process group of its own: Ctrl-C is for us, who end our children ourselves.
    pub(crate) fn start(&self) -> Result<u32> {
        self.start_with(&[])
    }

    /// The same, with these variables in its environment.
    pub(crate) fn start_with(&self, environment: &[(&str, String)]) -> Result<u32> {
        let log = File::options().create(true).append(true).open(self.file("log"))?;
        let mut words = self.within.iter().map(OsString::from).chain([OsString::from(&self.program)]);
        let mut command = Command::new(words.next().context("there is nothing to run")?);
        command.args(words).envs(environment.iter().map(|(name, value)| (name, value)));
        command.arg("run").arg("--config").arg(self.file("toml")).current_dir(&self.folder).process_group(0);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().with_context(|| format!("{} cannot be run", self.program.display()))?;
        let pid = child.id();
        *self.child() = Some(child);
        Ok(pid)
    }

    /// Ends the process with SIGKILL and waits for its end; what else is to end with it is its own affair.
    pub(crate) fn kill(&self) -> Result<()> {
        if let Some(mut child) = self.child().take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// How the process ended by itself, where it was started and has; it may be started again then.
    pub(crate) fn ended(&self) -> Option<ExitStatus> {
        let mut child = self.child();
        let status = child.as_mut()?.try_wait().ok()??;
        *child = None;
        Some(status)
    }

    /// Its process, where it runs.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child().as_ref().map(Child::id)
    }

    /// Fails if the process was started and has ended by itself.
    pub(crate) fn check(&self) -> Result<()> {
        match self.child().as_mut().map(Child::try_wait) {
            Some(Ok(Some(status))) => bail!("the daemon of {} has ended by itself: {status}", self.node),
            _ => Ok(()),
        }
    }

    /// Runs the command `locum` against this node, in the pair's folder, and gives what it prints.
    ///
    /// # Errors
    /// It fails, or takes longer than `patience`; the message has what it wrote.
    pub(crate) async fn locum(&self, arguments: &[&str], patience: Duration) -> Result<String> {
        let what = format!("locum {}", arguments.join(" "));
        let mut command = tokio::process::Command::new(&self.program);
        command.arg("--socket").arg(self.socket()).args(arguments).current_dir(&self.folder);
        command.stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(patience, command.output()).await;
        let output = output.with_context(|| format!("`{what}` did not end within {} s", patience.as_secs()))??;
        if !output.status.success() {
            bail!("`{what}` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The last lines that the daemon wrote.
    pub(crate) fn log_tail(&self, lines: usize) -> Vec<String> {
        let text = fs::read(self.file("log")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let skipped = text.lines().count().saturating_sub(lines);
        text.lines().skip(skipped).map(str::to_owned).collect()
    }

    fn file(&self, extension: &str) -> PathBuf {
        self.folder.join(self.node.name()).with_extension(extension)
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It has ended already, which is as well.
        let _ = self.kill();
    }
}
