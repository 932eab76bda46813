//! How a command ends: what it says, and the exit code.

use std::process::ExitCode;

use locum_config::Faults;
use locum_node::api::Problem;

/// Shown below `locum --help`; the numbers are those of [`Failure::code`].
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed, or not settled in time
  2  wrong usage
  3  refused: nothing has changed
  4  the node cannot be reached; of `witness check`, a member of the witness
  5  bad input: a configuration, a what-if, a history, a recording, a CSV file, a plugin, a store; also one that
     fails a scenario of `plugin test`, breaks a rule of `prove`, or asks more of the witness than it can
 75  `locum run` was asked to stop and be started again

The node is reached through its Unix socket: --socket, else $LOCUM_SOCKET, else the one in --config, else
/run/locum/admin.sock, else /var/lib/locum/locum.sock. From elsewhere: --url with --token-file or a certificate.";

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// It went wrong, or did not end in time.
    #[error("{0}")]
    Failed(String),
    /// The command line makes no sense to this node.
    #[error("{0}")]
    Usage(String),
    /// The node refuses. Nothing has changed.
    #[error("{0}")]
    Refused(String),
    /// Nobody answers.
    #[error("{0}")]
    Unreachable(String),
    /// A file is wrong.
    #[error("{text}{}", lines(details))]
    BadInput {
        /// What is wrong, and what to do.
        text: String,
        /// Single faults.
        details: Vec<String>,
    },
}

fn lines(details: &[String]) -> String {
    details.iter().map(|detail| format!("\n  {detail}")).collect()
}

impl Failure {
    const fn code(&self) -> u8 {
        match self {
            Failure::Failed(_) => 1,
            Failure::Usage(_) => 2,
            Failure::Refused(_) => 3,
            Failure::Unreachable(_) => 4,
            Failure::BadInput { .. } => 5,
        }
    }

    /// A file that is wrong in one way.
    pub(crate) fn bad_input(text: impl Into<String>) -> Failure {
        Failure::BadInput { text: text.into(), details: Vec::new() }
    }
}

impl From<Faults> for Failure {
    fn from(Faults(faults): Faults) -> Failure {
        let text = match faults.len() {
            1 => "1 fault:".to_owned(),
            count => format!("{count} faults:"),
        };
        Failure::BadInput { text, details: faults.iter().map(ToString::to_string).collect() }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        let Problem { problem, text, details, refusal: _ } = problem;
        match &*problem {
            "refused" | "forbidden" | "unauthenticated" => Failure::Refused(text + &lines(&details)),
            "invalid" | "too-large" => Failure::BadInput { text, details },
            "peer" => Failure::Unreachable(text),
            "not-found" => Failure::Usage(text),
            _ => Failure::Failed(text + &lines(&details)),
        }
    }
}

/// Tells a person what went wrong, and gives the exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    eprintln!("locum: {}", in_words(error));
    let failure = error.chain().find_map(|cause| cause.downcast_ref::<Failure>());
    ExitCode::from(failure.map_or(1, Failure::code))
}

/// The whole story, each part once: many errors tell their cause in their own words.
fn in_words(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |mut told, part| {
        if !told.contains(&part) {
            let colon = if told.is_empty() { "" } else { ": " };
            told.extend([colon, &part]);
        }
        told
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_its_exit_code() {
        let code = |problem: &str| Failure::from(Problem::new(problem, "no")).code();
        let codes = ["internal", "busy", "not-found", "refused", "forbidden", "unauthenticated", "peer", "invalid"];
        assert_eq!(codes.map(code), [1, 1, 2, 3, 3, 3, 4, 5]);
    }

    #[test]
    fn a_cause_is_told_once() {
        let error = anyhow::anyhow!("no such file").context("a.toml: no such file").context("node a does not start");
        assert_eq!(in_words(&error), "node a does not start: a.toml: no such file");
    }

    #[test]
    fn single_faults_stand_below() {
        let problem = Problem { details: vec!["line 7: user".into()], ..Problem::new("invalid", "Nothing imported.") };
        assert_eq!(Failure::from(problem).to_string(), "Nothing imported.\n  line 7: user");
    }
}
