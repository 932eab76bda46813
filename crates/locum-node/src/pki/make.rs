//! Making the CA, its certificates and the group key. No file is ever written over: one that is renewed is kept.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use time::{Duration, OffsetDateTime};

use super::{INIT, ISSUE, PkiError, inspect, inspect_der, name_of, read, read_certificate};

/// For how long a CA is made, in days.
const CA_DAYS: u32 = 20 * 365;
/// How far the clocks of two nodes may be apart when a certificate is new.
const CLOCK_SKEW: Duration = Duration::days(1);
/// A distinguished name has no room for more.
const COMMON_NAME_MAX: usize = 64;

const PUBLIC: u32 = 0o644;
const PRIVATE: u32 = 0o600;

/// Makes a private CA for the group, and the key of its heartbeats: `ca.pem`, `ca.key` and `group.key` in `dir`,
/// which is made where it is missing. Only `ca.pem` may be read by others.
///
/// # Errors
/// The name is not one; a file exists already; the folder cannot be written to.
pub fn init(dir: &Path, group: &str) -> Result<(), PkiError> {
    check_name("group", group, &[])?;
    let key = KeyPair::generate().map_err(making)?;
    let mut params = params(&format!("{group} CA"), authority(group), CA_DAYS)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = params.self_signed(&key).map_err(making)?;
    let mut group_key = [0; 32];
    getrandom::fill(&mut group_key).map_err(|error| PkiError::Making(error.to_string()))?;
    let group_key: String = group_key.iter().map(|byte| format!("{byte:02x}")).collect();

    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed(dir))?;
    write_all(&[
        (dir.join("ca.key"), key.serialize_pem(), PRIVATE),
        (dir.join("group.key"), group_key + "\n", PRIVATE),
        (dir.join("ca.pem"), certificate.pem(), PUBLIC),
    ])
}

/// The files of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// Its certificate.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Makes the certificate and the private key of a node, `NODE.pem` and `NODE.key`, with the CA in `dir`.
///
/// # Errors
/// A name is not one; there is no CA, or another group's; the certificate would outlive it; a file exists already.
pub fn issue(dir: &Path, group: &str, node: &str, days: u32) -> Result<Issued, PkiError> {
    let (certificate, key) = sign(dir, group, node, days)?;
    let issued = files_of(dir, node, "");
    write_all(&[(issued.key.clone(), key, PRIVATE), (issued.certificate.clone(), certificate, PUBLIC)])?;
    Ok(issued)
}

/// Makes them anew. Those that there were are kept beside them, as `NODE.pem.old` and `NODE.key.old`.
///
/// # Errors
/// As [`issue`]; or there are none yet.
pub fn renew(dir: &Path, group: &str, node: &str, days: u32) -> Result<Issued, PkiError> {
    let (certificate, key) = sign(dir, group, node, days)?;
    let [issued, new, old] = ["", ".new", ".old"].map(|ending| files_of(dir, node, ending));
    for file in [&issued.certificate, &issued.key] {
        read(file, ISSUE)?;
    }
    write_all(&[(new.key.clone(), key, PRIVATE), (new.certificate.clone(), certificate, PUBLIC)])?;
    let moves = [
        (&issued.key, &old.key),
        (&issued.certificate, &old.certificate),
        (&new.key, &issued.key),
        (&new.certificate, &issued.certificate),
    ];
    for (from, to) in moves {
        fs::rename(from, to).map_err(failed(from))?;
    }
    Ok(issued)
}

fn files_of(dir: &Path, node: &str, ending: &str) -> Issued {
    let file = |kind| dir.join(format!("{node}.{kind}{ending}"));
    Issued { certificate: file("pem"), key: file("key") }
}

/// A certificate and its private key, in PEM form.
fn sign(dir: &Path, group: &str, node: &str, days: u32) -> Result<(String, String), PkiError> {
    check_name("group", group, &[])?;
    check_name("node", node, &["ca", "group"])?;
    let (ca, ca_key) = (dir.join("ca.pem"), dir.join("ca.key"));
    let ca_der = read_certificate(&ca, INIT)?;
    check_authority(&ca, group)?;
    let max = inspect_der(&ca_der).map_or(0, |ca| days_until(ca.until_unix_s));
    if !(1..=max).contains(&days) {
        return Err(PkiError::BadDays { days, max });
    }
    let ca_secret = String::from_utf8_lossy(&read(&ca_key, INIT)?).into_owned();
    let ca_secret = KeyPair::from_pem(&ca_secret).map_err(|_| PkiError::NotPem {
        path: ca_key.clone(),
        what: "a private key in PEM form",
        hint: INIT,
    })?;
    let issuer = Issuer::from_ca_cert_der(&ca_der, ca_secret).map_err(making)?;

    let key = KeyPair::generate().map_err(making)?;
    let mut params = params(node, name_of(group, node), days)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(&key, &issuer).map_err(making)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// The name that stands in a CA's certificate.
fn authority(group: &str) -> String {
    format!("{group}.locum")
}

fn check_authority(ca: &Path, group: &str) -> Result<(), PkiError> {
    let found = inspect(ca)?.names;
    if found == [authority(group)] {
        return Ok(());
    }
    Err(PkiError::OtherGroup { path: ca.to_owned(), found: found.join(", "), group: group.to_owned() })
}

fn params(common_name: &str, name: String, days: u32) -> Result<CertificateParams, PkiError> {
    let now = OffsetDateTime::now_utc();
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    let common_name: String = common_name.chars().take(COMMON_NAME_MAX).collect();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.subject_alt_names = vec![SanType::DnsName(name.try_into().map_err(making)?)];
    params.not_before = now - CLOCK_SKEW;
    params.not_after = now + Duration::days(i64::from(days));
    Ok(params)
}

fn days_until(unix_s: i64) -> u32 {
    let seconds = unix_s - OffsetDateTime::now_utc().unix_timestamp();
    // Rounded up: a certificate made a moment after its CA may still name the CA's own term.
    u32::try_from(seconds.max(0).unsigned_abs().div_ceil(86_400)).unwrap_or(u32::MAX)
}

fn check_name(what: &'static str, name: &str, taken: &[&str]) -> Result<(), PkiError> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let valid = (1..=128).contains(&name.len()) && name.bytes().all(known);
    let but = if taken.is_empty() { "" } else { ", and not `ca` or `group`, whose files lie in the same folder" };
    match valid && !taken.contains(&name) {
        true => Ok(()),
        false => Err(PkiError::BadName { what, name: name.to_owned(), but }),
    }
}

/// Writes all of these new files, or none.
fn write_all(files: &[(PathBuf, String, u32)]) -> Result<(), PkiError> {
    for (written, (path, text, mode)) in files.iter().enumerate() {
        if let Err(error) = write_new(path, text, *mode) {
            files[..written].iter().for_each(|(path, ..)| drop(fs::remove_file(path)));
            return Err(error);
        }
    }
    Ok(())
}

fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), PkiError> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(failed(path))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|source| {
        drop(fs::remove_file(path));
        failed(path)(source)
    })
}

fn failed(path: &Path) -> impl Fn(io::Error) -> PkiError {
    move |source| match source.kind() {
        io::ErrorKind::AlreadyExists => PkiError::Exists { path: path.to_owned() },
        _ => PkiError::Io { path: path.to_owned(), source },
    }
}

fn making(error: rcgen::Error) -> PkiError {
    PkiError::Making(error.to_string())
}
