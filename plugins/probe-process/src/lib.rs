//! A probe that counts processes, by pid file or by name.
//!
//! | setting    | meaning                                                     | default             |
//! |------------|-------------------------------------------------------------|---------------------|
//! | `pid-file` | the file that holds the pid, granted as `process:/path`     | this or `name`      |
//! | `name`     | the name of the process, granted as `process:name`          | this or `pid-file`  |
//! | `minimum`  | how many there must be at least                             | 1                   |
//! | `maximum`  | how many there may be at most                               | any number          |

use locum_sdk::probe::{
    Guest, Measure, Report, Settings, export,
    process::{self, Failure},
};

struct Process;

impl Guest for Process {
    fn probe(settings: Vec<(String, String)>, _timeout_ms: u32) -> Report {
        look(&settings).unwrap_or_else(|faulty| faulty)
    }
}

export!(Process);

fn look(settings: &[(String, String)]) -> Result<Report, Report> {
    let wanted = Wanted::of(Settings::of(settings, &["pid-file", "name", "minimum", "maximum"])?)?;
    Ok(wanted.judge(process::count(wanted.what)))
}

#[derive(Debug)]
struct Wanted<'a> {
    what: &'a str,
    minimum: u32,
    maximum: u32,
}

impl<'a> Wanted<'a> {
    fn of(settings: Settings<'a>) -> Result<Self, Report> {
        let what = match (settings.get("pid-file"), settings.get("name")) {
            (Some(what), None) | (None, Some(what)) if !what.is_empty() => what,
            _ => return Err(Report::unknown("settings: give either `pid-file` or `name`")),
        };
        let minimum = settings.number("minimum")?.unwrap_or(1);
        let maximum = settings.number("maximum")?.unwrap_or(u32::MAX);
        if minimum > maximum {
            return Err(Report::unknown(format!("settings: `minimum` {minimum} is more than `maximum` {maximum}")));
        }
        Ok(Self { what, minimum, maximum })
    }

    fn judge(&self, count: Result<u32, Failure>) -> Report {
        let Self { what, minimum, maximum } = self;
        let count = match count {
            Ok(count) => count,
            Err(Failure::Denied) => {
                return Report::unknown(format!("not granted: add `process:{what}` to the grants"));
            }
            Err(Failure::Unreadable) => {
                return Report::unknown(format!("{what}: no number there, or the process table cannot be read"));
            }
        };
        let report = match count {
            _ if count < *minimum => Report::down(format!("{what}: {count} running, at least {minimum} expected")),
            _ if count > *maximum => Report::down(format!("{what}: {count} running, at most {maximum} expected")),
            _ => Report::up(format!("{what}: {count} running")),
        };
        let measure = Measure { name: "processes".to_owned(), value: f64::from(count), unit: String::new() };
        Report { measures: vec![measure], ..report }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use locum_sdk::probe::Status;

    fn report(settings: &[(&str, &str)], count: Result<u32, Failure>) -> Result<Report, Report> {
        let given: Vec<_> = settings.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        Ok(Wanted::of(Settings::of(&given, &["pid-file", "name", "minimum", "maximum"])?)?.judge(count))
    }

    #[test]
    fn one_process_is_enough_by_default() {
        let status = |count| report(&[("name", "postgres")], Ok(count)).unwrap().status;
        assert_eq!([0, 1, 50].map(status), [Status::Down, Status::Up, Status::Up]);
    }

    #[test]
    fn the_bounds_belong_to_what_is_well() {
        let settings = [("name", "worker"), ("minimum", "2"), ("maximum", "3")];
        let status = |count| report(&settings, Ok(count)).unwrap().status;
        assert_eq!([1, 2, 3, 4].map(status), [Status::Down, Status::Up, Status::Up, Status::Down]);
        let report = report(&settings, Ok(4)).unwrap();
        assert_eq!(report.message, "worker: 4 running, at most 3 expected");
        assert_eq!(report.measures[0].value, 4.0);
    }

    #[test]
    fn no_process_may_be_what_is_wanted() {
        let settings = [("pid-file", "/run/x.pid"), ("minimum", "0"), ("maximum", "0")];
        assert_eq!(report(&settings, Ok(0)).unwrap().status, Status::Up);
    }

    #[test]
    fn who_cannot_count_cannot_tell() {
        for failure in [Failure::Denied, Failure::Unreadable] {
            assert_eq!(report(&[("name", "x")], Err(failure)).unwrap().status, Status::Unknown);
        }
    }

    #[test]
    fn faulty_settings_are_unknown() {
        let neither_nor = "settings: give either `pid-file` or `name`";
        assert_eq!(report(&[], Ok(1)).unwrap_err().message, neither_nor);
        assert_eq!(report(&[("name", "x"), ("pid-file", "/y")], Ok(1)).unwrap_err().message, neither_nor);
        let crossed = [("name", "x"), ("minimum", "3"), ("maximum", "2")];
        assert_eq!(report(&crossed, Ok(1)).unwrap_err().message, "settings: `minimum` 3 is more than `maximum` 2");
    }
}
