//! TLS of the TCP port, as the certificates change.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use tokio_rustls::TlsAcceptor;

use crate::pki::{TlsMaterial, admin_server_config};

/// How the TCP port speaks TLS. A clone is the same, so that a reload can change it while the API runs.
#[derive(Clone)]
pub struct AdminTls(Arc<RwLock<Arc<ServerConfig>>>);

impl AdminTls {
    /// With these certificates.
    ///
    /// # Errors
    /// They cannot be used.
    pub fn new(material: &TlsMaterial) -> Result<AdminTls, rustls::Error> {
        Ok(AdminTls(Arc::new(RwLock::new(Arc::new(admin_server_config(material)?)))))
    }

    /// With these, from the next connection on.
    ///
    /// # Errors
    /// They cannot be used; nothing changes.
    pub fn renew(&self, material: &TlsMaterial) -> Result<(), rustls::Error> {
        let config = Arc::new(admin_server_config(material)?);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}
