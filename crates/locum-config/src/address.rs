use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

/// A host, by name or address, and a port.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// A name, or an IPv4 or IPv6 address without brackets.
    pub host: String,
    /// The port; 0 asks the system for a free one where it is listened on. A file may leave it out.
    pub port: Option<u16>,
}

impl Endpoint {
    /// This host at this port.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port: Some(port) }
    }

    /// Reads `host`, `host:port`, an address, or `[address]:port`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Some(Self::new(address.ip().to_string(), address.port()));
        }
        if text.parse::<IpAddr>().is_ok() {
            return Some(Self { host: text.to_owned(), port: None });
        }
        let (host, port) = match text.split_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (text, None),
        };
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        (!host.is_empty() && host.chars().all(known)).then(|| Self { host: host.to_owned(), port })
    }

    /// The same with this port where the file gave none.
    pub(crate) fn or_port(self, port: u16) -> Self {
        Self { port: self.port.or(Some(port)), ..self }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) if self.host.contains(':') => write!(f, "[{}]:{port}", self.host),
            Some(port) => write!(f, "{}:{port}", self.host),
            None => f.write_str(&self.host),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports_are_told_apart() {
        let read = |text| Endpoint::parse(text).map(|endpoint| (endpoint.to_string(), endpoint.port));
        assert_eq!(read("10.0.0.2"), Some(("10.0.0.2".into(), None)));
        assert_eq!(read("10.0.0.2:7"), Some(("10.0.0.2:7".into(), Some(7))));
        assert_eq!(read("::1"), Some(("::1".into(), None)));
        assert_eq!(read("[::1]:0"), Some(("[::1]:0".into(), Some(0))));
        assert_eq!(read("beta.example.org:22001"), Some(("beta.example.org:22001".into(), Some(22001))));
        for bad in ["", ":1", "host:", "host:70000", "host:-1", "a b", "http://host", "[::1]", "a:1:2"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(Endpoint::parse("::1").unwrap().or_port(5).to_string(), "[::1]:5");
    }
}
