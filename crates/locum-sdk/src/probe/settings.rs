//! A probe's settings, read with errors for people.

use std::str::FromStr;

use super::Report;

/// The `settings` of a probe in the node's configuration.
///
/// ```
/// use locum_sdk::probe::Settings;
///
/// let given = [("port".to_owned(), "5222".to_owned())];
/// let settings = Settings::of(&given, &["port", "host"]).unwrap();
/// assert_eq!(settings.number("port").unwrap(), Some(5222_u16));
/// assert_eq!(settings.get("host"), None);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a>(&'a [(String, String)]);

impl<'a> Settings<'a> {
    /// The settings that were given, if all of them are among the keys that the probe knows.
    ///
    /// # Errors
    /// A report, unknown, that names a key that is not.
    pub fn of(given: &'a [(String, String)], known: &[&str]) -> Result<Self, Report> {
        match given.iter().find(|(key, _)| !known.contains(&key.as_str())) {
            Some((key, _)) => {
                Err(Report::unknown(format!("setting `{key}`: no such setting; there are: {}", known.join(", "))))
            }
            None => Ok(Self(given)),
        }
    }

    /// The value of a key that may be absent.
    pub fn get(self, key: &str) -> Option<&'a str> {
        self.0.iter().find(|(found, _)| found == key).map(|(_, value)| value.as_str())
    }

    /// The value of a key that must be there.
    ///
    /// # Errors
    /// A report, unknown, that names the key if it is absent or empty.
    pub fn required(self, key: &str) -> Result<&'a str, Report> {
        let value = self.get(key).filter(|value| !value.is_empty());
        value.ok_or_else(|| Report::unknown(format!("setting `{key}` is missing")))
    }

    /// The value of a key that is a number, if it is there.
    ///
    /// # Errors
    /// A report, unknown, that names the key and the value that is no number, or not one of this type.
    pub fn number<N: FromStr>(self, key: &str) -> Result<Option<N>, Report> {
        let parse = |value: &str| value.parse().map_err(|_| faulty(key, value, "not a number in range"));
        self.get(key).map(parse).transpose()
    }
}

fn faulty(key: &str, value: &str, why: &str) -> Report {
    Report::unknown(format!("setting `{key}`: `{value}`: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::Status;

    fn given(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
    }

    #[test]
    fn a_key_that_nobody_knows_is_named() {
        let report = Settings::of(&given(&[("adress", "x")]), &["address", "send"]).unwrap_err();
        assert_eq!(report.status, Status::Unknown);
        assert_eq!(report.message, "setting `adress`: no such setting; there are: address, send");
    }

    #[test]
    fn a_missing_or_empty_key_is_named() {
        let empty = given(&[("address", "")]);
        let report = Settings::of(&empty, &["address"]).unwrap().required("address").unwrap_err();
        assert_eq!(report.message, "setting `address` is missing");
    }

    #[test]
    fn what_is_no_number_is_shown() {
        let wrong = given(&[("minimum", "-1")]);
        let settings = Settings::of(&wrong, &["minimum"]).unwrap();
        let report = settings.number::<u32>("minimum").unwrap_err();
        assert_eq!(report.message, "setting `minimum`: `-1`: not a number in range");
        assert_eq!(settings.number::<i32>("minimum").unwrap(), Some(-1));
    }
}
