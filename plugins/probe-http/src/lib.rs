//! A probe that asks a web server for a page.
//!
//! | setting         | meaning                                                              | default           |
//! |-----------------|----------------------------------------------------------------------|-------------------|
//! | `url`           | `http://host:port/path`, granted as `http:host:port`                 | none: must be set |
//! | `expect-status` | the status codes that are well: codes and ranges, as in `200,300-399` | `200-399`         |
//! | `expect-body`   | what the first 64 KiB of the body contain                            | anything will do  |

use locum_sdk::probe::{
    Guest, Report, Settings, export,
    http::{self, Failure, Response},
    patience_ms,
};

const BODY_BYTES_MAX: u32 = 64 * 1024;

struct Http;

impl Guest for Http {
    fn probe(settings: Vec<(String, String)>, timeout_ms: u32) -> Report {
        look(&settings, timeout_ms).unwrap_or_else(|faulty| faulty)
    }
}

export!(Http);

fn look(settings: &[(String, String)], timeout_ms: u32) -> Result<Report, Report> {
    let settings = Settings::of(settings, &["url", "expect-status", "expect-body"])?;
    let url = settings.required("url")?;
    let expected = Expected::of(settings)?;
    let body_bytes_max = if expected.body.is_empty() { 0 } else { BODY_BYTES_MAX };
    Ok(expected.judge(url, http::get(url, body_bytes_max, patience_ms(timeout_ms))))
}

#[derive(Debug)]
struct Expected<'a> {
    /// As it was given, for the message.
    statuses: &'a str,
    ranges: Vec<(u16, u16)>,
    body: &'a str,
}

impl<'a> Expected<'a> {
    fn of(settings: Settings<'a>) -> Result<Self, Report> {
        let statuses = settings.get("expect-status").unwrap_or("200-399");
        let ranges: Option<Vec<_>> = statuses.split(',').map(range).collect();
        let ranges = ranges.ok_or_else(|| {
            Report::unknown(format!(
                "setting `expect-status`: `{statuses}`: neither codes nor ranges such as 200,300-399"
            ))
        })?;
        Ok(Self { statuses, ranges, body: settings.get("expect-body").unwrap_or_default() })
    }

    fn judge(&self, url: &str, answer: Result<Response, Failure>) -> Report {
        match answer {
            Ok(Response { status, .. }) if !self.ranges.iter().any(|(from, to)| (*from..=*to).contains(&status)) => {
                Report::down(format!("{url} answers {status}, expected {}", self.statuses))
            }
            Ok(Response { status, body }) if !contains(&body, self.body.as_bytes()) => {
                Report::down(format!("{url} answers {status}, but its body lacks `{}`", self.body))
            }
            Ok(Response { status, .. }) => Report::up(format!("{url} answers {status}")),
            Err(Failure::Denied) => {
                let origin = url.trim_start_matches("http://").split('/').next().unwrap_or_default();
                Report::unknown(format!("not granted: add `http:{origin}` to the grants"))
            }
            Err(Failure::BadUrl) => {
                Report::unknown(format!("setting `url`: `{url}`: not of the form http://host:port/path"))
            }
            Err(Failure::Refused) => Report::down(format!("nothing listens at {url}")),
            Err(Failure::TimedOut) => Report::down(format!("{url} does not answer in time")),
            Err(Failure::Unreachable) => Report::down(format!("{url} cannot be reached, or does not speak HTTP")),
        }
    }
}

/// `204` or `200-299`, of codes between 100 and 599.
fn range(text: &str) -> Option<(u16, u16)> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let code = |text: &str| text.trim().parse().ok().filter(|code| (100..600).contains(code));
    let (from, to) = (code(from)?, code(to)?);
    (from <= to).then_some((from, to))
}

fn contains(body: &[u8], wanted: &[u8]) -> bool {
    wanted.is_empty() || body.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use locum_sdk::probe::Status;

    const URL: &str = "http://shop:8080/health";

    fn report(settings: &[(&str, &str)], answer: Result<(u16, &str), Failure>) -> Report {
        let given: Vec<_> = settings.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        let settings = Settings::of(&given, &["expect-status", "expect-body"]).unwrap();
        let answer = answer.map(|(status, body)| Response { status, body: body.into() });
        Expected::of(settings).unwrap().judge(URL, answer)
    }

    #[test]
    fn the_status_decides() {
        let status = |code| report(&[], Ok((code, ""))).status;
        assert_eq!([199, 200, 302, 399, 400, 500].map(status), {
            use Status::{Down, Up};
            [Down, Up, Up, Up, Down, Down]
        });
        let not_found = [("expect-status", "200-204, 404")];
        assert_eq!(report(&not_found, Ok((404, ""))).status, Status::Up);
        assert_eq!(
            report(&not_found, Ok((302, ""))).message,
            "http://shop:8080/health answers 302, expected 200-204, 404"
        );
    }

    #[test]
    fn the_body_decides_where_it_is_asked_for() {
        let healthy = [("expect-body", "\"ok\"")];
        assert_eq!(report(&healthy, Ok((200, "{\"status\": \"ok\"}"))).status, Status::Up);
        assert_eq!(report(&healthy, Ok((200, "ok"))).status, Status::Down);
        assert_eq!(report(&healthy, Ok((200, ""))).status, Status::Down);
    }

    #[test]
    fn what_is_denied_or_no_url_is_unknown() {
        for failure in [Failure::Refused, Failure::TimedOut, Failure::Unreachable] {
            assert_eq!(report(&[], Err(failure)).status, Status::Down);
        }
        assert_eq!(report(&[], Err(Failure::BadUrl)).status, Status::Unknown);
        let denied = report(&[], Err(Failure::Denied));
        assert_eq!(denied.status, Status::Unknown);
        assert_eq!(denied.message, "not granted: add `http:shop:8080` to the grants");
    }

    #[test]
    fn a_faulty_range_is_shown() {
        for faulty in ["", "2xx", "300-200", "99", "200,", "600"] {
            let given = [("url".to_owned(), URL.to_owned()), ("expect-status".to_owned(), faulty.to_owned())];
            let report = look(&given, 1000).unwrap_err();
            assert!(report.message.starts_with(&format!("setting `expect-status`: `{faulty}`")), "{}", report.message);
        }
    }
}
