//! Redeeming a card.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use crate::date::Timestamp;
use crate::ids::{DeviceId, EnrollmentId, MemberId, Nonce};
use crate::wire::{ApiErrorBody, EnrollmentRefusal};

/// The size of every reply body, grant or refusal, so that its length tells nothing.
pub const ENROLLMENT_REPLY_BYTES: usize = 1024;

/// The body of a redemption, signed with the key it names.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrollmentRequest {
    /// The sixteen symbols of a card, without separators. A ticket is redeemed by the code it carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Or a phrase that a whole town knows. Exactly one of the two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phrase: Option<PhraseRequest>,
    /// The device's Ed25519 public key.
    pub device_key: PublicKey,
}

/// Whoever holds a code holds its grant: only what is shown stands here.
impl fmt::Debug for EnrollmentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (&self.code, &self.phrase) {
            (Some(_), None) => "EnrollmentRequest(code)",
            (None, Some(_)) => "EnrollmentRequest(phrase)",
            _ => "EnrollmentRequest",
        })
    }
}

/// A phrase and the programme it is of.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhraseRequest {
    /// The programme's id.
    pub programme: String,
    /// The phrase, normalised.
    pub phrase: String,
}

/// A phrase is a secret, if one that a whole town shares.
impl fmt::Debug for PhraseRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PhraseRequest").field("programme", &self.programme).finish_non_exhaustive()
    }
}

/// How far a programme trusts that the household was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// It was handed a card of its own.
    #[default]
    HouseholdCard,
    /// It knew a phrase that a whole town knows.
    SharedPhrase,
}

/// An Ed25519 public key; base64url of its 32 bytes on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey(pub [u8; 32]);

/// A device's key is a name of the device: no key is printed by accident.
impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey")
    }
}

impl TryFrom<String> for PublicKey {
    type Error = crate::ids::IdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok();
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(crate::ids::IdError { expected: 32 })
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        BASE64URL_NOPAD.encode(&key.0)
    }
}

/// The answer to a redemption. Its status is 200 whether granted or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrollmentReply {
    /// The nonce of the request it answers.
    #[serde(rename = "for")]
    pub answers: Nonce,
    /// What came of it.
    pub result: EnrollmentResult,
    /// The server's time.
    pub time: Timestamp,
    /// Fills the body up to [`ENROLLMENT_REPLY_BYTES`].
    pub pad: String,
}

/// What came of a redemption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnrollmentResult {
    /// The device is enrolled; the same device asking again gets the same grant.
    Granted(Grant),
    /// It is not.
    Refused(EnrollmentRefusal),
}

/// What a device is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The device's id.
    pub device: DeviceId,
    /// The person.
    pub member: MemberId,
    /// The household's place.
    pub enrollment: EnrollmentId,
    /// The programme's id.
    pub programme: String,
    /// The key that signs this server's receipts.
    pub receipt_key: PublicKey,
    /// How far the programme trusts that this household was meant.
    #[serde(default)]
    pub trust: Trust,
    /// When the place was given.
    pub granted_at: Timestamp,
}

/// The body of a redemption that has to wait, status 429: an [`ApiError`](super::ApiError), as large as every answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EnrollmentWait {
    error: ApiErrorBody,
    pad: String,
}

impl EnrollmentWait {
    /// With this error.
    pub fn of(error: ApiErrorBody) -> Self {
        Self { error, pad: String::new() }
    }

    /// The body, padded to [`ENROLLMENT_REPLY_BYTES`].
    ///
    /// # Errors
    /// [`serde_json::Error`] if it cannot be written.
    pub fn to_padded_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let bare = Self { pad: String::new(), ..self.clone() };
        let pad = padding(serde_json::to_vec(&bare)?.len());
        serde_json::to_vec(&Self { pad, ..bare })
    }
}

fn padding(length: usize) -> String {
    " ".repeat(ENROLLMENT_REPLY_BYTES.saturating_sub(length))
}

impl EnrollmentReply {
    /// The body, padded to [`ENROLLMENT_REPLY_BYTES`].
    ///
    /// # Errors
    /// [`serde_json::Error`] if it cannot be written.
    pub fn to_padded_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let bare = Self { pad: String::new(), ..self.clone() };
        let pad = padding(serde_json::to_vec(&bare)?.len());
        serde_json::to_vec(&Self { pad, ..bare })
    }
}
