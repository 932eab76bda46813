//! TLS 1.3, and nothing older, between two nodes that know each other by name; and for the admin API.

use std::sync::Arc;

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, Error, OtherError, RootCertStore,
    ServerConfig, SignatureScheme,
    client::{
        Resumption, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor,
    },
    crypto::{CryptoProvider, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::{
        NoServerSessionStorage, ParsedCertificate, WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
    sign::SingleCertAndKey,
    version::TLS13,
};

use super::{TlsMaterial, inspect_der, provider};

const VERSIONS: &[&rustls::SupportedProtocolVersion] = &[&TLS13];

/// Accepts only the node whose certificate is for `peer`, a name as [`crate::pki::name_of`] makes it.
///
/// # Errors
/// The CA's certificate cannot be used.
pub fn peer_server_config(material: &TlsMaterial, peer: &str) -> Result<ServerConfig, Error> {
    let verifier = PeerVerifier::new(material, peer)?;
    let config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(VERSIONS)?
        .with_client_cert_verifier(Arc::new(verifier));
    Ok(server(config.with_cert_resolver(Arc::new(identity(material)))))
}

/// Connects only to the node whose certificate is for `peer`.
///
/// # Errors
/// The CA's certificate cannot be used.
pub fn peer_client_config(material: &TlsMaterial, peer: &str) -> Result<ClientConfig, Error> {
    let verifier = PeerVerifier::new(material, peer)?;
    let config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(VERSIONS)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = config.with_client_cert_resolver(Arc::new(identity(material)));
    // A resumed session would skip the look at the certificate; the name is not the network's business.
    config.resumption = Resumption::disabled();
    config.enable_sni = false;
    Ok(config)
}

/// For the admin API: a client may show a certificate of the group's CA, but need not.
///
/// # Errors
/// The CA's certificate cannot be used.
pub fn admin_server_config(material: &TlsMaterial) -> Result<ServerConfig, Error> {
    let verifier = WebPkiClientVerifier::builder_with_provider(material.roots.clone(), provider())
        .allow_unauthenticated()
        .build()
        .map_err(|error| Error::General(error.to_string()))?;
    let config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(VERSIONS)?
        .with_client_cert_verifier(verifier);
    Ok(server(config.with_cert_resolver(Arc::new(identity(material)))))
}

/// For a client of the admin API that shows its certificate. The server is known by the name that it is reached by;
/// to accept a node by its own name wherever it is, take [`peer_client_config`].
///
/// # Errors
/// The CA's certificate cannot be used.
pub fn admin_client_config(material: &TlsMaterial) -> Result<ClientConfig, Error> {
    let verifier = WebPkiServerVerifier::builder_with_provider(material.roots.clone(), provider())
        .build()
        .map_err(|error| Error::General(error.to_string()))?;
    let config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(VERSIONS)?
        .with_webpki_verifier(verifier);
    Ok(config.with_client_cert_resolver(Arc::new(identity(material))))
}

fn server(mut config: ServerConfig) -> ServerConfig {
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config
}

fn identity(material: &TlsMaterial) -> SingleCertAndKey {
    SingleCertAndKey::from((*material.identity).clone())
}

/// Accepts one certificate name, signed by one CA, at either end of a connection. The name is compared byte by byte:
/// a node's name may be longer than a label of a host name, and nodes whose names differ in case are two nodes.
#[derive(Debug)]
struct PeerVerifier {
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
    clients: Arc<dyn ClientCertVerifier>,
    peer: String,
}

impl PeerVerifier {
    fn new(material: &TlsMaterial, peer: &str) -> Result<PeerVerifier, Error> {
        let clients = WebPkiClientVerifier::builder_with_provider(material.roots.clone(), provider())
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
        Ok(PeerVerifier { roots: material.roots.clone(), provider: provider(), clients, peer: peer.to_owned() })
    }

    fn check_name(&self, certificate: &CertificateDer<'_>) -> Result<(), Error> {
        let names = inspect_der(certificate).ok_or(CertificateError::BadEncoding)?.names;
        if names == [self.peer.as_str()] {
            return Ok(());
        }
        let wrong = WrongName { found: names.join(", "), wanted: self.peer.clone() };
        Err(CertificateError::Other(OtherError(Arc::new(wrong))).into())
    }

    fn verify_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("its certificate is for {found}, not for {wanted}")]
struct WrongName {
    found: String,
    wanted: String,
}

impl ServerCertVerifier for PeerVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _address: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let parsed = ParsedCertificate::try_from(certificate)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, intermediates, now, algorithms)?;
        self.check_name(certificate)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is not spoken here".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for PeerVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.clients.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.clients.verify_client_cert(certificate, intermediates, now)?;
        self.check_name(certificate)?;
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is not spoken here".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Why a handshake failed, in words.
pub(crate) fn why(error: &Error) -> String {
    use CertificateError as Fault;
    match error {
        Error::InvalidCertificate(Fault::UnknownIssuer | Fault::BadSignature) => {
            "its certificate is of another CA".into()
        }
        Error::InvalidCertificate(Fault::Expired | Fault::ExpiredContext { .. }) => {
            "its certificate has expired".into()
        }
        Error::InvalidCertificate(Fault::NotValidYet | Fault::NotValidYetContext { .. }) => {
            "its certificate is not valid yet; is a clock wrong?".into()
        }
        Error::InvalidCertificate(Fault::Other(other)) => other.to_string(),
        Error::NoCertificatesPresented => "it shows no certificate".into(),
        Error::AlertReceived(alert) => format!("it refuses our certificate, or how we speak TLS ({alert:?})"),
        other => other.to_string(),
    }
}
