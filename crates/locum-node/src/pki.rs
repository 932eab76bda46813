//! The group's private CA, its nodes' certificates, and the key of its heartbeats: making and loading them.
//!
//! A node's certificate is for exactly one name, `NODE.GROUP.locum`, and serves for both ends of a connection.

mod make;
mod tls;

use std::{fmt, fs, io, path::Path, path::PathBuf, sync::Arc};

use rustls::{
    CertificateError, RootCertStore,
    client::verify_server_cert_signed_by_trust_anchor,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject as _},
    server::ParsedCertificate,
    sign::CertifiedKey,
};
use sha2::{Digest as _, Sha256};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use x509_parser::{extensions::GeneralName, prelude::parse_x509_certificate};

pub(crate) use tls::why;

pub use make::{Issued, init, issue, renew};
pub use tls::{admin_client_config, admin_server_config, peer_client_config, peer_server_config};

/// The name that stands in a node's certificate.
pub fn name_of(group: &str, node: &str) -> String {
    format!("{node}.{group}.locum")
}

/// Why keys or certificates were not made or not loaded. Nothing is left half done.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// A file is not there.
    #[error("{}: there is no such file; {hint}", path.display())]
    Missing {
        /// Which one.
        path: PathBuf,
        /// How to get it.
        hint: &'static str,
    },
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// What would be made is there already.
    #[error("{}: this file exists and is left as it is; move it away to make a new one", path.display())]
    Exists {
        /// Which one.
        path: PathBuf,
    },
    /// A name that cannot be a node's or a group's.
    #[error("{name:?} is no name for a {what}: 1 to 128 of letters, digits, `_` and `-`{but}")]
    BadName {
        /// `node` or `group`.
        what: &'static str,
        /// The name.
        name: String,
        /// What else it must not be.
        but: &'static str,
    },
    /// A certificate cannot be for so long.
    #[error("a certificate for {days} days is not possible: it must be for 1 to {max} days, as long as the CA's")]
    BadDays {
        /// What was asked for.
        days: u32,
        /// The longest that is possible.
        max: u32,
    },
    /// A file holds something else.
    #[error("{}: this is not {what}; {hint}", path.display())]
    NotPem {
        /// Which one.
        path: PathBuf,
        /// What it should be.
        what: &'static str,
        /// How to get it.
        hint: &'static str,
    },
    /// The CA is another group's.
    #[error("{}: this CA is for {found}, not for the group {group}; name the folder of that group's CA", path.display())]
    OtherGroup {
        /// The CA's certificate.
        path: PathBuf,
        /// What it is for.
        found: String,
        /// The group that was meant.
        group: String,
    },
    /// A certificate and a private key that are not a pair.
    #[error("{}: this key does not belong to the certificate {}; both come from one `locum pki issue`", key.display(), certificate.display())]
    NotAPair {
        /// The certificate.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
    },
    /// A certificate that is not valid now.
    #[error("{}: this certificate is valid from {from} until {until}, not now; set the clock right, or make a new one with `locum pki issue`", path.display())]
    NotNow {
        /// Which one.
        path: PathBuf,
        /// Its first moment.
        from: String,
        /// Its last moment.
        until: String,
    },
    /// A certificate of another CA.
    #[error("{}: this certificate is not signed by the CA {} ({reason}); both nodes need certificates of one CA", path.display(), ca.display())]
    OtherCa {
        /// The certificate.
        path: PathBuf,
        /// The CA's certificate.
        ca: PathBuf,
        /// What the check says.
        reason: String,
    },
    /// Keys or certificates cannot be made.
    #[error("a key or certificate cannot be made: {0}")]
    Making(String),
}

const INIT: &str = "make it with `locum pki init` and copy it to both nodes";
const ISSUE: &str = "make it with `locum pki issue`";

/// What TLS needs of a node: the CA that it trusts, and who it is itself. Cheap to clone.
#[derive(Clone)]
pub struct TlsMaterial {
    pub(crate) roots: Arc<RootCertStore>,
    pub(crate) identity: Arc<CertifiedKey>,
    names: Vec<String>,
    /// The certificates that it was made of.
    digest: [u8; 32],
}

impl TlsMaterial {
    /// Reads the CA's certificate, the node's and its private key, and checks that they belong together and are valid
    /// now. Where one CA takes the place of another, the file of the CA has the certificates of both for a while.
    ///
    /// # Errors
    /// The first fault, with the file that has it.
    pub fn load(ca: &Path, certificate: &Path, key: &Path) -> Result<TlsMaterial, PkiError> {
        let (mut roots, mut digest) = (RootCertStore::empty(), Sha256::new());
        for ca_der in read_certificates(ca, INIT)? {
            digest.update(&ca_der);
            roots.add(ca_der).map_err(|_| not_certificate(ca, INIT))?;
        }
        let der = read_certificate(certificate, ISSUE)?;
        digest.update(&der);
        check(&der, certificate, &roots, ca)?;
        let secret = PrivateKeyDer::from_pem_slice(&read(key, ISSUE)?).map_err(|_| PkiError::NotPem {
            path: key.to_owned(),
            what: "a private key in PEM form",
            hint: ISSUE,
        })?;
        let names = inspect_der(&der).map_or_else(Vec::new, |inspection| inspection.names);
        let identity = CertifiedKey::from_der(vec![der], secret, &provider())
            .map_err(|_| PkiError::NotAPair { certificate: certificate.to_owned(), key: key.to_owned() })?;
        let digest = digest.finalize().into();
        Ok(TlsMaterial { roots: Arc::new(roots), identity: Arc::new(identity), names, digest })
    }

    /// Whether it was made of the same certificates.
    pub(crate) fn is_same(&self, other: &TlsMaterial) -> bool {
        self.digest == other.digest
    }

    /// The names in the node's certificate.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

impl fmt::Debug for TlsMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsMaterial").field("names", &self.names).finish_non_exhaustive()
    }
}

/// The key of the group's heartbeats: 32 bytes, as 64 hexadecimal digits in the file.
///
/// # Errors
/// The file is missing, unreadable, or holds something else.
pub fn load_group_key(path: &Path) -> Result<[u8; 32], PkiError> {
    let text = read(path, INIT)?;
    from_hex(text.trim_ascii()).ok_or_else(|| PkiError::NotPem {
        path: path.to_owned(),
        what: "a group key of 64 hexadecimal digits",
        hint: INIT,
    })
}

fn from_hex(digits: &[u8]) -> Option<[u8; 32]> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    let bytes: Option<Vec<u8>> = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
    bytes?.try_into().ok()
}

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Whom it is for.
    pub names: Vec<String>,
    /// Who signed it.
    pub issuer: String,
    /// Whether it may sign others.
    pub authority: bool,
    /// Its first moment, RFC 3339.
    pub from: String,
    /// Its last moment, RFC 3339.
    pub until: String,
    /// Its last moment, in seconds since 1970.
    pub until_unix_s: i64,
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inspection { issuer, from, until, .. } = self;
        write!(f, "{}, signed by {issuer}, valid from {from} until {until}", self.names.join(", "))
    }
}

/// Whom a certificate is for, and until when.
///
/// # Errors
/// The file is missing, unreadable, or no certificate.
pub fn inspect(path: &Path) -> Result<Inspection, PkiError> {
    inspect_der(&read_certificate(path, ISSUE)?).ok_or_else(|| not_certificate(path, ISSUE))
}

/// The same of one that came over the network.
pub(crate) fn inspect_der(der: &CertificateDer<'_>) -> Option<Inspection> {
    let (_, certificate) = parse_x509_certificate(der).ok()?;
    let validity = certificate.validity();
    let instant = |at: OffsetDateTime| at.format(&Rfc3339).unwrap_or_default();
    let dns_name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    };
    let names = certificate.subject_alternative_name().ok()?;
    Some(Inspection {
        names: names.iter().flat_map(|names| &names.value.general_names).filter_map(dns_name).collect(),
        issuer: certificate.issuer().iter_common_name().find_map(|name| name.as_str().ok()).unwrap_or("?").to_owned(),
        authority: certificate.is_ca(),
        from: instant(validity.not_before.to_datetime()),
        until: instant(validity.not_after.to_datetime()),
        until_unix_s: validity.not_after.timestamp(),
    })
}

/// Whether the CA has signed the certificate and it is valid now.
fn check(der: &CertificateDer<'_>, path: &Path, roots: &RootCertStore, ca: &Path) -> Result<(), PkiError> {
    use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    let provider = provider();
    let parsed = ParsedCertificate::try_from(der).map_err(|_| not_certificate(path, ISSUE))?;
    let algorithms = provider.signature_verification_algorithms.all;
    match verify_server_cert_signed_by_trust_anchor(&parsed, roots, &[], UnixTime::now(), algorithms) {
        Ok(()) => Ok(()),
        Err(rustls::Error::InvalidCertificate(
            Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. },
        )) => {
            let Inspection { from, until, .. } = inspect_der(der).ok_or_else(|| not_certificate(path, ISSUE))?;
            Err(PkiError::NotNow { path: path.to_owned(), from, until })
        }
        Err(error) => Err(PkiError::OtherCa { path: path.to_owned(), ca: ca.to_owned(), reason: tls::why(&error) }),
    }
}

/// The one implementation of cryptography that everything here uses.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn read(path: &Path, hint: &'static str) -> Result<Vec<u8>, PkiError> {
    fs::read(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => PkiError::Missing { path: path.to_owned(), hint },
        _ => PkiError::Io { path: path.to_owned(), source },
    })
}

fn read_certificate(path: &Path, hint: &'static str) -> Result<CertificateDer<'static>, PkiError> {
    CertificateDer::from_pem_slice(&read(path, hint)?).map_err(|_| not_certificate(path, hint))
}

/// All of them, at least one.
fn read_certificates(path: &Path, hint: &'static str) -> Result<Vec<CertificateDer<'static>>, PkiError> {
    let pem = read(path, hint)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    found.ok().filter(|found| !found.is_empty()).ok_or_else(|| not_certificate(path, hint))
}

fn not_certificate(path: &Path, hint: &'static str) -> PkiError {
    PkiError::NotPem { path: path.to_owned(), what: "a certificate in PEM form", hint }
}
