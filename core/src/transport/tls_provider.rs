//! The cryptography of TLS: ring's, but for what signs with a key of the client's own.
//!
//! No device has a certificate, so what reads private keys and signs with RSA and ECDSA would lie unused in every app.

use std::sync::Arc;

use rustls::Error;
use rustls::crypto::{CryptoProvider, KeyProvider, ring};
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::SigningKey;

pub(super) fn provider() -> CryptoProvider {
    CryptoProvider { key_provider: &NoKeys, ..ring::default_provider() }
}

/// Loads no private key.
#[derive(Debug)]
struct NoKeys;

impl KeyProvider for NoKeys {
    fn load_private_key(&self, _: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        Err(Error::General("a device has no private key of its own for TLS".to_owned()))
    }
}
