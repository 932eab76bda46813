//! Which node a command talks to, and how.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};

use crate::{cli::Globals, failure::Failure};

/// Where sockets are looked for when nothing is said.
const SOCKETS: [&str; 2] = ["/run/locum/admin.sock", "/var/lib/locum/locum.sock"];
/// The port of the admin API where the address names none.
const PORT: u16 = 20075;

/// How to reach a node.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// On this machine.
    Socket(PathBuf),
    /// Over the network.
    Tcp {
        /// `HOST:PORT`.
        address: String,
        /// TLS, and the name that the node's certificate must have.
        tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
        /// The bearer token.
        token: Option<String>,
    },
}

impl Target {
    /// What the command line asks for.
    ///
    /// # Errors
    /// A file that cannot be read, an address that makes no sense.
    pub(crate) fn of(globals: &Globals) -> Result<Target> {
        if let Some(socket) = &globals.socket {
            return Ok(Target::Socket(socket.clone()));
        }
        if let Some(url) = &globals.url {
            return Target::network(url, globals);
        }
        if let Some(file) = &globals.config {
            return Ok(Target::Socket(crate::commands::config::load(file)?.admin_socket()));
        }
        let found = SOCKETS.iter().find(|socket| Path::new(socket).exists());
        Ok(Target::Socket(PathBuf::from(found.unwrap_or(&SOCKETS[0]))))
    }

    fn network(url: &str, globals: &Globals) -> Result<Target> {
        let (scheme, rest) = url.split_once("://").unwrap_or(("", ""));
        let authority = rest.trim_end_matches('/');
        if !matches!(scheme, "http" | "https") || authority.is_empty() || authority.contains('/') {
            let text = format!("--url {url}: write it as http://127.0.0.1:{PORT} or https://HOST:{PORT}");
            return Err(Failure::Usage(text).into());
        }
        let (host, address) = match authority.rsplit_once(':') {
            Some((host, port)) if port.parse::<u16>().is_ok() => (host, authority.to_owned()),
            _ => (authority, format!("{authority}:{PORT}")),
        };
        let host = host.trim_matches(['[', ']']).to_owned();
        let tls = match scheme {
            "https" => {
                let name = globals.server_name.clone().unwrap_or(host);
                let name = ServerName::try_from(name.clone())
                    .map_err(|_| Failure::Usage(format!("{name}: no certificate can have this name")))?;
                Some((Arc::new(tls(globals)?), name))
            }
            _ => None,
        };
        let token = globals.token_file.as_deref().map(token).transpose()?;
        Ok(Target::Tcp { address, tls, token })
    }

    /// For people.
    pub(crate) fn describe(&self) -> String {
        match self {
            Target::Socket(path) => path.display().to_string(),
            Target::Tcp { address, tls: Some(_), .. } => format!("https://{address}"),
            Target::Tcp { address, tls: None, .. } => format!("http://{address}"),
        }
    }
}

fn token(path: &Path) -> Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the token in {}", path.display()))?;
    Ok(text.trim().to_owned())
}

fn tls(globals: &Globals) -> Result<ClientConfig> {
    let no_ca = || Failure::Usage("an https address needs --ca, the certificate of the group's CA".into());
    let ca = globals.ca.as_deref().ok_or_else(no_ca)?;
    let mut roots = RootCertStore::empty();
    roots.add(certificate(ca)?).map_err(|error| Failure::bad_input(format!("{}: {error}", ca.display())))?;
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    let Some((path, key)) = globals.certificate.as_deref().zip(globals.key.as_deref()) else {
        return Ok(config.with_no_client_auth());
    };
    let wrong = |error: &dyn std::fmt::Display| Failure::bad_input(format!("{}: {error}", key.display()));
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(&error))?;
    Ok(config.with_client_auth_cert(vec![certificate(path)?], secret).map_err(|error| wrong(&error))?)
}

fn certificate(path: &Path) -> Result<CertificateDer<'static>> {
    let wrong = |error| Failure::bad_input(format!("{}: not a PEM certificate: {error}", path.display()));
    Ok(CertificateDer::from_pem_file(path).map_err(wrong)?)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    fn target(line: &str) -> Result<Target> {
        Target::of(&Cli::try_parse_from(line.split(' ')).unwrap().globals)
    }

    #[test]
    fn the_socket_that_is_named_is_taken() {
        assert_eq!(target("locum --socket /tmp/a.sock status").unwrap().describe(), "/tmp/a.sock");
    }

    #[test]
    fn addresses_get_the_port_of_the_admin_api() {
        assert_eq!(target("locum --url http://localhost status").unwrap().describe(), "http://localhost:20075");
        assert_eq!(target("locum --url http://127.0.0.1:99/ status").unwrap().describe(), "http://127.0.0.1:99");
        assert_eq!(target("locum --url http://[::1] status").unwrap().describe(), "http://[::1]:20075");
    }

    #[test]
    fn wrong_addresses_say_how_to_write_them() {
        let error = target("locum --url localhost:1 status").unwrap_err().to_string();
        assert!(error.contains("write it as http://"), "{error}");
        let error = target("locum --url https://far status").unwrap_err().to_string();
        assert!(error.contains("needs --ca"), "{error}");
    }
}
