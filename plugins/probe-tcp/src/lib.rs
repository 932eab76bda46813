//! A probe that connects to a TCP port, and reads what answers there if it is told what to expect.
//!
//! | setting   | meaning                                            | default          |
//! |-----------|----------------------------------------------------|------------------|
//! | `address` | `host:port`, granted as `tcp:host:port`            | none: must be set |
//! | `send`    | what to send, once connected                       | nothing          |
//! | `expect`  | what the answer begins with                        | anything will do |

use locum_sdk::probe::{
    Guest, Report, Settings, export, patience_ms,
    tcp::{self, Failure},
};

struct Tcp;

impl Guest for Tcp {
    fn probe(settings: Vec<(String, String)>, timeout_ms: u32) -> Report {
        look(&settings, timeout_ms).unwrap_or_else(|faulty| faulty)
    }
}

export!(Tcp);

fn look(settings: &[(String, String)], timeout_ms: u32) -> Result<Report, Report> {
    let settings = Settings::of(settings, &["address", "send", "expect"])?;
    let address = settings.required("address")?;
    let send = settings.get("send").unwrap_or_default();
    let expect = settings.get("expect").unwrap_or_default();
    // Only as much is read as is compared: a server that goes on talking, or falls silent, keeps nobody waiting.
    let answer = tcp::exchange(address, send.as_bytes(), expect.len() as u32, patience_ms(timeout_ms));
    Ok(judge(address, expect, answer))
}

fn judge(address: &str, expect: &str, answer: Result<Vec<u8>, Failure>) -> Report {
    match answer {
        Ok(answer) if answer.starts_with(expect.as_bytes()) => Report::up(format!("{address} answers")),
        Ok(answer) if answer.is_empty() => Report::down(format!("{address} says nothing, expected `{expect}`")),
        Ok(answer) => {
            let answer = String::from_utf8_lossy(&answer);
            Report::down(format!("{address} says `{answer}`, expected `{expect}`"))
        }
        Err(Failure::Denied) => Report::unknown(format!("not granted: add `tcp:{address}` to the grants")),
        Err(Failure::Refused) => Report::down(format!("nothing listens on {address}")),
        Err(Failure::TimedOut) => Report::down(format!("{address} does not answer in time")),
        Err(Failure::Unreachable) => Report::down(format!("{address} cannot be reached")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use locum_sdk::probe::Status;

    fn status(expect: &str, answer: Result<&[u8], Failure>) -> Status {
        judge("db:5432", expect, answer.map(<[u8]>::to_vec)).status
    }

    #[test]
    fn a_port_that_answers_is_up() {
        assert_eq!(status("", Ok(b"")), Status::Up);
        assert_eq!(status("220", Ok(b"220")), Status::Up);
    }

    #[test]
    fn a_wrong_or_short_answer_is_down_and_shown() {
        assert_eq!(status("220", Ok(b"")), Status::Down);
        assert_eq!(status("220", Ok(b"22")), Status::Down);
        let report = judge("mail:25", "220", Ok(b"554".to_vec()));
        assert_eq!((report.status, &*report.message), (Status::Down, "mail:25 says `554`, expected `220`"));
    }

    #[test]
    fn only_what_is_denied_is_unknown() {
        for failure in [Failure::Refused, Failure::TimedOut, Failure::Unreachable] {
            assert_eq!(status("", Err(failure)), Status::Down);
        }
        let report = judge("db:5432", "", Err(Failure::Denied));
        assert_eq!(report.status, Status::Unknown);
        assert_eq!(report.message, "not granted: add `tcp:db:5432` to the grants");
    }

    #[test]
    fn without_an_address_nobody_is_asked() {
        assert_eq!(look(&[], 1000).unwrap_err().message, "setting `address` is missing");
    }
}
