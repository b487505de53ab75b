//! Whose certificates prove a server: the authorities of Mozilla's list, and those an app brings along.
//!
//! A sandbox, or a city with an authority of its own, has certificates that no public authority signed. The app then hands
//! over that authority's certificate. What is checked stays the same: the chain, the dates, the name. Nothing here takes a
//! check away.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::TransportError;

/// How a certificate written as text begins (RFC 7468 section 5.1).
const TEXT_BEGINS: &[u8] = b"-----BEGIN";

/// The authorities whose certificates are believed. [`Default`] is Mozilla's list and nothing else.
#[derive(Clone)]
pub struct Authorities {
    roots: RootCertStore,
}

/// Why an authority is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityError {
    /// What was handed over is no X.509 certificate, or not only certificates.
    #[error("this is no certificate")]
    NoCertificate,
}

impl Authorities {
    /// Mozilla's list.
    pub fn public() -> Self {
        Self { roots: RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() } }
    }

    /// These instead of Mozilla's list: no public authority is believed. See [`Authorities::and`].
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn only(certificates: &[u8]) -> Result<Self, AuthorityError> {
        Self { roots: RootCertStore::empty() }.and(certificates)
    }

    /// These as well: one certificate as DER (RFC 5280), or one or more as text (PEM, RFC 7468), each of an authority.
    ///
    /// # Errors
    /// [`AuthorityError`]; nothing is taken of what holds one part that is no certificate.
    pub fn and(mut self, certificates: &[u8]) -> Result<Self, AuthorityError> {
        let text = certificates.windows(TEXT_BEGINS.len()).any(|window| window == TEXT_BEGINS);
        let certificates = if text {
            let read = CertificateDer::pem_slice_iter(certificates).collect::<Result<Vec<_>, _>>();
            read.map_err(|_| AuthorityError::NoCertificate)?
        } else {
            vec![CertificateDer::from_slice(certificates)]
        };
        if certificates.is_empty() {
            return Err(AuthorityError::NoCertificate);
        }
        for certificate in certificates {
            self.roots.add(certificate).map_err(|_| AuthorityError::NoCertificate)?;
        }
        Ok(self)
    }

    /// TLS 1.2 or newer that believes these.
    pub(super) fn tls(&self) -> Result<ClientConfig, TransportError> {
        let builder = ClientConfig::builder_with_provider(Arc::new(super::tls_provider::provider()))
            .with_safe_default_protocol_versions()
            .map_err(|_| TransportError::Insecure)?;
        Ok(builder.with_root_certificates(self.roots.clone()).with_no_client_auth())
    }
}

impl Default for Authorities {
    fn default() -> Self {
        Self::public()
    }
}

/// How many, not which: a line of names for each of a hundred authorities says nothing.
impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authorities({})", self.roots.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused_with_a_type() {
        let text = |inner: &str| format!("-----BEGIN CERTIFICATE-----\n{inner}\n-----END CERTIFICATE-----\n");
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".to_owned();
        let cut = "-----BEGIN CERTIFICATE-----\nAAAA\n".to_owned();
        for bad in [String::new(), "a certificate".into(), text(""), text("AAAA"), text("?"), key, cut] {
            for taken in [Authorities::only(bad.as_bytes()), Authorities::public().and(bad.as_bytes())] {
                assert_eq!(taken.err(), Some(AuthorityError::NoCertificate), "{bad}");
            }
        }
    }

    #[test]
    fn the_public_ones_are_believed_where_nothing_else_is_said() {
        assert_eq!(Authorities::default().roots.len(), webpki_roots::TLS_SERVER_ROOTS.len());
    }
}
