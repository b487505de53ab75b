//! An authority of the sandbox's own, and the certificates it signs.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::rig::RigError;

/// An authority that nobody believes but who is handed its certificate.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate for one name, with its key.
#[derive(Clone)]
pub struct Identity {
    pub(super) acceptor: TlsAcceptor,
}

impl Authority {
    /// A new one.
    ///
    /// # Errors
    /// [`RigError`].
    pub fn new() -> Result<Self, RigError> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.distinguished_name.push(DnType::CommonName, "Yorisoi sandbox");
        Ok(Self(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?))
    }

    /// Its certificate as DER, for [`yorisoi_core::transport::Authorities`].
    pub fn certificate(&self) -> &[u8] {
        self.0.der()
    }

    /// A certificate for this host: a name or an address.
    ///
    /// # Errors
    /// [`RigError`].
    pub fn identity(&self, host: &str) -> Result<Identity, RigError> {
        self.sign(CertificateParams::new([host.to_owned()])?)
    }

    /// One that has run out.
    ///
    /// # Errors
    /// [`RigError`].
    pub fn expired_identity(&self, host: &str) -> Result<Identity, RigError> {
        let mut params = CertificateParams::new([host.to_owned()])?;
        params.not_after = date_time_ymd(2021, 8, 1);
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Result<Identity, RigError> {
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.0)?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        Ok(Identity { acceptor: TlsAcceptor::from(Arc::new(config)) })
    }
}
