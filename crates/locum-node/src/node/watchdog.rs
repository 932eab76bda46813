//! The watchdog of the host, which resets it once the driver hangs (`docs/behaviour.md` §9.9).

use std::fs::File;
use std::future::pending;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

use super::RunError;

/// How often it is petted. Devices wait a minute unless they were told otherwise, and for some seconds at least.
const INTERVAL: Duration = Duration::from_secs(1);
/// Written before the device is closed, it says that nobody hangs. The kernel knows this letter.
const GOODBYE: &[u8] = b"V";

/// The watchdog, if the operator wants one.
pub(crate) struct Watchdog {
    device: Option<(File, Interval)>,
}

impl Watchdog {
    /// Opens the device; from then on it waits to be petted.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(crate) fn open(path: Option<&Path>) -> Result<Watchdog, RunError> {
        let Some(path) = path else { return Ok(Watchdog { device: None }) };
        let device = File::options().write(true).open(path);
        let device = device.map_err(|source| RunError::Watchdog { path: path.to_path_buf(), source })?;
        let mut ticks = interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Watchdog { device: Some((device, ticks)) })
    }

    /// Waits until it is to be petted. May be given up and called again.
    pub(crate) async fn due(&mut self) {
        match &mut self.device {
            Some((_, ticks)) => drop(ticks.tick().await),
            None => pending().await,
        }
    }

    /// Somebody is alive here.
    pub(crate) fn pet(&mut self) {
        self.write(b".");
    }

    /// From now on nobody needs to be. One that is dropped without this resets the host, unless the daemon is back in
    /// time.
    pub(crate) fn dismiss(mut self) {
        self.write(GOODBYE);
    }

    fn write(&mut self, word: &[u8]) {
        if let Some((device, _)) = &mut self.device
            && let Err(error) = device.write_all(word)
        {
            tracing::error!("the watchdog does not listen: {error}");
        }
    }
}
