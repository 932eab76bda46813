//! A drill: an operator makes user moves wait, or fail, to rehearse what follows on a pair of one's own.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// While a file of this name is in the drill's folder, user moves wait.
const WAIT: &str = "user-moves-wait";
/// While a file of this name is there, user moves fail.
const FAIL: &str = "user-moves-fail";
/// How often a user move that waits looks whether it still has to.
const LOOK_INTERVAL: Duration = Duration::from_millis(5);

/// What is rehearsed; nothing, unless it was asked for.
#[derive(Debug, Default)]
pub(crate) struct Drill {
    folder: Option<PathBuf>,
}

impl Drill {
    pub(crate) fn new(folder: Option<PathBuf>) -> Drill {
        Drill { folder }
    }

    /// What to say of it when the daemon starts.
    pub(crate) fn warning(&self) -> Option<String> {
        let folder = self.folder.as_deref()?.display();
        Some(format!(
            "This is a drill: user moves wait while {folder}/{WAIT} is there, and fail while {folder}/{FAIL} is."
        ))
    }

    /// Holds a user move for as long as the drill says.
    ///
    /// # Errors
    /// The move is to fail; why, for people.
    pub(crate) async fn move_users(&self) -> Result<(), String> {
        let Some(folder) = &self.folder else { return Ok(()) };
        while is_there(&folder.join(WAIT)) {
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        let fail = folder.join(FAIL);
        if is_there(&fail) { Err(format!("this is a drill, and {} is there", fail.display())) } else { Ok(()) }
    }
}

fn is_there(file: &Path) -> bool {
    file.try_exists().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[tokio::test]
    async fn nothing_is_rehearsed_unless_asked_for() {
        let drill = Drill::default();
        assert_eq!((drill.warning(), drill.move_users().await), (None, Ok(())));
    }

    #[tokio::test]
    async fn a_move_waits_and_fails_while_the_files_are_there() {
        let folder = tempfile::tempdir().unwrap();
        let drill = Drill::new(Some(folder.path().into()));
        assert_eq!(drill.move_users().await, Ok(()));
        let [wait, fail] = [WAIT, FAIL].map(|name| folder.path().join(name));
        fs::write(&fail, "").unwrap();
        assert!(drill.move_users().await.unwrap_err().contains(FAIL));
        fs::write(&wait, "").unwrap();
        let (looked, release) = tokio::join!(drill.move_users(), async {
            // The move waits by now, and what counts is what is there when it goes on.
            tokio::task::yield_now().await;
            fs::remove_file(&fail).unwrap();
            fs::remove_file(&wait)
        });
        assert!(release.is_ok());
        assert_eq!(looked, Ok(()));
    }
}
