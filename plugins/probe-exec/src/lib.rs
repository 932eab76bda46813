//! A probe that runs a check of the monitoring plugins (Nagios, Icinga, Naemon and their like): the exit code is the
//! verdict, the first line of the output the message, and what follows a `|` the measures.
//!
//! | setting   | meaning                                                                                 |
//! |-----------|-----------------------------------------------------------------------------------------|
//! | `command` | an absolute path and its arguments, granted as `exec:/path`; must be set                 |
//!
//! The command is split at blanks; single or double quotes keep blanks in an argument. No shell has a part in it:
//! there are no variables, no escapes, no pipes.
//!
//! | exit code    | by convention | here                               |
//! |--------------|---------------|------------------------------------|
//! | 0            | OK            | up                                 |
//! | 1            | WARNING       | up; the message says what is wrong |
//! | 2            | CRITICAL      | down                               |
//! | 3, any other | UNKNOWN       | unknown                            |
//!
//! A check that is not there, is not granted, does not end in time or dies by a signal has given no verdict: unknown.

mod output;
mod words;

use locum_sdk::probe::{
    Guest, Report, Settings, Status, exec,
    exec::{Failure, Output},
    export, patience_ms,
};

struct Exec;

impl Guest for Exec {
    fn probe(settings: Vec<(String, String)>, timeout_ms: u32) -> Report {
        look(&settings, timeout_ms).unwrap_or_else(|faulty| faulty)
    }
}

export!(Exec);

fn look(settings: &[(String, String)], timeout_ms: u32) -> Result<Report, Report> {
    let command = Settings::of(settings, &["command"])?.required("command")?;
    let words = words::split(command)
        .ok_or_else(|| Report::unknown(format!("setting `command`: `{command}`: a quote is not closed")))?;
    let Some(path) = words.first().filter(|path| path.starts_with('/')) else {
        return Err(Report::unknown(format!("setting `command`: `{command}`: not an absolute path")));
    };
    Ok(judge(path, exec::run(&words, patience_ms(timeout_ms))))
}

fn judge(path: &str, result: Result<Output, Failure>) -> Report {
    let output = match result {
        Ok(output) => output,
        Err(Failure::Denied) => return Report::unknown(format!("not granted: add `exec:{path}` to the grants")),
        Err(Failure::NotFound) => return Report::unknown(format!("{path}: no such command, or not executable")),
        Err(Failure::TimedOut) => return Report::unknown(format!("{path} did not end in time")),
        Err(Failure::Signalled) => return Report::unknown(format!("{path} was ended by a signal")),
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let (message, measures) = output::read(&text);
    let message = match message {
        "" => format!("{path} ended with {} and said nothing", output.code),
        said => said.to_owned(),
    };
    let status = match output.code {
        0 | 1 => Status::Up,
        2 => Status::Down,
        _ => Status::Unknown,
    };
    Report { status, message, measures }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(code: i32, stdout: &str) -> Report {
        judge("/usr/lib/nagios/plugins/check_disk", Ok(Output { code, stdout: stdout.into() }))
    }

    #[test]
    fn the_exit_code_is_the_verdict() {
        use Status::{Down, Unknown, Up};
        let status = |code| ended(code, "").status;
        assert_eq!([0, 1, 2, 3, 4, 127, -1].map(status), [Up, Up, Down, Unknown, Unknown, Unknown, Unknown]);
    }

    #[test]
    fn a_warning_keeps_its_message() {
        let report = ended(1, "DISK WARNING - free space: / 3326 MB (56%);| /=2643MB;5948;5958;0;5968\n");
        assert_eq!(report.message, "DISK WARNING - free space: / 3326 MB (56%);");
        assert_eq!((&*report.measures[0].name, report.measures[0].value), ("/", 2643.0));
    }

    #[test]
    fn a_silent_check_is_named() {
        assert_eq!(ended(2, "\n").message, "/usr/lib/nagios/plugins/check_disk ended with 2 and said nothing");
    }

    #[test]
    fn who_gives_no_verdict_is_unknown() {
        for failure in [Failure::Denied, Failure::NotFound, Failure::TimedOut, Failure::Signalled] {
            assert_eq!(judge("/x", Err(failure)).status, Status::Unknown);
        }
    }

    #[test]
    fn a_faulty_command_is_shown() {
        let message = |command: &str| look(&[("command".to_owned(), command.to_owned())], 1).unwrap_err().message;
        assert_eq!(message("check_disk -w 5"), "setting `command`: `check_disk -w 5`: not an absolute path");
        assert_eq!(message("/check 'a"), "setting `command`: `/check 'a`: a quote is not closed");
        assert_eq!(message("  "), "setting `command`: `  `: not an absolute path");
    }
}
