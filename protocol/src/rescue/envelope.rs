//! The envelope: one encapsulation to the programme's key, and who sealed it.

use std::convert::Infallible;
use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use hpke::aead::ExportOnlyAead;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, setup_receiver, setup_sender_with_rng};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::item::{open, seal};
use super::{ItemKey, RescueError};
use crate::signed::KeyId;
use crate::wire::{PublicKey, WireBytes};

const INFO: &[u8] = b"yorisoi/rescue/1";
const TERMS: &[u8] = b"yorisoi/rescue/1 terms";
const ITEMS: &[u8] = b"yorisoi/rescue/1 items";

/// Whose work it is. Sealed in the envelope.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RescueTerms {
    /// The programme's id.
    pub programme: String,
    /// The Ed25519 public key of the device that wrote it.
    pub device: PublicKey,
    /// The card of a place that the server may not know of yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// Whoever holds a code holds its grant.
impl fmt::Debug for RescueTerms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RescueTerms").field("programme", &self.programme).finish_non_exhaustive()
    }
}

/// What stands in the file beside the items, and is handed in with them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RescueEnvelope {
    /// Which key of the programme it is for.
    pub key: KeyId,
    /// The encapsulated key (RFC 9180 section 4), 32 bytes.
    pub encapsulated: PublicKey,
    /// The terms and the device's signature, sealed.
    pub terms: WireBytes,
}

#[derive(Serialize, Deserialize)]
struct SignedTerms {
    terms: RescueTerms,
    /// Ed25519 over [`rescue_signed_text`].
    signature: WireBytes,
}

/// What the device signs: which key it seals to, by which encapsulation, and as whom.
pub fn rescue_signed_text(key: &PublicKey, encapsulated: &PublicKey, terms: &RescueTerms) -> String {
    let text = |key: &PublicKey| BASE64URL_NOPAD.encode(&key.0);
    let code = terms.code.as_deref().unwrap_or_default();
    let (key, encapsulated, device) = (text(key), text(encapsulated), text(&terms.device));
    format!("yorisoi/rescue/1\n{key}\n{encapsulated}\n{}\n{device}\n{code}", terms.programme)
}

impl RescueEnvelope {
    /// Seals the terms to the programme's key. `seed` is 32 random bytes, used once; `sign` signs with the device's key.
    ///
    /// # Errors
    /// [`RescueError::Key`] if `key` is no usable key.
    pub fn seal(
        key: &PublicKey,
        seed: [u8; 32],
        terms: RescueTerms,
        sign: impl FnOnce(&[u8]) -> [u8; 64],
    ) -> Result<(Self, ItemKey), RescueError> {
        let public = Deserializable::from_bytes(&key.0).map_err(|_| RescueError::Key)?;
        let (encapsulated, context) = setup_sender_with_rng::<ExportOnlyAead, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &public,
            INFO,
            &mut Drawn(seed),
        )
        .map_err(|_| RescueError::Key)?;
        let encapsulated = PublicKey(encapsulated.to_bytes().into());
        let signature = sign(rescue_signed_text(key, &encapsulated, &terms).as_bytes());
        let signed = SignedTerms { terms, signature: WireBytes(signature.to_vec()) };
        let plain = Zeroizing::new(serde_json::to_vec(&signed).map_err(|_| RescueError::Key)?);
        // The one thing that is ever sealed under this key: any nonce is used once.
        let terms = exported(|to| context.export(TERMS, to), |key| seal(key, [0; 12], TERMS, &plain))?;
        let items = exported(|to| context.export(ITEMS, to), |key| Ok(ItemKey::from_bytes(*key)))?;
        Ok((Self { key: KeyId::of(key), encapsulated, terms: WireBytes(terms) }, items))
    }
}

/// The private half of a programme's key. Wiped when dropped.
pub struct RescuePrivateKey([u8; 32]);

impl Drop for RescuePrivateKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl RescuePrivateKey {
    /// The key of these 32 bytes, random when it is made.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The public half.
    ///
    /// # Errors
    /// [`RescueError::Key`].
    pub fn public(&self) -> Result<PublicKey, RescueError> {
        Ok(PublicKey(X25519HkdfSha256::sk_to_pk(&self.secret()?).to_bytes().into()))
    }

    /// Opens an envelope: whose it is, and the key of its items.
    ///
    /// # Errors
    /// [`RescueError`].
    pub fn open(&self, envelope: &RescueEnvelope) -> Result<(RescueTerms, ItemKey), RescueError> {
        let encapsulated =
            Deserializable::from_bytes(&envelope.encapsulated.0).map_err(|_| RescueError::DoesNotOpen)?;
        let context = setup_receiver::<ExportOnlyAead, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.secret()?,
            &encapsulated,
            INFO,
        )
        .map_err(|_| RescueError::DoesNotOpen)?;
        let plain = exported(|to| context.export(TERMS, to), |key| open(key, TERMS, &envelope.terms.0))?;
        let plain = Zeroizing::new(plain);
        let SignedTerms { terms, signature } =
            serde_json::from_slice(&plain).map_err(|_| RescueError::DoesNotOpen)?;
        let text = rescue_signed_text(&self.public()?, &envelope.encapsulated, &terms);
        UnparsedPublicKey::new(&ED25519, terms.device.0)
            .verify(text.as_bytes(), &signature.0)
            .map_err(|_| RescueError::NotSigned)?;
        let items = exported(|to| context.export(ITEMS, to), |key| Ok(ItemKey::from_bytes(*key)))?;
        Ok((terms, items))
    }

    fn secret(&self) -> Result<<X25519HkdfSha256 as Kem>::PrivateKey, RescueError> {
        Deserializable::from_bytes(&self.0).map_err(|_| RescueError::Key)
    }
}

/// Uses a key that is exported and wiped again.
fn exported<T>(
    export: impl FnOnce(&mut [u8]) -> Result<(), hpke::HpkeError>,
    using: impl FnOnce(&[u8; 32]) -> Result<T, RescueError>,
) -> Result<T, RescueError> {
    let mut key = Zeroizing::new([0; 32]);
    export(&mut *key).map_err(|_| RescueError::Key)?;
    using(&key)
}

/// Gives out what the caller drew, which is exactly what one encapsulation asks for.
pub(super) struct Drawn(pub(super) [u8; 32]);

impl Drop for Drawn {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl TryRng for Drawn {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        for (target, byte) in target.iter_mut().zip(self.0) {
            *target = byte;
        }
        Ok(())
    }
}

impl TryCryptoRng for Drawn {}
