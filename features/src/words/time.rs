use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use cucumber::Parameter;

/// How long something lasts: `90 s`, `29 min 59 s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Parameter)]
#[param(name = "duration", regex = "[0-9]+ [a-z]+(?: [0-9]+ [a-z]+)*")]
pub struct Lasting(pub Duration);

impl fmt::Display for Lasting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.0).fmt(f)
    }
}

impl FromStr for Lasting {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        humantime::parse_duration(said).map(Self).map_err(|error| format!("`{said}` is no duration: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        assert_eq!("29 min 59 s".parse(), Ok(Lasting(Duration::from_secs(29 * 60 + 59))));
        assert!("90 secs of sun".parse::<Lasting>().is_err());
    }
}
