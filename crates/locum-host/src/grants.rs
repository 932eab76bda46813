//! What the operator lets a probe do.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A host interface that a probe may import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Power {
    /// `locum:plugin/tcp`.
    Tcp,
    /// `locum:plugin/http`.
    Http,
    /// `locum:plugin/exec`.
    Exec,
    /// `locum:plugin/process`.
    Process,
}

impl Power {
    /// The power of an interface's name.
    pub(crate) fn named(interface: &str) -> Option<Self> {
        [Self::Tcp, Self::Http, Self::Exec, Self::Process].into_iter().find(|power| power.name() == interface)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Http => "http",
            Self::Exec => "exec",
            Self::Process => "process",
        }
    }

    /// A grant of this power, to be filled in.
    pub const fn example(self) -> &'static str {
        match self {
            Self::Tcp => "tcp:HOST:PORT",
            Self::Http => "http:HOST:PORT",
            Self::Exec => "exec:/path/to/command",
            Self::Process => "process:/path/to.pid",
        }
    }
}

impl fmt::Display for Power {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// One thing that a probe may do. Its text form is `tcp:127.0.0.1:5222`, `http:127.0.0.1:8080`,
/// `exec:/usr/lib/nagios/plugins/check_disk`, `process:/run/x.pid` or `process:name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grant {
    /// To connect to this `host:port`.
    Tcp(String),
    /// To fetch from this `host:port`.
    Http(String),
    /// To run this command, with any arguments.
    Exec(String),
    /// To count the processes of this pid file or name.
    Process(String),
}

impl Grant {
    /// The power that this grants a part of.
    pub const fn power(&self) -> Power {
        match self {
            Self::Tcp(_) => Power::Tcp,
            Self::Http(_) => Power::Http,
            Self::Exec(_) => Power::Exec,
            Self::Process(_) => Power::Process,
        }
    }
}

impl FromStr for Grant {
    type Err = GrantError;

    fn from_str(text: &str) -> Result<Self, GrantError> {
        let wrong = |reason| GrantError { grant: text.to_owned(), reason };
        let (power, what) = text.split_once(':').ok_or_else(|| wrong("it has the form POWER:WHAT"))?;
        match Power::named(power).ok_or_else(|| wrong("the powers are tcp, http, exec and process"))? {
            Power::Tcp => address(what).map(Self::Tcp).ok_or_else(|| wrong("it has the form tcp:HOST:PORT")),
            Power::Http => address(what).map(Self::Http).ok_or_else(|| wrong("it has the form http:HOST:PORT")),
            Power::Exec if plain_path(what) => Ok(Self::Exec(what.to_owned())),
            Power::Exec => Err(wrong("a command is an absolute path without `..`")),
            Power::Process if plain_path(what) || (!what.is_empty() && !what.contains('/')) => {
                Ok(Self::Process(what.to_owned()))
            }
            Power::Process => Err(wrong("a process is the absolute path of a pid file, or a name")),
        }
    }
}

/// `HOST:PORT` in the one form in which addresses are compared: small letters, the port without leading zeros.
/// An IPv6 address stands in brackets.
pub(crate) fn address(text: &str) -> Option<String> {
    let (host, port) = text.rsplit_once(':')?;
    let port: u16 = port.parse().ok().filter(|port| *port != 0)?;
    let bracketed = host.starts_with('[') && host.ends_with(']');
    let good = !host.is_empty()
        && (bracketed || !host.contains(':'))
        && !host.contains(|c: char| c.is_whitespace() || c == '/' || c == '@');
    good.then(|| format!("{}:{port}", host.to_ascii_lowercase()))
}

fn plain_path(text: &str) -> bool {
    text.starts_with('/') && !text.ends_with('/') && !text.split('/').any(|part| part == "..")
}

/// A grant that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("grant \"{grant}\": {reason}")]
pub struct GrantError {
    /// The grant as it was written.
    pub grant: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// All that one probe may do. The default is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants(BTreeSet<Grant>);

impl Grants {
    /// Reads grants in their text form.
    ///
    /// # Errors
    /// The first grant that is not one.
    pub fn parse<S: AsRef<str>>(grants: impl IntoIterator<Item = S>) -> Result<Self, GrantError> {
        grants.into_iter().map(|grant| grant.as_ref().parse()).collect::<Result<_, _>>().map(Self)
    }

    /// Whether exactly this is granted.
    pub fn allows(&self, grant: &Grant) -> bool {
        self.0.contains(grant)
    }

    /// Whether anything of this power is granted.
    pub fn any_of(&self, power: Power) -> bool {
        self.0.iter().any(|grant| grant.power() == power)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_is_exactly_one_thing() {
        let grants = Grants::parse(["tcp:LocalHost:5222", "exec:/bin/true", "process:nginx"]).unwrap();
        assert!(grants.allows(&Grant::Tcp("localhost:5222".into())));
        assert!(!grants.allows(&Grant::Tcp("localhost:5223".into())));
        assert!(!grants.allows(&Grant::Http("localhost:5222".into())));
        assert!(grants.any_of(Power::Process) && !grants.any_of(Power::Http));
    }

    #[test]
    fn what_is_no_grant_is_refused_with_its_form() {
        for (grant, reason) in [
            ("tcp", "it has the form POWER:WHAT"),
            ("udp:localhost:1", "the powers are tcp, http, exec and process"),
            ("tcp:localhost", "it has the form tcp:HOST:PORT"),
            ("tcp::80", "it has the form tcp:HOST:PORT"),
            ("tcp:::1:80", "it has the form tcp:HOST:PORT"),
            ("http:localhost:0", "it has the form http:HOST:PORT"),
            ("http:localhost:70000", "it has the form http:HOST:PORT"),
            ("exec:check_disk", "a command is an absolute path without `..`"),
            ("exec:/usr/../bin/sh", "a command is an absolute path without `..`"),
            ("process:", "a process is the absolute path of a pid file, or a name"),
            ("process:run/x.pid", "a process is the absolute path of a pid file, or a name"),
        ] {
            assert_eq!(Grants::parse([grant]), Err(GrantError { grant: grant.into(), reason }));
        }
        assert!(Grants::parse(["tcp:[::1]:80"]).is_ok());
    }
}
